"""What a card is worth in others, over HTTP (K5)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from uuid_utils.compat import uuid7

from apps.catalogue.contract import CardId
from apps.catalogue.infrastructure.models import CardModel
from apps.market.infrastructure.models import MarketSwapModel
from apps.shared.domain.ids import MemberId
from tests.market.crowds import fans, plant, swap, swapped
from tests.market.test_index import index
from tests.support.deals import a_deal
from tests.support.disputes import a_quarrel
from tests.support.site import Member, Site

NOTHING = dict.fromkeys(("ratio", "low", "high", "swaps", "members", "newest_on"))
FANS = [MemberId(UUID(int=number)) for number in range(1, 12)]


async def shown(member: Member, card: CardId, **query: Any) -> dict[str, Any]:
    answer = await member.get(f"/cards/{card}/swap-index", **query)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def one(member: Member, card: CardId, against: CardId) -> dict[str, Any]:
    told = await shown(member, card, against=str(against))
    (pair,) = told["pairs"]
    assert pair["against_id"] == str(against)
    assert told["card_id"] == str(card)
    return dict(pair)


def insufficient(card: CardId) -> dict[str, Any]:
    return {"against_id": str(card), "status": "insufficient_data", **NOTHING}


async def test_an_index_is_made_of_undisputed_swaps_of_trusted_members(site: Site) -> None:
    cheap, dear, other = await site.some_cards(3)
    ann, bea, eve, dan, fay, gil = await fans(site, 6)
    for pair in ((ann, bea), (eve, dan), (fay, gil)):
        _ = await swap(*pair, (cheap, dear))
    await index(site)
    assert await one(ann, cheap, dear) == insufficient(dear), "all of them were at level 0 then"

    for number in range(2):
        _ = await swap(ann, bea, (dear, cheap), take=3 + number)
    _ = await swap(eve, fay, (dear, cheap), take=3)
    await index(site)
    assert await one(ann, cheap, dear) == insufficient(dear), "of four members only"

    quarrel = await a_quarrel(
        site, author=dan, other=gil, give=[await dan.hold(dear)], take=[await gil.hold(cheap)]
    )
    for answer in (
        await gil.post(f"{quarrel.deal.path}/resume"),
        await gil.post(f"{quarrel.deal.path}/confirm"),
    ):
        assert answer.status_code == 200, answer.text
    assert await quarrel.deal.state() == "completed"
    await index(site)
    assert await one(ann, cheap, dear) == insufficient(dear), "it was disputed"

    _ = await swap(dan, ann, (dear, cheap), take=3)
    await index(site)
    found = await one(bea, dear, cheap)
    today = datetime.now(UTC).astimezone().date()
    assert found.pop("newest_on") in {str(today + timedelta(days=off)) for off in (-1, 0, 1)}
    assert found == {
        "against_id": str(cheap),
        "status": "published",
        "ratio": 3.0,
        "low": 3.0,
        "high": 3.0,
        "swaps": 3,
        "members": 5,
    }, "the second swap of the same two does not count"
    assert (await one(bea, cheap, dear))["ratio"] == 0.333
    assert (await shown(bea, other))["pairs"] == []
    assert [pair["against_id"] for pair in (await shown(bea, dear))["pairs"]] == [str(cheap)]


async def test_a_dispute_is_remembered_where_other_cards_are_agreed_on_later(site: Site) -> None:
    """Taken back (T18), then reopened (T19) and countered (T3): disputed on the way."""
    cheap, dear = await site.some_cards(2)
    ann, bea = await fans(site, 2)
    _ = await swap(ann, bea, (cheap, dear))  # which makes them level 1, and does not count
    for disputed in (True, False):
        mine, theirs = await ann.hold(cheap), await bea.hold(dear)
        deal = await a_deal(site, author=ann, other=bea, give=[mine], take=[theirs])
        steps = [deal.accept()]
        if disputed:
            complaint = {"kind": "no_show", "text": "Nobody came."}
            steps += [ann.post(f"{deal.path}/dispute", complaint), ann.post(f"{deal.path}/resume")]
        give = [str(await ann.hold(cheap)), str(mine)]
        steps += [
            bea.patch(f"/me/copies/{theirs}", {"condition": "damaged"}),
            ann.post(f"{deal.path}/counter", {"revision": 2, "give": give, "take": [str(theirs)]}),
            bea.post(f"{deal.path}/accept", {"revision": 3}),
            deal.confirm(ann),
            deal.confirm(bea),
        ]
        for step in steps:
            answer = await step
            assert answer.status_code == 200, answer.text
        assert await deal.state() == "completed"
        await index(site)
        swaps = await site.ask(select(MarketSwapModel.trade_id))
        assert swaps == ([] if disputed else [deal.id]), "the control is not disputed"


async def test_the_best_known_pairs_come_first_and_merged_cards_count_with_their_survivor(
    site: Site,
) -> None:
    ann = await site.join("ann")
    card, known, better, old, unknown = await site.some_cards(5)
    rows = [swapped(*pair, (card, known)) for pair in pairwise(FANS[:6])]
    rows += [swapped(*pair, (better, card), first_count=2) for pair in pairwise(FANS[:5])]
    rows += [swapped(*pair, (card, old), second_count=2) for pair in pairwise(FANS[6:9])]
    rows += [swapped(*pair, (card, unknown)) for pair in pairwise(FANS[:4])]
    await plant(site, *rows)
    pairs = (await shown(ann, card))["pairs"]
    assert [(each["against_id"], each["members"]) for each in pairs] == [
        (str(known), 6),
        (str(better), 5),
    ]
    assert {each["ratio"] for each in pairs} == {1.0, 2.0}

    merged = update(CardModel).where(CardModel.id == old).values(merged_into_id=better)
    await site.change(merged)
    pairs = (await shown(ann, card))["pairs"]
    assert [(each["against_id"], each["members"], each["swaps"]) for each in pairs] == [
        (str(better), 8, 6),
        (str(known), 6, 5),
    ]
    assert (await one(ann, better, card))["ratio"] == 0.5
    told = await shown(ann, card, against=str(old))
    assert [pair["against_id"] for pair in told["pairs"]] == [str(better)]
    moved = await ann.get(f"/cards/{old}/swap-index")
    assert moved.status_code == 308
    assert moved.headers["Location"] == f"/api/v1/cards/{better}/swap-index"


async def test_what_is_older_than_a_year_tells_nothing(site: Site) -> None:
    ann = await site.join("ann")
    card, other = await site.some_cards(2)
    await plant(site, *[swapped(*pair, (card, other)) for pair in pairwise(FANS[:6])])
    assert (await one(ann, card, other))["swaps"] == 5
    before = datetime.now(UTC) - timedelta(days=366)
    await site.change(update(MarketSwapModel).values(at=before))
    assert await one(ann, card, other) == insufficient(other)


async def test_an_unknown_card_is_not_found_and_nothing_is_known_against_one(site: Site) -> None:
    ann = await site.join("ann")
    (card,) = await site.some_cards(1)
    nowhere = CardId(uuid7())
    answer = await ann.get(f"/cards/{nowhere}/swap-index")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert await one(ann, card, nowhere) == insufficient(nowhere)
    assert await one(ann, card, card) == insufficient(card)
    assert (await site.client.get(f"/api/v1/cards/{card}/swap-index")).status_code == 401
