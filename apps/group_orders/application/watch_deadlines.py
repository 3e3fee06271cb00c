"""Letters about dues that are to be paid or were not, and payments that nobody answers (G7)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from apps.group_orders.domain.currency import Currency
from apps.group_orders.domain.order_events import GroupOrderId
from apps.identity.contract import Letter, Postbox
from apps.shared.application.public_address import PublicAddress
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId

BATCH = 100


class Stage(StrEnum):
    """When something is said of a due."""

    EARLY = "early"
    LATE = "late"
    OVERDUE = "overdue"


AHEAD = {
    Stage.EARLY: timedelta(hours=48),
    Stage.LATE: timedelta(hours=12),
    Stage.OVERDUE: timedelta(0),
}
"""How long before the deadline; each lasts until the next."""
SUBJECTS = {
    Stage.EARLY: "A due is to be paid",
    Stage.LATE: "A due is to be paid today",
    Stage.OVERDUE: "A due is overdue",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a letter about a due or a payment needs."""

    order: GroupOrderId
    member: MemberId
    organiser: MemberId
    amount: int
    currency: Currency

    @property
    def money(self) -> str:
        """The amount as people write it."""
        digits = self.currency.digits
        whole, rest = divmod(self.amount, 10**digits)
        return f"{whole}.{rest:0{digits}} {self.currency}" if digits else f"{whole} {self.currency}"


class Deadlines(Protocol):
    """Who was told of what; used inside a unit of work."""

    async def claim(self, stage: Stage, *, at: datetime, limit: int) -> Sequence[Notice]:
        """Return unpaid dues that have come to this stage, none of them ever returned before."""
        ...

    async def flag(self, *, at: datetime, limit: int) -> Sequence[Notice]:
        """Flag payments that were not answered in time, and return them likewise."""
        ...


@dataclass(frozen=True, slots=True)
class WatchDeadlines:
    """Remind joiners 48 and 12 hours before a deadline, and say when it has passed, each once.

    A payment that is not answered within 72 hours is flagged, and never confirmed by itself. What
    is claimed counts as sent: rather no letter than two of them.
    """

    work: UnitOfWork
    deadlines: Deadlines
    postbox: Postbox
    address: PublicAddress
    clock: Clock

    async def __call__(self) -> int:
        """Return how many dues and payments something was said of."""
        told = 0
        for stage in Stage:
            async with self.work:
                due = await self.deadlines.claim(stage, at=self.clock.now(), limit=BATCH)
            await self.postbox.send([letter for each in due for letter in self._dues(stage, each)])
            told += len(due)
        async with self.work:
            flagged = await self.deadlines.flag(at=self.clock.now(), limit=BATCH)
        await self.postbox.send([letter for each in flagged for letter in self._payments(each)])
        return told + len(flagged)

    def _dues(self, stage: Stage, due: Notice) -> Iterator[Letter]:
        said = {
            Stage.EARLY: f"You owe {due.money} in a group order of {{name}}, within two days.",
            Stage.LATE: f"You owe {due.money} in a group order of {{name}}, within twelve hours.",
            Stage.OVERDUE: f"You owe {due.money} in a group order of {{name}}; it is overdue.",
        }
        yield self._letter(due, SUBJECTS[stage], said[stage], "dues", to=due.member)
        if stage is Stage.OVERDUE:
            told = f"{{name}} owes {due.money} in a group order of yours; it is overdue."
            yield self._letter(due, SUBJECTS[stage], told, "dues", to=due.organiser)

    def _payments(self, payment: Notice) -> Iterator[Letter]:
        subject = "A payment was not answered"
        mine = f"{{name}} says to have paid {payment.money} three days ago. Has it arrived?"
        theirs = f"{{name}} has not said within three days whether {payment.money} have arrived."
        yield self._letter(payment, subject, mine, "payments", to=payment.organiser)
        yield self._letter(payment, subject, theirs, "payments", to=payment.member)

    def _letter(
        self, notice: Notice, subject: str, said: str, page: str, *, to: MemberId
    ) -> Letter:
        other = notice.organiser if to == notice.member else notice.member
        place = f"{self.address}/api/v1/group-orders/{notice.order}/{page}"
        return Letter(to=to, names={"name": other}, subject=subject, text=f"{said}\n\n{place}\n")
