"""Drafting a group order, changing it, and opening it to members."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from apps.catalogue.contract import Catalogue, GroupId, ReleaseId
from apps.group_orders.application.company import Company
from apps.group_orders.application.limits import GroupOrderLimits, ensure_room_for_draft
from apps.group_orders.application.money import OpenRefunds
from apps.group_orders.domain.currency import Currency
from apps.group_orders.domain.delivery import PaymentsUnanswered, RefundsOutstanding
from apps.group_orders.domain.order import GroupOrder, GroupOrderRepository
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_round import OrderRoundRepository, RoundsStillOpen
from apps.group_orders.domain.tag import named
from apps.group_orders.domain.terms import OrderChanges, SellerType, Way, ensure_may_organise
from apps.identity.contract import Directory, Ranks
from apps.shared.application.work import Precondition, UnitOfWork, unconditional
from apps.shared.domain.country import Country
from apps.shared.domain.errors import DomainError, NotFound
from apps.shared.domain.ids import Clock, Ids, MemberId


class ScopeUnknown(NotFound):
    """There is no such group, or no such release of it."""


class CoOrganiserUnknown(NotFound):
    """There is no such member whom you see."""


class CoOrganiserIsYou(DomainError):
    """The co-organiser is somebody else than the organiser."""


class Tags(Protocol):
    """The words under which group orders are found; used inside a unit of work."""

    async def put(self, order: GroupOrderId, labels: Mapping[str, str]) -> None:
        """Let these be its tags and no others, labels by name; who named one first labels it."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a group order refers to; used inside a unit of work."""

    catalogue: Catalogue
    directory: Directory
    ranks: Ranks

    async def ensure_scope(self, group: GroupId, release: ReleaseId | None) -> None:
        """Raise ScopeUnknown with its place."""
        if not await self.catalogue.presents(group, release):
            pointer = "/group_id" if release is None else "/release_id"
            raise ScopeUnknown(
                errors=[{"pointer": pointer, "code": "not-found", "detail": "Not found."}]
            )

    async def ensure_co_organiser(self, member: MemberId | None, *, of: MemberId) -> None:
        """Raise CoOrganiserUnknown, CoOrganiserIsYou, EmailNotVerified or TrustLevelTooLow."""
        if member is None:
            return
        if member == of:
            raise CoOrganiserIsYou
        if member not in await self.directory.members([member], to=of):
            fault = {"pointer": "/co_organiser_id", "code": "not-found", "detail": "Not found."}
            raise CoOrganiserUnknown(errors=[fault])
        ensure_may_organise(await self.ranks.of(member))


@dataclass(frozen=True, slots=True)
class DraftOrder:
    """Draft a group order: from whom is bought, in which currency, and by which rules.

    Members of level 2 organise. Nobody else sees it before you open it.
    """

    work: UnitOfWork
    orders: GroupOrderRepository
    surroundings: Surroundings
    directory: Directory
    ranks: Ranks
    ids: Ids
    clock: Clock

    async def __call__(
        self,
        *,
        by: MemberId,
        title: str,
        description: str | None,
        group_id: GroupId,
        release_id: ReleaseId | None,
        co_organiser_id: MemberId | None,
        seller_type: SellerType,
        seller_name: str | None,
        destination: Country,
        ways: Sequence[Way],
        currency: Currency,
        min_trust_level: int,
        payment_details: str | None,
        rules: str,
        late_fee: int | None,
    ) -> GroupOrderId:
        async with self.work:
            await self.directory.lock([by])  # or two at once would count the same number
            order = GroupOrder.draft(
                GroupOrderId(self.ids.next()),
                by=await self.ranks.of(by),
                title=title,
                description=description,
                group_id=group_id,
                release_id=release_id,
                co_organiser_id=co_organiser_id,
                seller_type=seller_type,
                seller_name=seller_name,
                destination=destination,
                ways=ways,
                currency=currency,
                min_trust_level=min_trust_level,
                payment_details=payment_details,
                rules=rules,
                late_fee=late_fee,
                at=self.clock.now(),
            )
            ensure_room_for_draft(await self.orders.count_drafts(of=by))
            await self.surroundings.ensure_scope(group_id, release_id)
            await self.surroundings.ensure_co_organiser(co_organiser_id, of=by)
            await self.orders.add(order)
        return order.id


@dataclass(frozen=True, slots=True)
class ChangeOrder:
    """Change a group order of yours; other rules are a new version, which whoever joins accepts.

    Once it is open, what members have joined on stays: from whom is bought, where it goes and in
    which currency.
    """

    work: UnitOfWork
    orders: GroupOrderRepository
    company: Company
    surroundings: Surroundings
    clock: Clock

    async def __call__(
        self,
        id: GroupOrderId,
        changes: OrderChanges,
        *,
        by: MemberId,
        unchanged: Precondition = unconditional,
    ) -> None:
        async with self.work:
            order = await self.orders.lock(id)
            part = await self.company(order, by)
            await unchanged()
            order.change(changes, by=part, at=self.clock.now())
            if changes.keys() & {"group_id", "release_id"}:
                await self.surroundings.ensure_scope(order.group_id, order.release_id)
            if "co_organiser_id" in changes:
                await self.surroundings.ensure_co_organiser(order.co_organiser, of=order.organiser)
            await self.orders.save(order)


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """Let members join: rounds can be opened from now on.

    Who still owes joiners of another group order a refund opens none, nor who has not answered
    what was paid for one that was called off.
    """

    work: UnitOfWork
    orders: GroupOrderRepository
    company: Company
    directory: Directory
    ranks: Ranks
    limits: GroupOrderLimits
    refunds: OpenRefunds
    clock: Clock

    async def __call__(self, id: GroupOrderId, *, by: MemberId) -> None:
        async with self.work:
            organiser = (await self.orders.get(id)).organiser
            await self.directory.lock([organiser])
            order = await self.orders.lock(id)
            part = await self.company(order, by)
            order.open(by=part, at=self.clock.now())
            ensure_may_organise(await self.ranks.of(organiser))
            self.limits.ensure_room(live=await self.orders.count_live(of=organiser))
            if await self.refunds.of_organiser(organiser):
                raise RefundsOutstanding
            if await self.refunds.awaited_of(organiser):
                raise PaymentsUnanswered
            await self.orders.save(order)


@dataclass(frozen=True, slots=True)
class LockOrder:
    """Let nobody join any more, before it is ordered; no round may be open still."""

    work: UnitOfWork
    orders: GroupOrderRepository
    rounds: OrderRoundRepository
    company: Company
    clock: Clock

    async def __call__(self, id: GroupOrderId, *, by: MemberId) -> None:
        async with self.work:
            order = await self.orders.lock(id)
            order.lock(by=await self.company(order, by), at=self.clock.now())
            if await self.rounds.has_open(id):
                raise RoundsStillOpen
            await self.orders.save(order)


@dataclass(frozen=True, slots=True)
class TagOrder:
    """Say under which words a group order of yours is found; two spellings of one are one."""

    work: UnitOfWork
    orders: GroupOrderRepository
    company: Company
    tags: Tags

    async def __call__(
        self,
        id: GroupOrderId,
        labels: Collection[str],
        *,
        by: MemberId,
        unchanged: Precondition = unconditional,
    ) -> None:
        async with self.work:
            order = await self.orders.lock(id)
            order.ensure_run_by(await self.company(order, by))
            await unchanged()
            await self.tags.put(id, named(labels))


def reference_of(id: UUID) -> str:
    """Return what a joiner's payments are to name: eight signs that are hard to confuse."""
    number, signs = id.int % len(SIGNS) ** 8, ""
    for _ in range(8):
        number, place = divmod(number, len(SIGNS))
        signs += SIGNS[place]
    return f"KC-{signs[:4]}-{signs[4:]}"


SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
