"""The terms of a trade: who hands what to whom, and how."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from apps.collection.contract import CopyId
from apps.shared.domain.errors import DomainError, DuplicateIds
from apps.shared.domain.ids import MemberId
from apps.trading.domain.legs import LegId

TradeId = NewType("TradeId", UUID)

MOST_COPIES, NEWCOMERS_COPIES = 20, 3
"""On each side of a trade, and where one that consents is of level 0 (R8)."""

HOUR = timedelta(hours=1)
ANSWER_WINDOW = timedelta(hours=72)
COOLING_OFF = timedelta(hours=1)
AGREE_TO_CANCEL_WITHIN = timedelta(hours=48)
RING_ANSWER_WINDOW = timedelta(hours=48)
REOPENED_WINDOW = timedelta(hours=24)
SHIP_WITHIN = timedelta(days=7)
"""After acceptance, by mail, where nobody has sent anything (T13)."""
LEFT_AFTER_DISPUTE = timedelta(hours=72)
MEET_WITHIN = timedelta(hours=48)
"""After the moment that was planned."""
PLAN_WITHIN = timedelta(days=365)
MEET_UNPLANNED_WITHIN = timedelta(days=7)
"""After acceptance, where no moment was planned."""


class OneSidedTrade(DomainError):
    """A trade takes two members, and copies from each."""


class NothingChanged(DomainError):
    """A counter-proposal changes something."""


class PlannedTooFar(DomainError):
    """A meeting is planned for a day within the next year."""


class PlannedInThePast(DomainError):
    """A meeting is planned for a moment that is still to come."""


class MethodNotAvailable(DomainError):
    """Cards change hands in person or by mail, and at no events yet."""


class Method(StrEnum):
    """How copies change hands."""

    IN_PERSON = "in_person"
    MAIL = "mail"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Party:
    """A member of an agreement, the revision consented to, and whose fault its end was.

    `cancel_asked_at` is when this party asked to call it off together (T9), `resume_asked`
    whether it would go on in spite of a dispute that all have to end (T18), `dispute_withdrawn`
    whether it has ended one of its own alone, which it may do once.
    """

    member: MemberId
    consented_revision: int | None
    at_fault: bool = False
    cancel_asked_at: datetime | None = None
    resume_asked: bool = False
    dispute_withdrawn: bool = False


class DisputeKind(StrEnum):
    """What went wrong."""

    NOT_SENT = "not_sent"
    NOT_ARRIVED = "not_arrived"
    NOT_AS_DESCRIBED = "not_as_described"
    WRONG_ITEM = "wrong_item"
    NO_SHOW = "no_show"
    CONFIRMATION_FALSE = "confirmation_false"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """What is open between the parties; nobody is the `opener` where the service was.

    `legs` are those it is over, each with the moment it was disputed.
    """

    kind: DisputeKind
    opener: MemberId | None
    legs: Mapping[LegId, datetime]
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What somebody tells of what went wrong, and where it can be seen: text and https links."""

    text: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How and where copies change hands, and until when the other may answer.

    By mail it may be agreed who sends first, and that all legs are tracked.
    """

    method: Method = Method.IN_PERSON
    place: str | None = None
    planned_at: datetime | None = None
    answer_within: timedelta = ANSWER_WINDOW
    first_sender: MemberId | None = None
    tracked: bool = False

    def ensure_available(self, *, at: datetime) -> None:
        """Raise MethodNotAvailable, PlannedInThePast, or PlannedTooFar for what never ends."""
        if self.method is Method.EVENT:
            raise MethodNotAvailable
        if self.planned_at is not None and self.planned_at < at:
            raise PlannedInThePast(errors=_fault("in-the-past", "That was before now."))
        if self.planned_at is not None and self.planned_at - at > PLAN_WITHIN:
            raise PlannedTooFar(errors=_fault("too-far", "That is more than a year from now."))


def _fault(code: str, detail: str) -> list[dict[str, str]]:
    return [{"pointer": "/planned_at", "code": code, "detail": detail}]


def distinct(*sides: Sequence[CopyId]) -> tuple[tuple[CopyId, ...], ...]:
    """Return the sides in order, each copy standing in them once (P11); raise DuplicateIds."""
    named = [copy for side in sides for copy in side]
    if len(set(named)) < len(named):
        raise DuplicateIds("A copy stands in a proposal once.")
    return tuple(tuple(sorted(side)) for side in sides)


def time_lost(stopped_at: datetime, *, due: datetime, at: datetime) -> timedelta:
    """Return how much later a clock strikes that runs again: 72 hours have to be left (T18)."""
    return max(at - stopped_at, at + LEFT_AFTER_DISPUTE - due)
