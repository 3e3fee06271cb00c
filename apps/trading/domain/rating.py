"""A rating: what one says of another when what they had together is over (R1-R4, R7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, Protocol, Self
from uuid import UUID

from apps.shared.domain.contact_data import refuse_contact_data
from apps.shared.domain.errors import Conflict, DomainError, Forbidden, NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate
from apps.trading.domain.moves import State
from apps.trading.domain.terms import TradeId
from apps.trading.domain.trade import Trade

RatingId = NewType("RatingId", UUID)

RATED_WITHIN = timedelta(days=14)
"""After the end of what is rated."""


class RatingNotFound(NotFound):
    """There is no such rating that you could see."""


class PartnerNotFound(NotFound):
    """This member neither gave you anything in this trade nor received anything from you."""


class PartnerNotNamed(DomainError):
    """In a ring you have two partners; say which one you rate."""


class NothingToRate(Conflict):
    """A trade is rated once it is completed, or resolved with somebody at fault."""


class FaultForbidsRating(Forbidden):
    """Whose fault the end of a trade was does not rate it."""


class RatingClosed(Conflict):
    """Ratings are given within fourteen days; `closed_at` says when those were over."""


class RatingShown(Conflict):
    """This rating is shown already, and stays as it is."""


class AlreadyRated(Conflict):
    """You have just rated this member for this."""


class AlreadyReplied(Conflict):
    """A rating is replied to once."""


class Tag(StrEnum):
    """What a rating may praise beside its score."""

    AS_DESCRIBED = "as_described"
    PACKING = "packing"
    PUNCTUAL = "punctual"
    TALK = "talk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What is said: a score from 1 to 5, some tags, and a comment."""

    score: int
    tags: tuple[Tag, ...] = ()
    comment: str | None = None

    @classmethod
    def of(cls, score: int, tags: Iterable[Tag] = (), comment: str | None = None) -> Self:
        """Bring the tags into one order, each there once; raise ContactData for a way around."""
        if comment is not None:
            refuse_contact_data(comment, pointer="/comment")
        named = {*tags}
        return cls(score=score, tags=tuple(tag for tag in Tag if tag in named), comment=comment)


@dataclass(frozen=True, slots=True)
class Reply:
    """The one answer of who was rated."""

    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Removal:
    """That a moderator took a rating out of sight, and why (R7)."""

    by: MemberId
    at: datetime
    reason: str


@dataclass(kw_only=True, eq=False)
class Appraisal(Aggregate[RatingId]):
    """Hidden until both sides have rated, or `closes_at`; from then on it stays as it is (R3).

    A concrete one says of what it is.
    """

    rater_id: MemberId
    ratee_id: MemberId
    opinion: Opinion
    rated_at: datetime
    edited_at: datetime
    closes_at: datetime
    revealed_at: datetime | None
    reply: Reply | None
    removal: Removal | None

    def is_shown(self, *, at: datetime) -> bool:
        """Tell whether others than its author see it."""
        return self.revealed_at is not None or at >= self.closes_at

    def edit(self, opinion: Opinion, *, at: datetime) -> None:
        """Say something else, as long as nobody has read it; raise RatingShown."""
        if self.is_shown(at=at):
            raise RatingShown
        self.opinion, self.edited_at = opinion, at

    def reveal(self, *, at: datetime) -> None:
        """Show it, for the other side has rated too; a second time changes nothing."""
        self.revealed_at = self.revealed_at or at

    def answer(self, text: str, *, by: MemberId, at: datetime) -> None:
        """Reply to it, once (R3).

        Raises RatingNotFound to anybody but its ratee, and while it is hidden or taken out of
        sight; AlreadyReplied; ContactData.
        """
        if by != self.ratee_id or not self.is_shown(at=at) or self.removal:
            raise RatingNotFound
        if self.reply:
            raise AlreadyReplied
        refuse_contact_data(text, pointer="/text")
        self.reply = Reply(text, at)

    def hide(self, *, by: MemberId, reason: str, at: datetime) -> None:
        """Take it out of sight, and out of the mean; the first decision stands (R7)."""
        self.removal = self.removal or Removal(by, at, reason)


@dataclass(kw_only=True, eq=False)
class Rating(Appraisal):
    """What one party of a trade says of another."""

    trade_id: TradeId

    @classmethod
    def give(
        cls,
        id: RatingId,
        *,
        on: Trade,
        by: MemberId,
        to: MemberId | None,
        opinion: Opinion,
        at: datetime,
    ) -> Self:
        """Rate a partner in a trade that is over, `None` standing for the only one (R1, R2).

        Raises TradeNotFound for a stranger, NothingToRate, FaultForbidsRating, RatingClosed,
        PartnerNotNamed and PartnerNotFound.
        """
        ensure_rateable(on, by=by, at=at)
        return cls(
            id=id,
            trade_id=on.id,
            rater_id=by,
            ratee_id=partner_in(on, of=by, named=to),
            opinion=opinion,
            rated_at=at,
            edited_at=at,
            closes_at=on.updated_at + RATED_WITHIN,
            revealed_at=None,
            reply=None,
            removal=None,
        )


def ensure_rateable(trade: Trade, *, by: MemberId, at: datetime) -> None:
    """Raise TradeNotFound, NothingToRate, FaultForbidsRating or RatingClosed (R1, R2)."""
    trade.ensure_party(by)
    at_fault = {party.member for party in trade.parties if party.at_fault}
    if trade.state is not State.COMPLETED and not (trade.state is State.RESOLVED and at_fault):
        raise NothingToRate(state=trade.state)
    if trade.state is State.RESOLVED and by in at_fault:
        raise FaultForbidsRating
    closes_at = trade.updated_at + RATED_WITHIN
    if at >= closes_at:
        raise RatingClosed(closed_at=closes_at)


def partner_in(trade: Trade, *, of: MemberId, named: MemberId | None) -> MemberId:
    """Return whom this party has given to or received from; raise as `give` does."""
    partners = {leg.receiver for leg in trade.legs if leg.giver == of}
    partners |= {leg.giver for leg in trade.legs if leg.receiver == of}
    if named is None and len(partners) > 1:
        raise PartnerNotNamed
    for partner in partners:
        if named in {None, partner}:
            return partner
    fault = {"pointer": "/ratee_id", "code": "not-found", "detail": "No such partner of yours."}
    raise PartnerNotFound(errors=[fault])


class RatingRepository(Protocol):
    """All ratings."""

    async def add(self, entity: Rating, /) -> None:
        """Keep a new one; raise AlreadyRated if there is one of this rater, ratee and trade."""
        ...

    async def save(self, entity: Rating, /) -> None:
        """Keep what changed."""
        ...

    async def lock(self, id: RatingId) -> Rating:
        """Return it as it now stands and nobody else can change it; raise RatingNotFound."""
        ...

    async def on(self, trade: TradeId) -> list[Rating]:
        """Return those of one trade, as they now stand; who asks has locked the trade."""
        ...
