"""The most that can change hands at all: proved by prices, in rings that keep every promise."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import inf
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.matching.application.solve_want_list import SolvedList, SolveWantList
from apps.matching.domain.barter import Barter, Loop
from apps.matching.domain.generated import generated_market
from apps.matching.domain.market import Market
from apps.matching.domain.pooling import pooled
from apps.matching.domain.stock import Stock
from apps.matching.domain.uncrossing import uncrossed
from apps.matching.domain.unlimited import unlimited_loops
from apps.matching.domain.want_list import Entry, Handover
from apps.matching.domain.want_list_text import read_want_list
from apps.matching.infrastructure.flows import OrtoolsCirculations
from apps.matching.infrastructure.round_solver import best_loops
from tests.support.brute import most_cards
from tests.support.markets import drawn, faults, member, offer, planted, renamed, wish
from tests.support.want_lists import gives, written

CIRCULATE = OrtoolsCirculations()
seeds = st.integers(min_value=0, max_value=10_000)


def solved(entries: Sequence[Entry], max_length: int | None = None, seed: int = 1) -> SolvedList:
    solve = SolveWantList(CIRCULATE, best_loops)
    return solve(entries, max_length=max_length, seed=seed, tell=lambda _: None)


def unlimited(market: Market) -> tuple[int, int, list[str]]:
    pool = pooled(market, 1)
    loops, bound = unlimited_loops(pool.barter, CIRCULATE, lambda _: None)
    rings = pool.rings(loops)
    return sum(len(ring.gifts) for ring in rings), bound, faults(market, rings)


def certified(entries: Sequence[Entry], handovers: Sequence[Handover]) -> bool:
    """Whether prices prove it the best: p_i + q_j >= profit wherever item j may go to i.

    The prices come from this very assignment: q of what somebody receives may exceed that of what
    they could have received by no more than the difference of the profits. Where such prices exist
    the assignment is the best; where they do not, a better one does.
    """
    place = {entry.name: number for number, entry in enumerate(entries)}
    profit = {(i, j): 1 for j, i in gives(entries)} | {(i, i): 0 for i in place.values()}
    mine = {place[one.for_item]: place[one.item] for one in handovers}
    mine = {i: mine.get(i, i) for i in place.values()}
    q = dict.fromkeys(place.values(), 0)
    for _ in range(len(q) + 1):
        changed = False
        for (i, j), worth in profit.items():
            limit = q[j] + profit[i, mine[i]] - worth
            if q[mine[i]] > limit:
                q[mine[i]], changed = limit, True
        if not changed:
            p = {i: profit[i, mine[i]] - q[mine[i]] for i in mine}
            assert all(p[i] + q[j] >= worth for (i, j), worth in profit.items())
            return sum(p.values()) + sum(q.values()) == len(handovers)
    return False


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_prices_prove_that_nothing_moves_more_items(seed: int) -> None:
    dice = Random(seed)
    lines = written(dice, users=dice.randint(5, 30), items=40, wants=5)
    entries = read_want_list(lines).entries
    found = solved(entries, seed=seed)
    everything = [one for ring in found.rings for one in ring]
    assert found.traded == found.bound
    assert certified(entries, everything)
    if found.rings:
        fewer = [one for ring in found.rings[1:] for one in ring]
        assert not certified(entries, fewer), "the control"


@given(seeds)
@settings(max_examples=40, deadline=None)
def test_every_item_goes_where_it_may_and_every_dummy_takes_one(seed: int) -> None:
    dice = Random(seed)
    lines = written(dice, users=6, items=20, wants=3, dummies=12)
    entries = read_want_list(lines).entries
    counts = []
    for length in (2, 3, 4, None):
        found = solved(entries, length)
        assert found.traded <= found.bound
        assert broken(entries, found, length) == []
        counts.append(found.traded)
    assert counts == sorted(counts)


def broken(entries: Sequence[Entry], found: SolvedList, length: int | None) -> list[str]:
    """Tell what is wrong with rings of items; dummies are given out by trying all ways."""
    place = {entry.name: number for number, entry in enumerate(entries)}
    moves = [(place[one.item], place[one.for_item]) for ring in found.rings for one in ring]
    given, received = (Counter(side) for side in zip(*moves, strict=True)) if moves else ({}, {})
    faults = ["twice" for times in [*given.values(), *received.values()] if times > 1]
    faults += ["kept" for one in given if one not in received]
    for ring in found.rings:
        closed = all(one.receiver == two.giver for one, two in pairwise((*ring, ring[0])))
        chained = all(one.for_item == two.item for one, two in pairwise((*ring, ring[0])))
        if not (closed and chained) or len(ring) > (length or inf):
            faults.append("no ring")
    ways = gives(entries)
    if not shared_out([ways.get(move, []) for move in moves], frozenset()):
        faults.append("a dummy twice, or not wanted")
    return faults


def shared_out(choices: list[list[tuple[int, ...]]], used: frozenset[int]) -> bool:
    if not choices:
        return True
    first = min(range(len(choices)), key=lambda number: len(choices[number]))
    rest = choices[:first] + choices[first + 1 :]
    return any(shared_out(rest, used | set(way)) for way in choices[first] if used.isdisjoint(way))


def test_the_control_of_want_lists_notices_what_is_wrong() -> None:
    entries = read_want_list(
        ["#! ALLOW-DUMMIES", "(a) %D : X Y", "(a) A : %D", "(a) B : %D", "(x) X : A", "(y) Y : B"]
    ).entries
    found = solved(entries)
    assert found.traded == 2
    assert broken(entries, found, None) == []
    (ring,) = found.rings
    other = Handover(giver="y", item="Y", receiver="a", for_item="B")
    also = Handover(giver="a", item="B", receiver="y", for_item="Y")
    more = replace(found, rings=(*found.rings, (also, other)))
    if ring[0].item == "B" or ring[1].item == "B":
        more = replace(
            more,
            rings=(
                *found.rings,
                (
                    Handover(giver="a", item="A", receiver="x", for_item="X"),
                    Handover(giver="x", item="X", receiver="a", for_item="A"),
                ),
            ),
        )
    assert broken(entries, more, None) == ["a dummy twice, or not wanted"]
    assert "twice" in broken(entries, replace(found, rings=found.rings * 2), None)
    assert "no ring" in broken(entries, replace(found, rings=(ring[:1],)), None)


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_a_market_moves_as_much_as_rings_of_any_length_could(seed: int) -> None:
    dice = Random(seed)
    market = drawn(dice, members=5)
    cards, bound, wrong = unlimited(market)
    assert wrong == []
    assert cards == bound == most_cards(market, 5)
    more = wish(999, dice.randrange(5), dice.randrange(8))
    assert unlimited(replace(market, wishes=[*market.wishes, more]))[0] >= cards
    assert unlimited(renamed(market, dice))[0] == cards


def test_a_large_market_loses_nothing_on_the_way_into_rings() -> None:
    market = generated_market(200, 1)
    cards, bound, wrong = unlimited(market)
    assert wrong == []
    assert cards == bound > 1000


def test_rings_of_any_length_are_found() -> None:
    assert unlimited(planted(2, 3, 4, 5, 17)) == (31, 31, [])


def test_who_may_not_meet_stays_out_and_the_bound_says_so() -> None:
    market = replace(planted(2, 5), apart=frozenset({frozenset({member(2), member(4)})}))
    assert unlimited(market) == (2, 7, [])


def test_the_count_goes_before_the_rank_and_the_rank_before_anything_else() -> None:
    """Either a pair of rank 5 and one more of rank 5, or a single pair of rank 1."""
    offers = [offer(0, 0, 0), offer(1, 1, 1), offer(2, 2, 2)]
    wanted = [
        wish(0, 1, 0, rank=1),
        wish(1, 0, 1, rank=1),
        wish(2, 2, 1, rank=5),
        wish(3, 0, 2, rank=5),
    ]
    assert unlimited(Market(offers=offers, wishes=wanted))[0] == 3
    better = [offer(0, 0, 0), offer(1, 1, 1), offer(2, 2, 1)]
    ranked = [wish(0, 1, 0, rank=4), wish(1, 0, 1), wish(2, 2, 0, rank=2)]
    pool = pooled(Market(offers=better, wishes=ranked), 1)
    loops, _ = unlimited_loops(pool.barter, CIRCULATE, lambda _: None)
    assert [gift.rank for ring in pool.rings(loops) for gift in ring.gifts] in ([2, 1], [1, 2])


def test_a_loop_that_crosses_itself_becomes_two() -> None:
    barter, loop = crossing(both=True)
    parts = uncrossed(barter, [loop])
    assert sorted(map(len, parts)) == [2, 2]
    left = Stock.of(barter)
    for part in parts:
        left.take(part)
    assert left.supply == [0, 0, 0, 0]
    straight, same = crossing(both=False)
    assert uncrossed(straight, [same]) == [same], "the control: nobody would take the other's"


def crossing(*, both: bool) -> tuple[Barter, Loop]:
    """Four traders in a loop; where `both`, the pairs of neighbours would swap as well."""
    barter = Barter()
    barter.add_traders(4)
    barter.add_goods(4)
    for trader in range(4):
        barter.add_lot(trader, trader, 1)
        before = (trader - 1) % 4
        goods = [before, (trader + 1) % 4] if both else [before]
        barter.add_ask(trader, goods, (barter.add_pool(1),), 1)
    return barter, tuple((lot, (lot + 1) % 4) for lot in range(4))
