"""How the cards of a group are asked for and given, from snapshots alone."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update
from uuid_utils.compat import uuid7

from apps.catalogue.infrastructure.models import (
    GroupModel,
    IdolMembershipModel,
    IdolModel,
    ReleaseModel,
)
from apps.market.application.collect import RepeatCollections
from apps.market.domain.conditions import (
    Regime,
    Stock,
    is_comeback,
    liquidity,
    regime,
)
from apps.market.infrastructure.models import MarketMoveModel
from apps.market.infrastructure.snapshot_models import MarketConditionModel
from apps.shared.domain.ids import Clock
from tests.identity.stage import serving
from tests.market.days import collect, jobs, plan
from tests.market.test_index import rows
from tests.support.builders import FixedClock
from tests.support.site import Site
from tests.support.told import Telling, fans, tell

CONDITION = MarketConditionModel
FIRST = date(2026, 2, 2)
DAYS = 17
RISE = 9
"""From this day on twice as much is wanted."""
DAY = timedelta(days=1)


def stock(free: int, wanted: int, members: int = 5) -> Stock:
    return Stock(free=free, free_holders=members, wanted=wanted, wanters=members)


def test_pressure_is_told_of_five_members_and_more() -> None:
    assert stock(8, 12).pressure == 1_500
    assert stock(8, 12, members=4).pressure is None
    assert Stock().pressure is None
    assert Stock(free=9, free_holders=9, wanted=3, wanters=4).pressure is None


def test_liquidity_likewise() -> None:
    assert liquidity(stock(20, 0), completions=5, completers=5) == 250
    assert liquidity(stock(20, 0), completions=5, completers=4) is None
    assert liquidity(stock(20, 0, members=4), completions=5, completers=5) is None


@pytest.mark.parametrize(
    ("now", "before", "found"),
    [
        (1_250, [1_000] * 4, Regime.HOT),
        (1_249, [1_000] * 4, Regime.BALANCED),
        (801, [1_000, None, None, None], Regime.BALANCED),
        (800, [None, 500, None, 1_500], Regime.COLD),
        (800, [None] * 4, None),
        (None, [1_000] * 4, None),
    ],
)
def test_a_market_is_hot_or_cold_beside_its_own_past(
    now: int | None, before: list[int | None], found: Regime | None
) -> None:
    assert regime(now, before) is found


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(0, 9))))
def test_the_order_of_cards_makes_no_difference(told: list[tuple[int, int, int]]) -> None:
    whole, back = Stock(), Stock()
    for each in told:
        whole = whole.with_card(stock(*each))
    for each in reversed(told):
        back = back.with_card(stock(*each))
    assert whole == back
    assert whole.free == sum(free for free, _, _ in told)
    assert whole.wanters == max([members for *_, members in told], default=0)


def test_a_comeback_is_from_a_week_before_a_release_to_four_behind_it() -> None:
    days = [FIRST + number * DAY for number in range(-40, 41)]
    those = [day for day in days if is_comeback(day, FIRST)]
    assert (those[0], those[-1]) == (FIRST - 7 * DAY, FIRST + 28 * DAY)
    assert len(those) == 36


@pytest.mark.parametrize("never", [date.min, date.max])
async def test_a_release_of_the_first_or_last_day_there_is_holds_nothing_up(
    url: str, keys: Path, never: date
) -> None:
    """Whoever does not know when a card came out may write the first one."""
    clock = FixedClock(datetime(2026, 2, 4, 9, tzinfo=UTC))
    async with Site(url, keys, serving(Clock, clock)) as site:
        (card,) = await site.some_cards(1)
        (group,) = await site.ask(select(ReleaseModel.group_id))
        await site.change(update(ReleaseModel).values(released_on=never))
        telling = Telling(FIRST)
        telling.copy(card, *fans(1))
        await tell(site, telling)
        await plan(site)
        await collect(site)
        told = await conditions(site, group)
        assert [*told] == [FIRST, FIRST + DAY]
        assert {each[9] for each in told.values()} == {False}


async def test_conditions_follow_from_snapshots(url: str, keys: Path) -> None:
    clock = FixedClock(datetime(2026, 2, 19, 9, tzinfo=UTC))
    async with Site(url, keys, serving(Clock, clock)) as site:
        first, second = await site.some_cards(2)
        (group,) = await site.ask(select(ReleaseModel.group_id))
        await site.change(update(ReleaseModel).values(released_on=FIRST + RISE * DAY))
        telling = Telling(FIRST)
        members = fans(6)
        for member in members:
            telling.copy(first, member)
            telling.want(member, second)
        telling.day = FIRST + RISE * DAY
        for member in members:
            telling.want(member, first)
        pairs = fans(6)
        for ann, bea in zip(pairs[::2], pairs[1::2], strict=True):
            copies = telling.copy(first, ann), telling.copy(second, bea)
            telling.swap((ann, copies[0]), (bea, copies[1]))
        await tell(site, telling)
        await plan(site)
        await collect(site)
        told = await conditions(site, group)
        assert set(told) >= {FIRST + number * DAY for number in range(DAYS)}
        before, rise = told[FIRST + 8 * DAY], told[FIRST + RISE * DAY]
        # free, holders, wanted, wanters, completions, completers, liquidity, pressure
        assert before[:8] == (6, 6, 6, 6, 0, 0, None, 1_000)
        assert rise[:8] == (6, 6, 12, 6, 6, 6, 1_000, 2_000)
        assert [each[8] for each in (told[FIRST], before, rise)] == [None, "balanced", "hot"]
        comeback = [day for day, each in told.items() if each[9]]
        assert min(comeback) == FIRST + (RISE - 7) * DAY
        assert told[FIRST + (RISE + 7) * DAY][4:7] == (0, 0, None)
        await ensure_same_again(site, group)


async def ensure_same_again(site: Site, group: Any) -> None:
    """Taken again they are the same, of whatever has happened since; the control: of nothing."""
    until = FIRST + DAYS * DAY
    before = await conditions(site, group)
    repeat = await site.port(RepeatCollections)
    _ = await repeat(FIRST, until)
    await collect(site)
    assert await conditions(site, group) == before
    assert {state for _, state in await jobs(site, "state", kind="conditions")} == {"done"}
    await site.change(delete(MarketMoveModel))
    _ = await repeat(FIRST, until)
    await collect(site)
    assert await conditions(site, group) != before


async def conditions(site: Site, group: Any) -> dict[date, tuple[Any, ...]]:
    names = (
        *("free", "free_holders", "wanted", "wanters", "completions_7d", "completers_7d"),
        *("liquidity_permille", "pressure_permille", "regime", "comeback", "watermark"),
    )
    columns = [getattr(CONDITION, name) for name in ("day", *names)]
    found = await rows(site, select(*columns).where(CONDITION.group_id == group))
    return {day: tuple(told) for day, *told in found}


async def test_a_card_counts_for_each_group_of_its_idols(url: str, keys: Path) -> None:
    """Whoever has left before the card came out presents nobody."""
    clock = FixedClock(datetime(2026, 2, 4, 9, tzinfo=UTC))
    async with Site(url, keys, serving(Clock, clock)) as site:
        (card,) = await site.some_cards(1)
        (own,) = await site.ask(select(ReleaseModel.group_id))
        (released,) = await site.ask(select(ReleaseModel.released_on))
        other, former = await two_more(site, released)
        telling = Telling(FIRST)
        telling.copy(card, *fans(1))
        await tell(site, telling)
        await plan(site)
        await collect(site)
        assert {group: (await conditions(site, group))[FIRST][0] for group in (own, other)} == {
            own: 1,
            other: 1,
        }
        assert await conditions(site, former) == {}


async def two_more(site: Site, released: date) -> list[Any]:
    """Groups that the idol on the card is in by then, and has left."""
    (idol,) = await site.ask(select(IdolModel.id))
    groups = []
    for number, left in enumerate((None, released - DAY)):
        group = uuid7()
        groups.append(group)
        await site.change(
            insert(GroupModel).values(id=group, code=f"more-{number}", name="More", names=())
        )
        await site.change(
            insert(IdolMembershipModel).values(
                idol_id=idol, group_id=group, joined_on=released - 9 * DAY, left_on=left
            )
        )
    return groups
