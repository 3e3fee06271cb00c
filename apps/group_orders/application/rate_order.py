"""Rating a group order that is over, replying to a rating, and taking one out of sight."""

from dataclasses import dataclass

from apps.group_orders.application.company import Company, Joiners
from apps.group_orders.application.ties import Ties
from apps.group_orders.domain.order import GroupOrder, GroupOrderRepository
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_rating import (
    JoinerNotFound,
    NothingReceived,
    OrderRating,
    OrderRatingRepository,
)
from apps.group_orders.domain.order_steps import Part
from apps.identity.contract import Ranks
from apps.shared.application.audit import AuditLog
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, Ids, MemberId
from apps.trading.contract import (
    Opinion,
    RatingId,
    RatingNotFound,
    ensure_impartial,
    ensure_moderator,
)


@dataclass(frozen=True, slots=True)
class RateOrder:
    """Rate the organiser of a group order within fourteen days of its end.

    Joiners do to whom something was allocated which they did not give up themselves.
    The organiser rates joiners, each by a score for how punctually they paid. Neither sees what the
    other has said until both have rated, or the time is over. Until then you may rate again, which
    replaces what you said.
    """

    work: UnitOfWork
    orders: GroupOrderRepository
    ratings: OrderRatingRepository
    company: Company
    joiners: Joiners
    ties: Ties
    ids: Ids
    clock: Clock

    async def __call__(
        self, id: GroupOrderId, *, by: MemberId, to: MemberId | None, opinion: Opinion
    ) -> RatingId:
        """Lock the order, or two sides at once would not see each other's rating."""
        async with self.work:
            order = await self.orders.lock(id)
            rating = OrderRating.give(
                RatingId(self.ids.next()),
                of=order,
                part=await self._part(order, by),
                by=by,
                to=to,
                opinion=opinion,
                at=self.clock.now(),
            )
            await self._ensure_served(order, by, rating.ratee_id, named=to)
            ratings = await self.ratings.between(by, rating.ratee_id, on=id)
            said = {each.rater_id: each for each in ratings}
            if earlier := said.get(by):
                earlier.edit(opinion, at=rating.rated_at)
                await self.ratings.save(earlier)
                return earlier.id
            if other := said.get(rating.ratee_id):
                for each in (rating, other):
                    each.reveal(at=rating.rated_at)
                await self.ratings.save(other)
            await self.ratings.add(rating)
        return rating.id

    async def _part(self, order: GroupOrder, member: MemberId) -> Part:
        """Return it; staff who have joined rate as joiners do."""
        part = await self.company(order, member)
        joined = part is Part.STAFF and await self.joiners.has(order.id, member)
        return Part.JOINER if joined else part

    async def _ensure_served(
        self, order: GroupOrder, rater: MemberId, ratee: MemberId, *, named: MemberId | None
    ) -> None:
        """Raise NothingReceived, or JoinerNotFound where somebody else is named."""
        mine = rater == order.organiser
        served = await self.ties.served(order.id, ratee if mine else rater)
        if not (mine or served):
            raise NothingReceived
        if named not in {None, ratee} or not served or rater == ratee:
            fault = {"pointer": "/ratee_id", "code": "not-found", "detail": "No such joiner."}
            raise JoinerNotFound(errors=[fault])


@dataclass(frozen=True, slots=True)
class ReplyToOrderRating:
    """Answer a rating of yours, once."""

    work: UnitOfWork
    ratings: OrderRatingRepository
    clock: Clock

    async def __call__(
        self, rating_id: RatingId, *, on: GroupOrderId, by: MemberId, text: str
    ) -> None:
        async with self.work:
            rating = await self.ratings.lock(rating_id)
            if rating.order != on:
                raise RatingNotFound
            rating.answer(text, by=by, at=self.clock.now())
            await self.ratings.save(rating)


@dataclass(frozen=True, slots=True)
class HideOrderRating:
    """Take a rating out of sight as a moderator has decided; its row stays (R7)."""

    work: UnitOfWork
    ratings: OrderRatingRepository
    ranks: Ranks
    audit: AuditLog
    clock: Clock

    async def __call__(self, rating_id: RatingId, *, by: MemberId, reason: str) -> None:
        """Raise RatingNotFound, UserNotFound, ModeratorsOnly, and OwnCase to who is in it."""
        async with self.work:
            ensure_moderator(await self.ranks.of(by))
            rating = await self.ratings.lock(rating_id)
            ensure_impartial(by, (rating.rater_id, rating.ratee_id))
            rating.hide(by=by, reason=reason, at=self.clock.now())
            await self.ratings.save(rating)
            await self.audit.write("order-rating.hide", actor=by, target=rating_id)
