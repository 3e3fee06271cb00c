"""The terms of a trade: who hands what to whom, and how."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from apps.collection.contract import CopyId
from apps.shared.domain.errors import DomainError, DuplicateIds
from apps.shared.domain.ids import MemberId

TradeId = NewType("TradeId", UUID)
LegId = NewType("LegId", UUID)

ANSWER_WINDOW = timedelta(hours=72)
COOLING_OFF = timedelta(hours=1)
AGREE_TO_CANCEL_WITHIN = timedelta(hours=48)
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


class MethodNotAvailable(DomainError):
    """Cards change hands in person only, for now."""


class Method(StrEnum):
    """How copies change hands."""

    IN_PERSON = "in_person"
    MAIL = "mail"
    EVENT = "event"


class LegState(StrEnum):
    """How far one leg has come; handed over in person, it is due and then received."""

    DUE = "due"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Party:
    """A member of an agreement, the revision consented to, and whose fault its end was."""

    member: MemberId
    consented_revision: int | None
    at_fault: bool = False


@dataclass(frozen=True, slots=True)
class Leg:
    """What one party hands to another."""

    id: LegId
    giver: MemberId
    receiver: MemberId
    state: LegState
    copies: tuple[CopyId, ...]


@dataclass(frozen=True, slots=True)
class CancellationRequest:
    """One party asks the other to call it off together (T9)."""

    by: MemberId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How and where the parties want to meet, and until when the other may answer."""

    method: Method = Method.IN_PERSON
    place: str | None = None
    planned_at: datetime | None = None
    answer_within: timedelta = ANSWER_WINDOW

    def ensure_available(self, *, at: datetime) -> None:
        """Raise MethodNotAvailable, or PlannedTooFar for what would hold copies for ever."""
        if self.method is not Method.IN_PERSON:
            raise MethodNotAvailable
        if self.planned_at is not None and self.planned_at - at > PLAN_WITHIN:
            raise PlannedTooFar


def distinct(*sides: Sequence[CopyId]) -> tuple[tuple[CopyId, ...], ...]:
    """Return the sides in order, each copy standing in them once (P11); raise DuplicateIds."""
    named = [copy for side in sides for copy in side]
    if len(set(named)) < len(named):
        raise DuplicateIds("A copy stands in a proposal once.")
    return tuple(tuple(sorted(side)) for side in sides)
