"""Circulations: what is left out changes nothing, and a modest weight is trusted on proof alone."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.matching.domain.circulation import largest_flow
from apps.matching.domain.market import Market
from apps.matching.domain.network import Network
from apps.matching.domain.pooling import pooled
from apps.matching.infrastructure import flows
from apps.matching.infrastructure.flows import (
    Graph,
    OrtoolsCirculations,
    bare_circulation,
    nothing_more,
    on_cycles,
)
from tests.support.markets import offer, planted, wish

CIRCULATE = OrtoolsCirculations()


def drawn(dice: Random) -> Network:
    network = Network(dice.randint(2, 12))
    for _ in range(dice.randint(1, 40)):
        tail, head = dice.sample(range(network.nodes), 2)
        gain, cost = dice.randint(0, 1), dice.randint(0, 4)
        network.add_arc(tail, head, room=dice.randint(1, 3), gain=gain, cost=cost)
    return network


def worth(graph: Graph, found: list[int]) -> tuple[int, int]:
    return int(graph.gains @ np.array(found)), -int(graph.costs @ np.array(found))


@given(st.integers(min_value=0, max_value=10_000))
@settings(max_examples=150, deadline=None)
def test_the_answer_is_that_of_ortools_alone_with_the_full_weight(seed: int) -> None:
    network = drawn(Random(seed))
    graph = Graph.of(network)
    found, bare = CIRCULATE(network), bare_circulation(graph, graph.weight).tolist()
    assert worth(graph, found) == worth(graph, bare)
    assert all(0 <= units <= room for units, room in zip(found, network.room, strict=True))
    balance = np.bincount(graph.tails, found, network.nodes)
    assert (balance == np.bincount(graph.heads, found, network.nodes)).all()
    assert nothing_more(graph, np.array(found))
    if any(found):
        assert not nothing_more(graph, np.zeros(len(found), np.int64)) or not worth(graph, found)[0]


def costly_ring() -> Market:
    """Nine in a ring, or four pairs of them at no cost; the ring costs more than a modest gain."""
    around = [wish(place, (place + 1) % 9, place, rank=5) for place in range(9)]
    pairs = [
        wish(100 + place, place + shift, place + 1 - shift)
        for place in (0, 2, 4, 6)
        for shift in (0, 1)
    ]
    return Market(offers=[offer(one, one, one) for one in range(9)], wishes=[*around, *pairs])


def test_a_card_more_is_worth_any_ranks(monkeypatch: pytest.MonkeyPatch) -> None:
    barter = pooled(costly_ring(), 1).barter
    assert largest_flow(barter, CIRCULATE).cards == 9
    monkeypatch.setattr(flows, "nothing_more", lambda *_: True)
    assert largest_flow(barter, CIRCULATE).cards == 8, "the control"


def test_arcs_on_no_cycle_are_left_out_and_very_long_cycles_stay() -> None:
    network = Network(6)
    for tail, head in ((0, 1), (1, 0), (1, 2), (2, 3), (3, 4), (4, 3), (4, 5)):
        network.add_arc(tail, head, room=1, gain=1)
    graph = Graph.of(network)
    assert on_cycles(graph.nodes, graph.tails, graph.heads).tolist() == [0, 1, 4, 5]
    assert largest_flow(pooled(planted(2, 450), 1).barter, CIRCULATE).cards == 452
