"""A circulation taken apart: all of it, nobody twice in a loop, the shortest loops first."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.matching.domain.barter import Barter, Loop
from apps.matching.domain.circulation import Flow, largest_flow
from apps.matching.domain.decomposition import short_loops
from apps.matching.domain.market import Market
from apps.matching.domain.pooling import pooled
from apps.matching.domain.stock import Stock
from apps.matching.infrastructure.flows import OrtoolsCirculations
from tests.support.markets import drawn, offer, planted, wish


def parts(barter: Barter, flow: Flow) -> list[Loop]:
    return short_loops(barter, flow, lambda _: None)


@given(st.integers(min_value=0, max_value=10_000))
@settings(max_examples=50, deadline=None)
def test_all_that_flows_is_in_loops_that_close(seed: int) -> None:
    dice = Random(seed)
    barter = pooled(drawn(dice, members=dice.randint(5, 40), cards=12), seed).barter
    flow = largest_flow(barter, OrtoolsCirculations())
    loops = parts(barter, flow)
    assert sum(map(len, loops)) == flow.cards
    stock = Stock.of(barter)
    for loop in loops:
        traders = [barter.lot_trader[lot] for lot, _ in loop]
        assert len(set(traders)) == len(traders)
        assert [barter.ask_trader[ask] for _, ask in loop] == [*traders[1:], traders[0]]
        assert all(barter.lot_good[lot] in barter.ask_goods[ask] for lot, ask in loop)
        stock.take(loop)
    given = [had - left for had, left in zip(barter.supply, stock.supply, strict=True)]
    assert given == list(flow.given)
    assert min(stock.slots) >= 0


def test_the_shorter_of_two_ways_is_taken() -> None:
    """Two give one card to two others, who give another back: a ring of four, or two pairs."""
    offers = [offer(0, 0, 0), offer(1, 1, 0), offer(2, 2, 1), offer(3, 3, 1)]
    wishes = [wish(0, 2, 0), wish(1, 3, 0), wish(2, 0, 1), wish(3, 1, 1)]
    barter = pooled(Market(offers=offers, wishes=wishes), 1).barter
    flow = largest_flow(barter, OrtoolsCirculations())
    assert [len(loop) for loop in parts(barter, flow)] == [2, 2]


def test_long_loops_are_followed_to_their_end() -> None:
    barter = pooled(planted(300, 2, 13), 1).barter
    flow = largest_flow(barter, OrtoolsCirculations())
    assert sorted(len(loop) for loop in parts(barter, flow)) == [2, 13, 300]
