"""Ratings and reputation over HTTP."""

from inspect import getdoc
from typing import Annotated

from dishka.integrations.fastapi import FromDishka
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from apps.shared.domain.contact_data import ContactData
from apps.shared.domain.errors import NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.presentation.bodies import Body, Prose, Whole
from apps.shared.presentation.created import Located
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, Me
from apps.trading.application.rate_trade import RateTrade, ReplyToRating
from apps.trading.application.show_ratings import (
    ListRatingsOfMember,
    ListRatingsOfTrade,
    RatingView,
    ReputationView,
    ShowReputation,
    TradeRatingView,
)
from apps.trading.domain.rating import (
    AlreadyRated,
    AlreadyReplied,
    FaultForbidsRating,
    NothingToRate,
    Opinion,
    PartnerNotNamed,
    RatingClosed,
    RatingId,
    RatingShown,
    Tag,
)
from apps.trading.domain.terms import TradeId

router = ApiRouter(tags=["trading"], route_class=CommandRoute, dependencies=SIGNED_IN)


def once_each(tags: list[Tag]) -> list[Tag]:
    """Refuse a tag that is there twice, which says nothing more."""
    if len({*tags}) < len(tags):
        raise PydanticCustomError("duplicate", "A tag stands here once")
    return tags


Tags = Annotated[list[Tag], Field(max_length=len(Tag)), AfterValidator(once_each)]
Comment = Annotated[Prose, Field(min_length=1, max_length=500)]


class RatingGiven(Body):
    """What to say of a partner; `ratee_id` may be left out where there is only one."""

    score: Annotated[Whole, Field(ge=1, le=5)]
    tags: Tags = []
    comment: Comment | None = None
    ratee_id: MemberId | None = None


class RatingReply(Body):
    """What to answer."""

    text: Comment


@router.post(
    "/trades/{trade_id}/ratings",
    status_code=201,
    description=getdoc(RateTrade),
    openapi_extra=refuses(
        NotFound,
        NothingToRate,
        FaultForbidsRating,
        RatingClosed,
        RatingShown,
        AlreadyRated,
        PartnerNotNamed,
        ContactData,
    ),
)
async def rate_trade(
    trade_id: TradeId,
    body: RatingGiven,
    me: Me,
    rate: FromDishka[RateTrade],
    ratings: FromDishka[ListRatingsOfTrade],
    located: Located,
) -> TradeRatingView:
    """Rate a trade."""
    located(None)
    opinion = Opinion.of(body.score, body.tags, body.comment)
    return await ratings.one(await rate(trade_id, by=me, to=body.ratee_id, opinion=opinion))


@router.get("/trades/{trade_id}/ratings", description=getdoc(ListRatingsOfTrade))
async def list_trade_ratings(
    trade_id: TradeId, me: Me, page: PageAsked, ratings: FromDishka[ListRatingsOfTrade]
) -> Listed[TradeRatingView]:
    """List the ratings of a trade."""
    return page.show(await ratings(trade_id, to=me, after=page.after, limit=page.limit))


@router.post(
    "/trades/{trade_id}/ratings/{rating_id}/reply",
    description=getdoc(ReplyToRating),
    openapi_extra=refuses(AlreadyReplied, ContactData),
)
async def reply_to_rating(
    trade_id: TradeId,
    rating_id: RatingId,
    body: RatingReply,
    me: Me,
    reply: FromDishka[ReplyToRating],
    ratings: FromDishka[ListRatingsOfTrade],
) -> TradeRatingView:
    """Reply to a rating of mine."""
    await reply(rating_id, on=trade_id, by=me, text=body.text)
    return await ratings.one(rating_id)


@router.get("/members/{member_id}/ratings", description=getdoc(ListRatingsOfMember))
async def list_member_ratings(
    member_id: MemberId, me: Me, page: PageAsked, ratings: FromDishka[ListRatingsOfMember]
) -> Listed[RatingView]:
    """List the ratings of a member."""
    return page.show(await ratings(member_id, to=me, after=page.after, limit=page.limit))


@router.get("/members/{member_id}/reputation", description=getdoc(ShowReputation))
async def show_reputation(
    member_id: MemberId, me: Me, show: FromDishka[ShowReputation]
) -> ReputationView:
    """Show the reputation of a member."""
    return await show(member_id, to=me)
