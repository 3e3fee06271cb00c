"""Many members who swap cards, and rows of the market that nobody had to make by hand."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select
from uuid_utils.compat import uuid7

from apps.catalogue.contract import CardId
from apps.market.application.generations import GenerationState
from apps.market.infrastructure.models import MarketGenerationModel, MarketSwapModel
from apps.shared.domain.ids import MemberId
from tests.support.deals import a_deal
from tests.support.levels import confirm_address
from tests.support.site import Member, Site


async def fans(site: Site, count: int) -> list[Member]:
    """Members with a confirmed address."""
    joined = [await site.join(f"fan-{uuid7().hex[-12:]}") for _ in range(count)]
    await confirm_address(*joined)
    return joined


async def swap(
    one: Member, other: Member, cards: Sequence[CardId], *, give: int = 1, take: int = 1
) -> str:
    """Complete a trade of so many copies of the first card for so many of the second."""
    first, second = cards
    deal = await a_deal(
        one.site,
        author=one,
        other=other,
        give=[await one.hold(first) for _ in range(give)],
        take=[await other.hold(second) for _ in range(take)],
    )
    await deal.complete()
    return str(deal.id)


def swapped(
    first: MemberId, second: MemberId, cards: Sequence[CardId], **more: Any
) -> dict[str, Any]:
    """A row of a swap, one for one and today, unless said otherwise."""
    first_card, second_card = cards
    return {
        "generation": 1,
        "trade_id": uuid7(),
        "event": 1,
        "first_id": first,
        "second_id": second,
        "first_card_id": first_card,
        "first_count": 1,
        "second_card_id": second_card,
        "second_count": 1,
        "at": datetime.now(UTC),
    } | more


async def plant(site: Site, *swaps: dict[str, Any]) -> None:
    """Let the live reading have these."""
    if not await site.ask(select(MarketGenerationModel.id)):
        live = {"id": 1, "state": GenerationState.LIVE, "events": 0, "begun_at": datetime.now(UTC)}
        await site.change(insert(MarketGenerationModel).values(live))
    await site.change(insert(MarketSwapModel).values(swaps))
