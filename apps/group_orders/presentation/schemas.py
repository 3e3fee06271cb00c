"""Group orders as JSON."""

from collections.abc import Hashable
from typing import Annotated, TypeVar
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from apps.catalogue.contract import GroupId, ReleaseId
from apps.group_orders.domain.currency import LARGEST_AMOUNT, Currency
from apps.group_orders.domain.tag import MOST_TAGS
from apps.group_orders.domain.terms import SellerType, Way
from apps.shared.domain.ids import MemberId
from apps.shared.presentation.bodies import Body, Line, Patch, Prose, Representation, Whole
from apps.shared.presentation.countries import CountryCode

Told = TypeVar("Told", bound=Hashable)


def distinct(told: list[Told]) -> list[Told]:
    """Refuse what is told twice."""
    if len(set(told)) < len(told):
        raise PydanticCustomError("duplicate", "Tell each once")
    return told


Amount = Annotated[
    Whole, Field(ge=1, le=LARGEST_AMOUNT, description="In minor units of the order's currency.")
]
Title = Annotated[Line, Field(min_length=1, max_length=120)]
Description = Annotated[Prose, Field(max_length=2_000)]
RulesText = Annotated[Prose, Field(min_length=1, max_length=10_000)]
SellerName = Annotated[Line, Field(min_length=1, max_length=120)]
Details = Annotated[Prose, Field(max_length=1_000, description="How to pay; for joiners only.")]
Ways = Annotated[list[Way], Field(min_length=1, max_length=len(Way)), AfterValidator(distinct)]
Level = Annotated[Whole, Field(ge=0, le=3, description="The lowest trust level of joiners.")]
Destination = Annotated[CountryCode, Field(examples=["TW"], description="Where it is handed out.")]
LateFee = Annotated[
    Whole,
    Field(
        ge=1,
        le=LARGEST_AMOUNT,
        description="What a due that is paid too late may cost, in minor units; null: nothing.",
    ),
]


class OrderDraft(Body):
    """A group order that nobody else sees yet."""

    title: Title
    description: Description | None = None
    group_id: GroupId
    release_id: ReleaseId | None = None
    co_organiser_id: MemberId | None = None
    seller_type: SellerType
    seller_name: SellerName | None = None
    destination: Destination
    ways: Ways
    currency: Currency
    min_trust_level: Level = 0
    payment_details: Details | None = None
    rules: RulesText
    late_fee: LateFee | None = None


class OrderPatch(Patch):
    """A merge patch (RFC 7396): what is left out stays."""

    title: Title = ""
    description: Description | None = None
    group_id: GroupId = GroupId(UUID(int=0))
    release_id: ReleaseId | None = None
    co_organiser_id: MemberId | None = None
    seller_type: SellerType = SellerType.SHOP
    seller_name: SellerName | None = None
    destination: Destination = "TW"
    ways: Ways = []
    currency: Currency = Currency.EUR
    min_trust_level: Level = 0
    payment_details: Details | None = None
    rules: RulesText = ""
    late_fee: LateFee | None = None


class Tagging(Body):
    """All tags of a group order."""

    tags: Annotated[
        list[Annotated[Line, Field(min_length=1, max_length=40)]],
        Field(max_length=MOST_TAGS),
        AfterValidator(distinct),
    ]


class TagsOut(Representation):
    """Its tags, as who used each first has written it."""

    tags: list[str]
