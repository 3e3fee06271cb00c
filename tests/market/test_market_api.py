"""What there is of cards, now and day by day, over HTTP."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, update
from uuid_utils.compat import uuid7

from apps.catalogue.contract import CardId
from apps.catalogue.infrastructure.models import CardModel
from apps.market.application.refresh_market import RefreshMarket
from apps.market.infrastructure.snapshot_models import CardSnapshotModel
from tests.market.test_index import index
from tests.support.levels import confirm_address
from tests.support.site import Member, Site
from tests.support.suggested import want

FIGURES = (
    *("copies", "holders", "free", "free_holders", "wanted", "wanters"),
    *("proposals", "proposers", "completions", "completers"),
)
NOTHING = dict.fromkeys(FIGURES)
MONDAY = date(2026, 3, 2)
RAW = {
    "copies": 40,
    "holders": 23,
    "listed": 20,
    "listers": 14,
    "free": 19,
    "free_holders": 13,
    "wanted": 31,
    "wanters": 26,
    "proposals": 9,
    "proposers": 12,
    "completions": 7,
    "completers": 9,
    "median_wait_h": 50,
    "waiters": 6,
}


async def refresh(site: Site) -> None:
    await index(site)
    _ = await (await site.port(RefreshMarket))()


async def market(member: Member, card: CardId) -> dict[str, Any]:
    answer = await member.get(f"/cards/{card}/market")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    assert told.pop("card_id") == str(card)
    return told


async def test_the_market_of_a_card_is_told_from_five_members_on(site: Site) -> None:
    card, other = await site.some_cards(2)
    fans = [await site.join(f"fan-{number}") for number in range(6)]
    await confirm_address(*fans)
    ann = fans[0]
    assert await market(ann, card) == {"figures": NOTHING, "refreshed_at": None}

    for fan in fans[:4]:
        _ = await fan.hold(card)
    for fan in fans[1:]:
        _ = await want(fan, other, count=2)
    await refresh(site)
    told = await market(ann, card)
    at = datetime.fromisoformat(told["refreshed_at"])
    assert abs(datetime.now(UTC) - at) < timedelta(seconds=30)
    assert told["figures"] == NOTHING, "of four members"
    assert (await market(ann, other))["figures"] == NOTHING | {"wanted": 10, "wanters": 5}
    path = f"/cards/{other}/market"
    tag = {"If-None-Match": (await ann.get(path)).headers["ETag"]}
    assert (await ann.send("GET", path, headers=tag)).status_code == 304

    _ = await fans[4].hold(card)
    assert (await market(ann, card))["figures"] == NOTHING, "nobody has counted since"
    await refresh(site)
    five = (await market(ann, card))["figures"]
    assert five == NOTHING | {"free": 5, "free_holders": 5}

    _ = await fans[5].hold(card, for_trade=False)
    await refresh(site)
    assert (await market(ann, card))["figures"] == five, "the sixth would be told by the difference"


async def test_a_merged_card_is_found_under_its_survivor_and_an_unknown_one_not(site: Site) -> None:
    ann = await site.join("ann")
    old, new = await site.some_cards(2)
    await site.change(update(CardModel).where(CardModel.id == old).values(merged_into_id=new))
    moved = await ann.get(f"/cards/{old}/market")
    assert moved.status_code == 308
    assert moved.headers["Location"] == f"/api/v1/cards/{new}/market"
    assert (await ann.get(f"/cards/{uuid7()}/market")).status_code == 404
    assert (await site.client.get(f"/api/v1/cards/{new}/market")).status_code == 401


async def plant(site: Site, *rows: dict[str, Any]) -> None:
    if await site.dialect() == "postgresql":
        for day in {row["day"] for row in rows}:
            await site.run("SELECT make_card_snapshots_month(:day)", day=day)
    await site.change(insert(CardSnapshotModel).values(rows))


async def listed(member: Member, **query: Any) -> dict[str, Any]:
    answer = await member.get("/market/snapshots", **query)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def days_of(page: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["day"], each["card_id"]) for each in page["items"]]


async def test_snapshots_are_told_by_day_with_what_may_be_told(site: Site) -> None:
    ann = await site.join("ann")
    card, few = sorted(await site.some_cards(2))
    nobody = dict.fromkeys(RAW, 4)
    tuesday = MONDAY + timedelta(days=1)
    await plant(
        site,
        {"day": MONDAY, "card_id": card} | RAW,
        {"day": MONDAY, "card_id": few} | nobody,
        {"day": tuesday, "card_id": card} | RAW | {"completions": 4, "waiters": 4},
        {"day": tuesday, "card_id": few} | nobody | {"wanted": 12, "wanters": 7},
    )
    page = await listed(ann)
    assert page["next_cursor"] is None
    figures = {
        "copies": 40,
        "holders": 20,
        "free": 15,
        "free_holders": 10,
        "wanted": 30,
        "wanters": 25,
        "proposals": 5,
        "proposers": 10,
        "completions": 5,
        "completers": 5,
    }
    fewer = figures | {"completions": None, "completers": None}
    assert page["items"] == [
        {
            "day": "2026-03-02",
            "card_id": str(card),
            "figures": figures,
            "median_wait_h": 50,
        },
        {"day": "2026-03-03", "card_id": str(card), "figures": fewer, "median_wait_h": None},
        {
            "day": "2026-03-03",
            "card_id": str(few),
            "figures": NOTHING | {"wanted": 10, "wanters": 5},
            "median_wait_h": None,
        },
    ]


async def test_snapshots_are_paged_and_narrowed(site: Site) -> None:
    ann = await site.join("ann")
    cards = sorted(await site.some_cards(3))
    days = [MONDAY + timedelta(days=number) for number in range(4)]
    await plant(site, *({"day": day, "card_id": card} | RAW for day in days for card in cards))
    everything = [(str(day), str(card)) for day in days for card in cards]
    seen: list[tuple[str, str]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await listed(ann, limit=5, **cursor)
        seen += days_of(page)
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == everything

    narrowed = await listed(ann, card=[str(cards[0]), str(cards[2])], since=days[1], until=days[2])
    assert days_of(narrowed) == [
        each for each in everything if each[1] != str(cards[1]) and "03" <= each[0][-2:] <= "04"
    ]
    assert days_of(await listed(ann, card=str(uuid7()))) == []
    assert days_of(await listed(ann, since=days[2], until=days[1])) == []
    seconds = {"since": "1772409600"}  # of 2026-03-02, since 1970
    for bad in ({"since": "0"}, seconds, {"until": "2026-3-1"}, {"card": "7"}):
        assert (await ann.get("/market/snapshots", **bad)).status_code == 422
