"""Mail to those whom it concerns about what has become of a group order.

An order may have a hundred joiners, for whose letters no answer is to wait: a worker writes them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from apps.group_orders.domain import delivery, milestone, order_events, round_events
from apps.group_orders.domain.order_events import GroupOrderEvent, GroupOrderId
from apps.group_orders.domain.round_events import OrderRoundId
from apps.group_orders.domain.round_steps import EndReason
from apps.identity.contract import Letter, Postbox
from apps.shared.application.jobs import Job, Jobs
from apps.shared.application.public_address import PublicAddress
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import MemberId

TELL = "group-orders.tell"

TO_ALL: Mapping[type[GroupOrderEvent], tuple[str, str]] = {
    milestone.MilestoneReached: (
        "A group order has come further",
        "A milestone of the group order of {name} is reached.",
    ),
    milestone.MilestoneMoved: (
        "A group order takes another time",
        "{name} has moved a milestone of a group order of yours, and says why.",
    ),
    order_events.GroupOrderStalled: (
        "A group order is stalled",
        "Nothing was heard of the group order of {name}, or nobody answers for it at present.",
    ),
    order_events.GroupOrderCancelled: (
        "A group order was called off",
        "The group order of {name} was called off; what you have paid is to be given back.",
    ),
    order_events.GroupOrderFailed: (
        "A group order has failed",
        "The group order of {name} was given up after it was ordered.",
    ),
    order_events.GroupOrderClosed: (
        "A group order is over",
        "The group order of {name} is over; for two weeks you can say how it was.",
    ),
    order_events.HandoverAsked: (
        "A group order is to be handed over",
        "The group order of {name} is to be handed over to its co-organiser, if you agree.",
    ),
    order_events.GroupOrderHandedOver: (
        "A group order was handed over",
        "{name} answers for a group order of yours from now on.",
    ),
}
"""What letters to all in an order say; what members wrote is read there, not in the mail."""
TO_ONE: Mapping[type[round_events.AllocationEvent], tuple[str, str]] = {
    round_events.AllocationMade: (
        "Something is yours",
        "Something that you have claimed in the group order of {name} is allocated to you.",
    ),
    round_events.AllocationEnded: (
        "Something is not yours any more",
        "Something that was allocated to you in the group order of {name} is not any more.",
    ),
    round_events.AllocationOffered: (
        "Something is offered to you",
        "A joiner of the group order of {name} would hand something on to you.",
    ),
    round_events.AllocationTransferred: (
        "Something was handed on",
        "What you have offered in the group order of {name} was taken over.",
    ),
    delivery.DeliveryDecided: (
        "A dispute is decided",
        "A moderator has decided about what you got, or did not get, from {name}.",
    ),
}
WAITING = (
    "You are on a waitlist",
    "The slots of a round of the group order of {name} are handed out, and you wait for one.",
)
LETTERS: Mapping[str, tuple[str, str]] = {
    kind.__name__: letter for kind, letter in (*TO_ALL.items(), *TO_ONE.items())
} | {round_events.OrderRoundAllocated.__name__: WAITING}
NEWS = (*TO_ALL, *TO_ONE, round_events.OrderRoundAllocated, round_events.ClaimSubmitted)
"""What there is to hear of."""


class Crew(NamedTuple):
    """Who has to do with an order."""

    organiser: MemberId
    joiners: Collection[MemberId]


class Audience(Protocol):
    """Whom letters about group orders go to."""

    async def crews(self, orders: Collection[GroupOrderId]) -> Mapping[GroupOrderId, Crew]:
        """Return who organises and who has joined each of these, in one question."""
        ...

    async def waiting(self, round: OrderRoundId) -> Collection[MemberId]:
        """Return who has claimed in a round, and has nothing of it yet."""
        ...


@dataclass(frozen=True, slots=True)
class NoteNews:
    """Leave a job for what a transaction has brought about, with it and once."""

    jobs: Jobs

    async def __call__(self, events: Sequence[GroupOrderEvent]) -> None:
        news = list(noteworthy(events))
        if news:
            await self.jobs.enqueue(TELL, {"news": news})


@dataclass(frozen=True, slots=True)
class TellJoiners:
    """Write the letters, each once, and rather none than two of them."""

    work: UnitOfWork
    jobs: Jobs
    audience: Audience
    postbox: Postbox
    address: PublicAddress

    async def __call__(self, job: Job) -> None:
        news: list[dict[str, Any]] = job.payload["news"]
        crews = await self.audience.crews({order_of(each) for each in news})
        letters = [letter for each in news for letter in await self._letters(each, crews)]
        async with self.work:
            await self.jobs.complete(job)
        await self.postbox.send(letters)

    async def _letters(
        self, news: Mapping[str, Any], crews: Mapping[GroupOrderId, Crew]
    ) -> list[Letter]:
        order = order_of(news)
        crew, (subject, said) = crews[order], LETTERS[news["kind"]]
        readers = {MemberId(UUID(each)) for each in news["to"]}
        if "round" in news:
            readers |= {*await self.audience.waiting(OrderRoundId(UUID(news["round"])))}
        if news["all"]:
            readers |= {*crew.joiners}
        text = f"{said}\n\n{self.address}/api/v1/group-orders/{order}\n"
        return [
            Letter(to=each, names={"name": crew.organiser}, subject=subject, text=text)
            for each in sorted(readers)
        ]


def order_of(news: Mapping[str, Any]) -> GroupOrderId:
    """Return of which order it tells."""
    return GroupOrderId(UUID(news["order"]))


def noteworthy(events: Sequence[GroupOrderEvent]) -> Iterator[dict[str, Any]]:
    """Yield what is told to whom, the same to the same ones once.

    Who takes what is free with a claim, or gives it back, knows; so does who is told of the order.
    """
    claimants = {each.member for each in events if isinstance(each, round_events.ClaimSubmitted)}
    whole = {each.order for each in events if type(each) in TO_ALL}
    told: set[tuple[type, MemberId]] = set()
    for event in events:
        news = {"kind": type(event).__name__, "order": str(event.order), "to": [], "all": False}
        if type(event) in TO_ALL:
            yield news | {"to": [str(each) for each in named_in(event)], "all": True}
        elif isinstance(event, round_events.OrderRoundAllocated):
            yield news | {"round": str(event.round)}
        elif isinstance(event, round_events.AllocationEvent):
            reader = concerned(event)
            known = event.order in whole or is_own_doing(event, claimants)
            if not known and (type(event), reader) not in told:
                told.add((type(event), reader))
                yield news | {"to": [str(reader)]}


def named_in(event: GroupOrderEvent) -> list[MemberId]:
    """Return who else than its joiners is told."""
    if isinstance(event, order_events.HandoverAsked):
        return [each for each in (event.giver, event.receiver) if each != event.by]
    if isinstance(event, order_events.GroupOrderHandedOver):
        return [event.giver, event.receiver]
    return []


def concerned(event: round_events.AllocationEvent) -> MemberId:
    """Return whose news it is."""
    return event.to if isinstance(event, round_events.AllocationOffered) else event.member


def is_own_doing(event: round_events.AllocationEvent, claimants: Collection[MemberId]) -> bool:
    """Tell whether who would be told has just done it."""
    if isinstance(event, round_events.AllocationEnded):
        return event.reason is EndReason.WITHDRAWN
    return isinstance(event, round_events.AllocationMade) and event.member in claimants
