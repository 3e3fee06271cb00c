"""Rating a trade that is over, replying to a rating, and taking one out of sight."""

from dataclasses import dataclass

from apps.identity.contract import Ranks
from apps.shared.application.audit import AuditLog
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, Ids, MemberId
from apps.trading.domain.moderator import ensure_impartial, ensure_moderator
from apps.trading.domain.rating import Opinion, Rating, RatingId, RatingNotFound, RatingRepository
from apps.trading.domain.terms import TradeId
from apps.trading.domain.trades import TradeRepository


@dataclass(frozen=True, slots=True)
class RateTrade:
    """Rate a partner of yours within fourteen days of the end of a trade.

    Neither of you sees what the other has said until both have rated, or the time is over. Until
    then you may rate again, which replaces what you said.
    """

    work: UnitOfWork
    trades: TradeRepository
    ratings: RatingRepository
    ids: Ids
    clock: Clock

    async def __call__(
        self, trade_id: TradeId, *, by: MemberId, to: MemberId | None, opinion: Opinion
    ) -> RatingId:
        """Lock the trade, or two sides at once would not see each other's rating."""
        async with self.work:
            trade = await self.trades.lock(trade_id)
            rating = Rating.give(
                RatingId(self.ids.next()),
                on=trade,
                by=by,
                to=to,
                opinion=opinion,
                at=self.clock.now(),
            )
            ratings = await self.ratings.on(trade_id)
            said = {(each.rater_id, each.ratee_id): each for each in ratings}
            earlier = said.get((by, rating.ratee_id))
            if earlier:
                earlier.edit(opinion, at=rating.rated_at)
                await self.ratings.save(earlier)
                return earlier.id
            if other := said.get((rating.ratee_id, by)):
                for each in (rating, other):
                    each.reveal(at=rating.rated_at)
                await self.ratings.save(other)
            await self.ratings.add(rating)
        return rating.id


@dataclass(frozen=True, slots=True)
class ReplyToRating:
    """Answer a rating of yours, once."""

    work: UnitOfWork
    ratings: RatingRepository
    clock: Clock

    async def __call__(self, rating_id: RatingId, *, on: TradeId, by: MemberId, text: str) -> None:
        async with self.work:
            rating = await self.ratings.lock(rating_id)
            if rating.trade_id != on:
                raise RatingNotFound
            rating.answer(text, by=by, at=self.clock.now())
            await self.ratings.save(rating)


@dataclass(frozen=True, slots=True)
class HideRating:
    """Take a rating out of sight as a moderator has decided; its row stays (R7)."""

    work: UnitOfWork
    trades: TradeRepository
    ratings: RatingRepository
    ranks: Ranks
    audit: AuditLog
    clock: Clock

    async def __call__(self, rating_id: RatingId, *, by: MemberId, reason: str) -> None:
        """Raise RatingNotFound, UserNotFound, ModeratorsOnly, and OwnCase to a party."""
        async with self.work:
            ensure_moderator(await self.ranks.of(by))
            rating = await self.ratings.lock(rating_id)
            ensure_impartial(by, (await self.trades.get(rating.trade_id)).members)
            rating.hide(by=by, reason=reason, at=self.clock.now())
            await self.ratings.save(rating)
            await self.audit.write("rating.hide", actor=by, target=rating_id)
