"""The legs of a trade: what one party hands to another, and how far that has come (D.2)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum, auto
from typing import NewType, Self
from uuid import UUID

from apps.collection.contract import CopyId
from apps.shared.domain.ids import MemberId

LegId = NewType("LegId", UUID)

BUSINESS_DAYS_TO_SHIP = 3
SHIP_LATE_BY = timedelta(days=7)
"""How long after the ship-by date a leg counts as not sent (T21)."""
LOST_AFTER = timedelta(days=28)
LOST_ABROAD_AFTER = timedelta(days=42)
"""How long after its posting a leg counts as not arrived (T21)."""
REMIND_AFTER_DELIVERY = timedelta(days=5)
RECEIVED_AFTER_REMINDER = timedelta(days=7)
"""How long a receiver may be silent once reminded of what was delivered (T20)."""
REMIND_OF_MEETING = timedelta(hours=24)
MEETING_DISPUTED = timedelta(hours=48)
"""How long after one side's word the other may be silent about a meeting (T15)."""


class LegState(StrEnum):
    """How far one leg has come; handed over in person, it is due and then received."""

    DUE = "due"
    SHIPPED = "shipped"
    RECEIVED = "received"
    MISSING = "missing"
    RETURNED = "returned"


class Alarm(StrEnum):
    """What is to be done about a leg when its time has come."""

    REMIND = auto()
    RECEIVE = auto()
    NOT_SENT = auto()
    NOT_ARRIVED = auto()
    SILENT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """The next moment at which something is to be done about a leg, unless somebody acts."""

    at: datetime
    alarm: Alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """What one party hands to another.

    `ship_by` is set once it is this leg's turn to be sent. `waits_since` is when its present clock
    began, put off by the disputes that have held it up; without one it runs since the acceptance
    or, in person, since the other side has its own.
    `verified` says that its receiver showed the giver's code, `auto_received` that it was closed
    for a silent receiver.
    """

    id: LegId
    giver: MemberId
    receiver: MemberId
    copies: tuple[CopyId, ...]
    state: LegState = LegState.DUE
    ship_by: datetime | None = None
    waits_since: datetime | None = None
    must_track: bool = False
    abroad: bool = False
    carrier: str | None = None
    tracking_number: str | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    reminded_at: datetime | None = None
    received_at: datetime | None = None
    verified: bool = False
    auto_received: bool = False

    @property
    def open(self) -> bool:
        """Whether it is still on its way, or has still to be sent."""
        return self.state in {LegState.DUE, LegState.SHIPPED}

    def ship(self, *, carrier: str, tracking_number: str | None, at: datetime) -> Self:
        """Send it by mail."""
        return replace(
            self,
            state=LegState.SHIPPED,
            carrier=carrier,
            tracking_number=tracking_number,
            shipped_at=at,
            waits_since=at,
        )

    def deliver(self, *, at: datetime) -> Self:
        """Have been brought to its receiver, as the carrier says."""
        return replace(self, delivered_at=at, waits_since=at)

    def remind(self, *, at: datetime) -> Self:
        """Have its receiver reminded; by mail that starts a clock of its own (T15, T20)."""
        sent = self.state is LegState.SHIPPED
        return replace(self, reminded_at=at, waits_since=at if sent else self.waits_since)

    def put_off(self, time: timedelta) -> Self:
        """Let its present clock strike so much later."""
        since = self.waits_since and self.waits_since + time
        if self.state is LegState.DUE and self.ship_by is not None:
            return replace(self, ship_by=self.ship_by + time, waits_since=since)
        return replace(self, waits_since=since)

    def receive(self, *, at: datetime, verified: bool = False, auto: bool = False) -> Self:
        """Have it."""
        return replace(
            self, state=LegState.RECEIVED, received_at=at, verified=verified, auto_received=auto
        )

    def by_mail(self) -> Deadline | None:
        """Return what comes next for this leg if nobody acts (T20, T21)."""
        if self.state is LegState.DUE and self.ship_by is not None:
            return Deadline(at=self.ship_by + SHIP_LATE_BY, alarm=Alarm.NOT_SENT)
        if self.state is not LegState.SHIPPED or self.waits_since is None:
            return None
        if self.reminded_at is not None:
            return Deadline(at=self.waits_since + RECEIVED_AFTER_REMINDER, alarm=Alarm.RECEIVE)
        if self.delivered_at is not None:
            return Deadline(at=self.waits_since + REMIND_AFTER_DELIVERY, alarm=Alarm.REMIND)
        patience = LOST_ABROAD_AFTER if self.abroad else LOST_AFTER
        return Deadline(at=self.waits_since + patience, alarm=Alarm.NOT_ARRIVED)

    def in_person(self) -> Deadline | None:
        """Return what comes next for a leg that is due since the other side has its own (T15)."""
        if self.state is not LegState.DUE or self.waits_since is None:
            return None
        if self.reminded_at is None:
            return Deadline(at=self.waits_since + REMIND_OF_MEETING, alarm=Alarm.REMIND)
        return Deadline(at=self.waits_since + MEETING_DISPUTED, alarm=Alarm.SILENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What is known of a party when it is settled who sends first, and how (D.2)."""

    trust_level: int
    completed: int
    lost_lately: int
    country: str


LOST_TOO_OFTEN = 2


def must_track(sender: Sender, receiver: Sender) -> bool:
    """Tell whether this leg has to be tracked even though nobody asked for it."""
    newcomer = 0 in {sender.trust_level, receiver.trust_level}
    return newcomer or sender.lost_lately >= LOST_TOO_OFTEN


def first_sender(parties: tuple[MemberId, ...], senders: Mapping[MemberId, Sender]) -> MemberId:
    """Return who sends first: lower level, then fewer completed, then who began it."""
    return min(parties, key=lambda m: (senders[m].trust_level, senders[m].completed))


def business_days_after(at: datetime, days: int) -> datetime:
    """Return the same time of day so many days from Monday to Friday later."""
    while days:
        at += timedelta(days=1)
        days -= at.weekday() < 5  # noqa: PLR2004 - Saturday
    return at
