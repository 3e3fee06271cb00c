"""Who leaves is in no figure any more; what they did stays under an id of nobody (K6)."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from apps.identity.infrastructure.models import UserModel
from apps.market.infrastructure.models import MarketCopyModel, MarketMoveModel, MarketWantModel
from apps.shared.domain.ids import Clock
from apps.shared.infrastructure.clock import SystemClock
from tests.identity.stage import dump, serving
from tests.identity.test_erasure import erase
from tests.market.crowds import fans, swap
from tests.market.test_index import index
from tests.support.builders import FixedClock
from tests.support.site import Site
from tests.support.suggested import want

COPY, WANT, MOVE = MarketCopyModel, MarketWantModel, MarketMoveModel


async def test_who_is_erased_has_and_wants_nothing_and_has_swapped_under_an_id(
    url: str, keys: Path
) -> None:
    clock = FixedClock(SystemClock().now())
    async with Site(url, keys, serving(Clock, clock)) as site:
        first, second, third = await site.some_cards(3)
        ann, bea = await fans(site, 2)
        _ = await swap(ann, bea, (first, second))
        _ = await ann.hold(third), await want(ann, third)
        await index(site)
        hers = (COPY.owner_id == ann.id) & COPY.until_event.is_(None)
        wanted = (WANT.member_id == ann.id) & WANT.until_event.is_(None)
        assert len(await site.ask(select(COPY.card_id).where(hers))) == 2
        assert await site.ask(select(WANT.card_id).where(wanted)) == [third]

        assert (await ann.delete("/me")).status_code == 202
        await index(site)
        assert len(await site.ask(select(COPY.card_id).where(hers))) == 2, "she may come back"
        clock.at += timedelta(days=15)
        await erase(site)
        await index(site)
        assert await site.ask(select(COPY.card_id).where(hers)) == []
        assert await site.ask(select(WANT.card_id).where(wanted)) == []
        assert await site.ask(select(MOVE.card_id).where(MOVE.giver_id == ann.id, MOVE.completed))
        (address,) = await site.ask(select(UserModel.email).where(UserModel.id == ann.id))
        assert "@" not in address
        everything = await dump(site)
        assert ann.nickname not in everything
        assert str(ann.id) in everything
