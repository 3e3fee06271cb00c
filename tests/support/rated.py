"""Trades that are over, what their parties say of them, and the days that pass since."""

from datetime import timedelta
from typing import Any

from httpx import Response
from sqlalchemy import select, update

from apps.trading.domain.moves import State
from apps.trading.infrastructure.models import TradeModel, TradePartyModel
from apps.trading.infrastructure.ratings import RatingModel
from tests.support.deals import Deal, a_deal
from tests.support.rings import Ring
from tests.support.site import Member, Site

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MOMENTS = ("rated_at", "edited_at", "closes_at")


async def a_swap(site: Site, author: Member, other: Member) -> Deal:
    """A completed one."""
    deal = await a_deal(site, author=author, other=other)
    await deal.complete()
    return deal


async def a_resolved_trade(site: Site, author: Member, other: Member, *at_fault: Member) -> Deal:
    """A trade that was resolved, by the fault of these."""
    deal = await a_deal(site, author=author, other=other)
    assert (await deal.accept()).status_code == 200
    await resolve(site, deal, *at_fault)
    return deal


async def resolve(site: Site, deal: Deal, *at_fault: Member) -> None:
    ended = update(TradeModel).where(TradeModel.id == deal.id)
    await site.change(ended.values(state=State.RESOLVED, due_at=None, turn=None))
    party = TradePartyModel
    for member in (deal.author, deal.other):
        row = update(party).where(party.trade_id == deal.id, party.member_id == member.id)
        await site.change(row.values(at_fault=member in at_fault))


async def rate(member: Member, deal: Deal, score: int = 5, **more: Any) -> Response:
    return await member.post(f"{deal.path}/ratings", {"score": score, **more})


async def rated(member: Member, deal: Deal, score: int = 5, **more: Any) -> dict[str, Any]:
    answer = await rate(member, deal, score, **more)
    assert answer.status_code == 201, answer.text
    rating: dict[str, Any] = answer.json()
    return rating


async def seen(member: Member, deal: Deal) -> dict[str, dict[str, Any]]:
    """The ratings of a trade that this party sees, by who gave them."""
    answer = await member.get(f"{deal.path}/ratings")
    assert answer.status_code == 200, answer.text
    return {item["rater_id"]: item for item in answer.json()["items"]}


async def said_of(member: Member, *, to: Member) -> list[dict[str, Any]]:
    """What others have said, as this reader sees it."""
    answer = await to.get(f"/members/{member.id}/ratings")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def let_pass(site: Site, deal: Deal | Ring, time: timedelta) -> None:
    """Let the trade and its ratings have happened so much earlier."""
    ended_at = (await site.ask(select(TradeModel.updated_at).where(TradeModel.id == deal.id)))[0]
    trade = update(TradeModel).where(TradeModel.id == deal.id)
    await site.change(trade.values(updated_at=ended_at - time))
    for rating in await site.ask(select(RatingModel).where(RatingModel.trade_id == deal.id)):
        earlier = {name: getattr(rating, name) - time for name in MOMENTS}
        await site.change(update(RatingModel).where(RatingModel.id == rating.id).values(earlier))
