"""On which terms members join a group order (G1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypedDict

from apps.catalogue.contract import GroupId, ReleaseId
from apps.group_orders.domain.currency import Currency
from apps.identity.contract import EmailNotVerified, Rank, TrustLevelTooLow
from apps.shared.domain.contact_data import refuse_contact_data
from apps.shared.domain.country import Country
from apps.shared.domain.ids import MemberId

LEVEL_TO_ORGANISE = 2


class SellerType(StrEnum):
    """From whom is bought."""

    SHOP = "shop"
    FAN_ACCOUNT = "fan_account"
    EVENT = "event"


class Way(StrEnum):
    """How joiners get what has come for them."""

    MAIL = "mail"
    IN_PERSON = "in_person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One version of the rules; `late_fee` is what a due paid too late may cost, in minor units."""

    version: int
    text: str
    late_fee: int | None
    published_at: datetime


class OrderChanges(TypedDict, total=False):
    """What to change of a group order; what is left out stays."""

    title: str
    description: str | None
    group_id: GroupId
    release_id: ReleaseId | None
    co_organiser_id: MemberId | None
    seller_type: SellerType
    seller_name: str | None
    destination: Country
    ways: Sequence[Way]
    currency: Currency
    min_trust_level: int
    payment_details: str | None
    rules: str
    late_fee: int | None


FREE_ONCE_OPEN = frozenset(
    {"title", "description", "co_organiser_id", "payment_details", "rules", "late_fee"}
)
"""What may change after members have joined; whoever joins accepts the rules as they then are."""

PUBLIC_WORDS = ("title", "description", "seller_name", "rules")


def may_organise(rank: Rank) -> bool:
    """Tell whether this member may."""
    return rank.email_verified and rank.trust_level >= LEVEL_TO_ORGANISE


def ensure_may_organise(rank: Rank) -> None:
    """Raise EmailNotVerified or TrustLevelTooLow."""
    if not rank.email_verified:
        raise EmailNotVerified
    if rank.trust_level < LEVEL_TO_ORGANISE:
        raise TrustLevelTooLow(
            f"Group orders are organised by members of level {LEVEL_TO_ORGANISE}.",
            trust_level=rank.trust_level,
        )


def refuse_contacts(words: dict[str, str | None]) -> None:
    """Raise ContactData where words that everybody reads tell how to reach somebody (C4)."""
    for name, text in words.items():
        if text is not None:
            refuse_contact_data(text, pointer=f"/{name}")
