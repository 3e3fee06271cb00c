"""What has changed since a match was found."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from apps.collection.contract import CopyId, CopyState, Holding, Transfer
from apps.matching.domain.company import Company, LeftOut
from apps.matching.domain.handing import Unfit, hand
from apps.matching.domain.ring import PAIR
from apps.shared.domain.errors import Conflict, DomainError
from apps.shared.domain.ids import MemberId
from apps.trading.contract import Method, Terms


class MatchChanged(Conflict):
    """This match is no longer as it was found; `changes` says what is different."""


class RingsGoByMail(DomainError):
    """A ring goes by mail, on terms of its own: send the method and nothing else."""


class ChangeCode(StrEnum):
    """What kind of a change it is; blocks, suspensions and departures look all the same."""

    COPY_GONE = "copy_gone"
    COPY_UNLISTED = "copy_not_for_trade"
    COPY_PROMISED = "copy_promised"
    COPY_WORN = "min_condition"
    WANT_CLOSED = "want_closed"
    WANT_FULL = "want_full"
    NOT_ACCEPTED = "proposals_not_accepted"
    NOT_IN_RINGS = "not_in_rings"
    UNAVAILABLE = "party_unavailable"
    UNDER_WAY = "already_proposed"
    PAIR_LIMIT = "live_trades_per_pair"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that is different, and which copy or whom it is about, where that may be told."""

    code: ChangeCode
    copy_id: CopyId | None = None
    member_id: MemberId | None = None


Gifts = Sequence[tuple[MemberId, Sequence[CopyId]]]
"""Who gives which copies, each to the next and the last to the first."""

TOLD = {
    LeftOut.UNDER_WAY: ChangeCode.UNDER_WAY,
    LeftOut.PAIR_LIMIT: ChangeCode.PAIR_LIMIT,
}
UNFIT = {Unfit.WORN: ChangeCode.COPY_WORN, Unfit.FULL: ChangeCode.WANT_FULL}


def changes_of(
    gifts: Gifts,
    *,
    company: Company,
    holdings: Mapping[CopyId, Holding],
    transfers: Iterable[Transfer],
) -> list[Change]:
    """Compare a match with members, copies and wants as they are now."""
    circle = tuple(giver for giver, _ in gifts)
    missing = not company.partners.keys() >= set(circle)
    changes = [Change(code=ChangeCode.UNAVAILABLE)] if missing or company.are_apart(circle) else []
    if not missing:
        changes += _of_members(circle, company)
    to: dict[tuple[MemberId, MemberId], list[Transfer]] = defaultdict(list)
    for each in transfers:
        to[each.copy.owner_id, each.want.member_id].append(each)
    for (giver, copies), (receiver, _) in pairwise((*gifts, gifts[0])):
        lost = {copy: code for copy in copies if (code := _lost(giver, holdings.get(copy)))}
        changes += [Change(code=code, copy_id=copy) for copy, code in lost.items()]
        if company.partners.keys() >= {giver, receiver}:
            left = [copy for copy in copies if copy not in lost]
            changes += _of_wants(left, to[giver, receiver])
    return changes


def _of_members(circle: tuple[MemberId, ...], company: Company) -> Iterator[Change]:
    for member in circle:
        if member != company.me and not company.partners[member].accepts_proposals:
            yield Change(code=ChangeCode.NOT_ACCEPTED, member_id=member)
        if len(circle) > PAIR and not company.is_in_rings(member):
            yield Change(code=ChangeCode.NOT_IN_RINGS, member_id=member)
    if len(circle) > PAIR and (code := TOLD.get(company.obstacle(circle) or LeftOut.NO_METHOD)):
        yield Change(code=code)


def _lost(giver: MemberId, holding: Holding | None) -> ChangeCode | None:
    if holding is None or holding.owner_id != giver:
        return ChangeCode.COPY_GONE
    if not holding.for_trade or holding.state is not CopyState.HELD:
        return ChangeCode.COPY_UNLISTED
    return ChangeCode.COPY_PROMISED if holding.agreement_id else None


def _of_wants(copies: Sequence[CopyId], transfers: Sequence[Transfer]) -> Iterator[Change]:
    still = hand([each for each in transfers if each.copy.id in copies])
    wanted, fit = {each.copy.id for each in transfers}, {each.copy.id for each in still.gifts}
    for copy in copies:
        if copy not in wanted:
            yield Change(code=ChangeCode.WANT_CLOSED, copy_id=copy)
        elif copy not in fit:
            yield Change(code=UNFIT[still.unfit.get(copy, Unfit.FULL)], copy_id=copy)


def ensure_by_mail(terms: Terms, *more: object) -> None:
    """Raise RingsGoByMail where somebody would have a ring on other terms."""
    if terms != Terms(method=Method.MAIL) or any(each is not None for each in more):
        raise RingsGoByMail
