"""The terms of a trade: who hands what to whom, and how."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from apps.collection.contract import CopyId
from apps.shared.domain.errors import DomainError
from apps.shared.domain.ids import MemberId

TradeId = NewType("TradeId", UUID)
LegId = NewType("LegId", UUID)

ANSWER_WINDOW = timedelta(hours=72)


class OneSidedTrade(DomainError):
    """A trade takes two members, and copies from each."""


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
    """A member of an agreement, and the revision that member has consented to."""

    member: MemberId
    consented_revision: int | None


@dataclass(frozen=True, slots=True)
class Leg:
    """What one party hands to another."""

    id: LegId
    giver: MemberId
    receiver: MemberId
    state: LegState
    copies: tuple[CopyId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How and where the parties want to meet, and until when the other may answer."""

    method: Method = Method.IN_PERSON
    place: str | None = None
    planned_at: datetime | None = None
    answer_within: timedelta = ANSWER_WINDOW
