"""Ratings for group orders over HTTP."""

from inspect import getdoc
from typing import Annotated

from dishka.integrations.fastapi import FromDishka
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from apps.group_orders.application.rate_order import RateOrder, ReplyToOrderRating
from apps.group_orders.application.show_order_ratings import ListOrderRatings, OrderRatingView
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_rating import JoinerNotNamed, NothingReceived, PunctualityOnly
from apps.group_orders.domain.payment import JoinersOnly
from apps.shared.domain.contact_data import ContactData
from apps.shared.domain.errors import MfaRequired, NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.presentation.bodies import Body, Prose, Whole
from apps.shared.presentation.created import Located
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, STAFF, Me
from apps.trading.contract import (
    AlreadyRated,
    AlreadyReplied,
    InvalidTransition,
    Opinion,
    RatingClosed,
    RatingId,
    RatingShown,
    RatingTag,
)

router = ApiRouter(
    prefix="/group-orders/{group_order_id}/ratings",
    tags=["group orders"],
    route_class=CommandRoute,
    dependencies=[*SIGNED_IN, *STAFF],
)
Ratings = FromDishka[ListOrderRatings]


def once_each(tags: list[RatingTag]) -> list[RatingTag]:
    """Refuse a tag that is there twice, which says nothing more."""
    if len({*tags}) < len(tags):
        raise PydanticCustomError("duplicate", "A tag stands here once")
    return tags


Words = Annotated[Prose, Field(min_length=1, max_length=500)]


class OrderRatingGiven(Body):
    """What to say; `ratee_id` is needed by the organiser only, who rates joiners."""

    score: Annotated[Whole, Field(ge=1, le=5)]
    tags: Annotated[
        list[RatingTag], Field(max_length=len(RatingTag)), AfterValidator(once_each)
    ] = []
    comment: Words | None = None
    ratee_id: MemberId | None = None


class OrderRatingReply(Body):
    """What to answer."""

    text: Words


@router.post(
    "",
    status_code=201,
    description=getdoc(RateOrder),
    openapi_extra=refuses(
        *(MfaRequired, NotFound, JoinersOnly, InvalidTransition, RatingClosed, RatingShown),
        *(NothingReceived, AlreadyRated, JoinerNotNamed, PunctualityOnly, ContactData),
    ),
)
async def rate_group_order(
    group_order_id: GroupOrderId,
    body: OrderRatingGiven,
    me: Me,
    rate: FromDishka[RateOrder],
    ratings: Ratings,
    located: Located,
) -> OrderRatingView:
    """Rate a group order."""
    located(None)
    opinion = Opinion.of(body.score, body.tags, body.comment)
    given = await rate(group_order_id, by=me, to=body.ratee_id, opinion=opinion)
    return await ratings.one(given, to=me)


@router.get("", description=getdoc(ListOrderRatings), openapi_extra=refuses(MfaRequired))
async def list_group_order_ratings(
    group_order_id: GroupOrderId, me: Me, page: PageAsked, ratings: Ratings
) -> Listed[OrderRatingView]:
    """List the ratings of a group order."""
    return page.show(await ratings(group_order_id, to=me, after=page.after, limit=page.limit))


@router.post(
    "/{rating_id}/reply",
    description=getdoc(ReplyToOrderRating),
    openapi_extra=refuses(MfaRequired, AlreadyReplied, ContactData),
)
async def reply_to_group_order_rating(
    group_order_id: GroupOrderId,
    rating_id: RatingId,
    body: OrderRatingReply,
    me: Me,
    reply: FromDishka[ReplyToOrderRating],
    ratings: Ratings,
) -> OrderRatingView:
    """Reply to a rating of mine."""
    await reply(rating_id, on=group_order_id, by=me, text=body.text)
    return await ratings.one(rating_id, to=me)
