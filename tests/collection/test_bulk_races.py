"""Many copies at once from several sides at once: the limit holds, and a list counts once."""

import asyncio
from pathlib import Path
from typing import Any

from httpx import Response
from sqlalchemy import select

from apps.catalogue.infrastructure.models import CardModel
from tests.support.lists import a_list, send
from tests.support.site import Member, Site
from tests.support.weakening import an_unguarded_site

RIVALS, ROUNDS, LIMIT = 8, 10, 7


async def a_parcel(member: Member) -> dict[str, Any]:
    (card,) = await member.site.some_cards(1)
    entry = {"card_id": str(card), "condition": "mint", "for_trade": True}
    return {"items": [entry | {"quantity": 2}]}


async def overfilled(site: Site) -> bool:
    """Whether parcels that come at once find more room than there is, in any of some rounds."""
    sizes = []
    for number in range(ROUNDS):
        ann = await site.join(f"ann-{number}")
        parcel = await a_parcel(ann)
        sent = (ann.post("/me/copies/batch", parcel) for _ in range(RIVALS))
        await asyncio.gather(*sent)
        sizes.append(len(await ann.binder()))
    assert min(sizes) >= LIMIT - 1
    return max(sizes) > LIMIT


async def doubled(site: Site) -> bool:
    """Whether a list that is sent several times at once makes its copies twice."""
    await site.some_cards(2)
    codes = await site.ask(select(CardModel.code))
    text = a_list(*(f"{code},mint,true," for code in codes))
    sizes = []
    for number in range(ROUNDS):
        ann = await site.join(f"bea-{number}")
        sent = (send(ann, text, dry_run="false") for _ in range(RIVALS))
        answers: list[Response] = await asyncio.gather(*sent)
        assert {answer.status_code for answer in answers} <= {200, 422}
        sizes.append(len(await ann.binder()))
    assert min(sizes) >= len(codes)
    return max(sizes) > len(codes)


async def test_parcels_sent_at_once_do_not_overfill_a_binder(url: str, keys: Path) -> None:
    async with Site(url, keys, copies_count_max=LIMIT) as site:
        assert not await overfilled(site)


async def test_a_list_sent_several_times_at_once_counts_once(site: Site) -> None:
    assert not await doubled(site)


async def test_without_the_lock_both_go_wrong(postgresql: str, keys: Path) -> None:
    async with an_unguarded_site(postgresql, keys, copies_count_max=LIMIT) as site:
        assert await overfilled(site)
        assert await doubled(site)
