"""What becomes of a group order, and when: planned, reached, put off or missed (G9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NewType, Protocol, Self
from uuid import UUID

from apps.group_orders.domain.milestone_steps import KINDS, STEPS, MilestoneKind
from apps.group_orders.domain.order import GroupOrder
from apps.group_orders.domain.order_events import GroupOrderEvent, GroupOrderId
from apps.group_orders.domain.order_steps import ENDED, Part
from apps.group_orders.domain.terms import refuse_contacts
from apps.shared.domain.errors import Conflict, DomainError, NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate

MilestoneId = NewType("MilestoneId", UUID)

PLANNED_WITHIN = timedelta(days=3 * 366)
EVERYWHERE = time(12)
"""The hour of the next day, in UTC, at which a day has ended in every country."""
SILENT_FOR = timedelta(days=7)
"""How long milestones may be overdue without a word before the order is stalled."""
STALLED_BY = 2
"""How many of them."""


class MilestoneNotFound(NotFound):
    """There is no such milestone."""


class MilestoneExists(Conflict):
    """This group order has a milestone of that kind already; move it."""


class MilestoneDone(Conflict):
    """This milestone was reached already."""


class MilestoneSkipped(Conflict):
    """A later milestone was reached already, so this one is none any more."""


class DayOutOfRange(DomainError):
    """A milestone is planned for a day from today on, within three years."""


class SameDay(DomainError):
    """It is planned for that day already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneEvent(GroupOrderEvent):
    """Something happened to a milestone of a group order."""

    milestone: MilestoneId
    kind: MilestoneKind


class MilestoneReached(MilestoneEvent):
    """It is done."""


class MilestoneOverdue(MilestoneEvent):
    """Its day has passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneMoved(MilestoneEvent):
    """It is planned for another day; the reason stands in the list of its moves."""

    planned_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """That a milestone was put off, or brought forward."""

    milestone: MilestoneId
    was_on: date
    planned_on: date
    reason: str
    by: MemberId
    at: datetime


@dataclass(kw_only=True, eq=False)
class Milestone(Aggregate[MilestoneId]):
    """A day by which something is to have happened, and whether it has."""

    order: GroupOrderId
    kind: MilestoneKind
    planned_on: date
    due_at: datetime
    done_at: datetime | None
    done_by: MemberId | None
    note: str | None
    proof_url: str | None
    overdue_at: datetime | None
    skipped_at: datetime | None
    created_at: datetime

    @classmethod
    def plan(
        cls,
        id: MilestoneId,
        *,
        of: GroupOrder,
        kind: MilestoneKind,
        planned_on: date,
        others: Sequence["Milestone"],
        by: Part,
        at: datetime,
    ) -> Self:
        """Raise OrganisersOnly, InvalidTransition, MilestoneExists, -Skipped or DayOutOfRange."""
        of.ensure_run_by(by)
        if of.state in ENDED:
            raise of.refusal(by)
        if any(other.kind is kind for other in others):
            raise MilestoneExists
        if any(other.done_at and KINDS.index(other.kind) > KINDS.index(kind) for other in others):
            raise MilestoneSkipped
        return cls(
            id=id,
            order=of.id,
            kind=kind,
            planned_on=planned_on,
            due_at=end_of(planned_on, at=at),
            done_at=None,
            done_by=None,
            note=None,
            proof_url=None,
            overdue_at=None,
            skipped_at=None,
            created_at=at,
        )

    @property
    def is_ahead(self) -> bool:
        """Whether it is still to be reached."""
        return self.done_at is None and self.skipped_at is None

    def reach(
        self,
        *,
        of: GroupOrder,
        others: Sequence["Milestone"],
        note: str | None,
        proof_url: str | None,
        by: MemberId,
        part: Part,
        at: datetime,
    ) -> None:
        """Be done, once; its order follows, and what should have come before is skipped.

        Raises OrganisersOnly, MilestoneDone, MilestoneSkipped, InvalidTransition and ContactData.
        """
        of.ensure_run_by(part)
        self._ensure_ahead()
        step = STEPS[self.kind]
        of.ensure_in(*step.out_of, part=part)
        refuse_contacts({"note": note})
        if step.into is not None:
            of.reach(step.into, by=part, at=at)
        of.hear(at=at)
        self.done_at, self.done_by, self.note, self.proof_url = at, by, note, proof_url
        for other in others:
            if other.is_ahead and KINDS.index(other.kind) < KINDS.index(self.kind):
                other.skipped_at = at
        self.record(MilestoneReached(order=of.id, milestone=self.id, kind=self.kind, at=at))

    def move(
        self,
        planned_on: date,
        *,
        of: GroupOrder,
        reason: str,
        by: MemberId,
        part: Part,
        at: datetime,
    ) -> Move:
        """Be planned for another day, for a reason that all can read.

        Raises OrganisersOnly, InvalidTransition, MilestoneDone, MilestoneSkipped, SameDay,
        DayOutOfRange and ContactData.
        """
        of.ensure_run_by(part)
        if of.state in ENDED:
            raise of.refusal(part)
        self._ensure_ahead()
        if planned_on == self.planned_on:
            raise SameDay
        refuse_contacts({"reason": reason})
        was_on, self.planned_on = self.planned_on, planned_on
        self.due_at, self.overdue_at = end_of(planned_on, at=at), None
        of.hear(at=at)
        event = MilestoneMoved(
            order=of.id, milestone=self.id, kind=self.kind, planned_on=planned_on, at=at
        )
        self.record(event)
        return Move(
            milestone=self.id, was_on=was_on, planned_on=planned_on, reason=reason, by=by, at=at
        )

    def miss(self, *, at: datetime) -> bool:
        """Be overdue from now on, where that was not noted; tell whether it was now."""
        if not self.is_ahead or self.overdue_at or at < self.due_at:
            return False
        self.overdue_at = at
        self.record(MilestoneOverdue(order=self.order, milestone=self.id, kind=self.kind, at=at))
        return True

    def _ensure_ahead(self) -> None:
        if self.done_at is not None:
            raise MilestoneDone
        if self.skipped_at is not None:
            raise MilestoneSkipped


def end_of(day: date, *, at: datetime) -> datetime:
    """Return when this day has ended everywhere; raise DayOutOfRange."""
    if not at.date() - timedelta(days=2) <= day <= at.date() + PLANNED_WITHIN:
        raise DayOutOfRange
    end = datetime.combine(day + timedelta(days=1), EVERYWHERE, UTC)
    if end <= at:
        raise DayOutOfRange
    return end


def is_silent(milestones: Sequence[Milestone], *, heard_at: datetime | None, at: datetime) -> bool:
    """Tell whether so many have been overdue for so long without a word."""
    long_ago = at - SILENT_FOR
    overdue = sum(each.is_ahead and each.due_at <= long_ago for each in milestones)
    return overdue >= STALLED_BY and (heard_at is None or heard_at <= long_ago)


class MilestoneRepository(Protocol):
    """The milestones of all group orders; who changes one has locked its order."""

    async def order_of(self, id: MilestoneId) -> GroupOrderId:
        """Return whose it is; raise MilestoneNotFound."""
        ...

    async def of(self, order: GroupOrderId) -> Sequence[Milestone]:
        """Return all of a locked order, as they now stand, by kind."""
        ...

    async def add(self, entity: Milestone, /) -> None:
        """Keep a new one; raise MilestoneExists."""
        ...

    async def save(self, entity: Milestone, /) -> None:
        """Keep what changed."""
        ...

    async def note(self, move: Move) -> None:
        """Keep for ever that one was moved."""
        ...

    async def heard_at(self, order: GroupOrderId) -> datetime | None:
        """Return when its organisers last moved or reached a milestone."""
        ...

    async def missed(self, *, at: datetime, limit: int) -> Sequence[GroupOrderId]:
        """Return some live orders with milestones whose day has passed, and nobody noted it."""
        ...

    async def silent(self, *, at: datetime, limit: int) -> Sequence[GroupOrderId]:
        """Return some live orders that are to be stalled by now, and are not."""
        ...
