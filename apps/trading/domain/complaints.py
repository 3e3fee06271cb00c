"""Which kind of dispute fits which leg, when, and what has to be shown (D.2, T14)."""

from datetime import UTC, datetime, timedelta

from apps.shared.domain.errors import DomainError
from apps.trading.domain.legs import Leg, LegState
from apps.trading.domain.terms import Account, DisputeKind, Method

MISSED_AFTER = timedelta(days=14)
MISSED_ABROAD_AFTER = timedelta(days=28)
"""How long after its posting a leg may be called lost."""
UNPACK_WITHIN = timedelta(days=7)
"""How long after its receipt the wrong or a worse card may be told."""


class DisputeUnfounded(DomainError):
    """This kind of dispute does not fit your leg of the trade as it stands, or not yet."""


class EvidenceMissing(DomainError):
    """Show what you have unpacked: at least one piece of evidence goes with this kind."""


ONLY_BY = {
    DisputeKind.NOT_SENT: Method.MAIL,
    DisputeKind.NOT_ARRIVED: Method.MAIL,
    DisputeKind.NO_SHOW: Method.IN_PERSON,
    DisputeKind.CONFIRMATION_FALSE: Method.IN_PERSON,
}
UNPACKED = {DisputeKind.NOT_AS_DESCRIBED, DisputeKind.WRONG_ITEM}
EVER = datetime.min.replace(tzinfo=UTC)


def ensure_fits(
    kind: DisputeKind,
    leg: Leg,
    *,
    method: Method,
    begun: bool,
    planned_at: datetime | None,
    at: datetime,
) -> None:
    """Raise DisputeUnfounded, with `opens_at` where it is only too early, for what one receives."""
    opens_at = opening(kind, leg, begun=begun, planned_at=planned_at)
    if opens_at is None or ONLY_BY.get(kind, method) is not method:
        raise DisputeUnfounded
    if at < opens_at:
        raise DisputeUnfounded(opens_at=opens_at)
    received = leg.received_at
    if kind in UNPACKED and received is not None and at - received > UNPACK_WITHIN:
        raise DisputeUnfounded


def ensure_shown(kind: DisputeKind, account: Account | None) -> None:
    """Raise EvidenceMissing, pointing into the request, for what can only be seen."""
    if kind in UNPACKED and not (account and account.evidence):
        told = {"code": "evidence-missing", "detail": "Name at least one piece of evidence."}
        raise EvidenceMissing(errors=[{"pointer": "/evidence", **told}])


def opening(
    kind: DisputeKind, leg: Leg, *, begun: bool, planned_at: datetime | None
) -> datetime | None:
    """Return from when on this can be said of this leg; None where it cannot be."""
    if kind is DisputeKind.CONFIRMATION_FALSE:
        return EVER if begun else None
    if kind is DisputeKind.NOT_SENT:
        return leg.ship_by if leg.state is LegState.DUE else None
    if kind is DisputeKind.NO_SHOW:
        return (planned_at or EVER) if leg.state is LegState.DUE else None
    if kind is DisputeKind.NOT_ARRIVED:
        patience = MISSED_ABROAD_AFTER if leg.abroad else MISSED_AFTER
        return leg.shipped_at + patience if leg.shipped_at and leg.open else None
    return EVER if leg.state in {LegState.SHIPPED, LegState.RECEIVED} else None
