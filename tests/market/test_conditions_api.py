"""How brisk the markets of groups were, over HTTP."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from uuid_utils.compat import uuid7

from apps.market.infrastructure.snapshot_models import MarketConditionModel
from tests.support.site import Member, Site

MONDAY = date(2026, 3, 2)
RAW = {
    "free": 40,
    "free_holders": 12,
    "wanted": 61,
    "wanters": 33,
    "completions_7d": 14,
    "completers_7d": 11,
    "liquidity_permille": 346,
    "pressure_permille": 1525,
    "regime": "hot",
    "comeback": True,
    "watermark": 7,
}


async def plant(site: Site, *rows: dict[str, Any]) -> None:
    await site.change(insert(MarketConditionModel).values([RAW | row for row in rows]))


async def listed(member: Member, **query: Any) -> dict[str, Any]:
    answer = await member.get("/market/conditions", **query)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def places(page: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["day"], each["group_id"]) for each in page["items"]]


async def test_conditions_are_told_without_any_sum(site: Site) -> None:
    ann, group = await site.join("ann"), uuid7()
    unknown: dict[str, Any] = {"pressure_permille": None, "regime": None}
    await plant(
        site,
        {"day": MONDAY, "group_id": group},
        {"day": MONDAY - timedelta(days=1), "group_id": group, **unknown, "comeback": False},
        {"day": MONDAY, "group_id": uuid7(), **unknown, "liquidity_permille": None},
    )
    assert (await listed(ann))["items"] == [
        {
            "day": "2026-03-02",
            "group_id": str(group),
            "regime": "hot",
            "pressure": 1.5,
            "liquidity": 0.25,
            "comeback": True,
        },
        {
            "day": "2026-03-01",
            "group_id": str(group),
            "regime": None,
            "pressure": None,
            "liquidity": 0.25,
            "comeback": False,
        },
    ]
    assert (await site.client.get("/api/v1/market/conditions")).status_code == 401


async def test_ratios_tell_no_figure_that_is_not_told(site: Site) -> None:
    """Of 6 free and 7 wanted, 7/6 would tell both; 4 of a week are too few to tell."""
    ann, group = await site.join("ann"), uuid7()
    few = {"free": 6, "wanted": 7, "completions_7d": 4}
    exact = {"pressure_permille": 1167, "liquidity_permille": 667}
    lonely = {"pressure_permille": None, "liquidity_permille": 667, "regime": None}
    await plant(
        site,
        {"day": MONDAY, "group_id": group, **few, **exact},
        {"day": MONDAY, "group_id": uuid7(), **few, **lonely},
    )
    (told,) = (await listed(ann))["items"]
    assert (told["pressure"], told["liquidity"]) == (1.0, None)


async def test_conditions_are_paged_from_the_newest_and_narrowed(site: Site) -> None:
    ann = await site.join("ann")
    groups: list[UUID] = sorted(uuid7() for _ in range(3))
    days = [MONDAY - timedelta(days=number) for number in range(4)]
    await plant(site, *({"day": day, "group_id": group} for day in days for group in groups))
    everything = [(str(day), str(group)) for day in days for group in groups]
    seen: list[tuple[str, str]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await listed(ann, limit=5, **cursor)
        seen += places(page)
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == everything
    narrowed = await listed(ann, group=[str(groups[1])], since=days[2], until=days[1])
    assert places(narrowed) == [(str(day), str(groups[1])) for day in days[1:3]]
    assert places(await listed(ann, group=str(uuid7()))) == []
