"""The page about the market is held to what it tells of."""

import re
from typing import Any

from apps.market.application.show_market import SnapshotView
from apps.market.application.show_swap_index import BEST_KNOWN, PERIOD
from apps.market.domain import conditions
from apps.market.domain.figures import Figures
from apps.market.domain.suppression import FEWEST, STEP, Counted, told
from apps.market.domain.swap_index import QUANTILES, SAME_PAIR, SCALE, Observation, index_of
from apps.market.infrastructure.swap_queries import MOST
from tests.market.test_route_costs import COSTS, OF_SOME
from tests.market.test_swap_index import swap
from tests.support.routes import API
from tests.support.served import ROOT

PAGE = (ROOT / "docs" / "market.md").read_text()
WORDS = " ".join(PAGE.split())


def test_the_index_of_the_page_is_the_one_that_is_told() -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    recipe: dict[str, Any] = {}
    exec(code, recipe)
    ((example, answer),) = re.findall(r"`(swap_index\(.*?\))` is `(\[.*?\])`", WORDS)
    assert eval(example, recipe) == eval(answer)
    swaps: list[Observation] = [
        swap(0, 1, taken=2),
        swap(2, 3, taken=2),
        swap(4, 5, taken=1),
    ]
    found = index_of(swaps)
    assert found is not None
    assert [each / SCALE for each in (found.ratio, found.low, found.high)] == eval(answer)
    assert f"{QUANTILES[1]}" in example


def test_the_numbers_of_the_page_are_those_of_the_code() -> None:
    assert (FEWEST, STEP) == (5, 5)
    assert told(Counted(23, 23)) == (20, 20)
    for number, words in (
        (SAME_PAIR.days, "once within {} days"),
        (PERIOD.days, "of the past {} days"),
        (f"{MOST:,}", "more than {} swaps"),
        (BEST_KNOWN, "the {} cards are listed"),
        (conditions.HOT / conditions.PERMILLE, "`hot` from {} times"),
        (conditions.COLD / conditions.PERMILLE, "`cold` up to {} times"),
        (conditions.ANNOUNCED.days, "from {} days before a release"),
        (conditions.FRESH.days, "to {} days after it"),
    ):
        assert words.format(number) in WORDS, words


def test_the_page_knows_each_figure_and_what_each_question_costs() -> None:
    section = PAGE.partition("## Figures of a card")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([a-z_]+)`", section))
    assert set(Figures.__slots__) | {"median_wait_h"} <= named
    assert "median_wait_h" in SnapshotView.__slots__
    page = {*re.findall(r"^\| `(/\S+)` \| (\d) \|$", PAGE, re.MULTILINE)}
    counted = [*((path, cost) for (_, path), cost in COSTS.items()), *OF_SOME.items()]
    assert page == {
        (
            path.removeprefix(API)
            .partition("?card=")[0]
            .replace("{card_id}", "{id}")
            .replace("{other}", ""),
            str(cost),
        )
        for path, cost in counted
    }
