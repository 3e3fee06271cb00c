"""An input is one text: whatever is in it comes back, and nothing can be exchanged behind it."""

import json
from dataclasses import replace
from random import Random

import pytest

from apps.matching.domain.generated import generated_market
from apps.matching.domain.market import Market
from apps.matching.domain.snapshot import (
    Snapshot,
    digest_of,
    read_ring,
    rings_text,
    told_ring,
)
from tests.support.solvers import NearSolver

MARKET = generated_market(40, 1)
PAIR = frozenset({MARKET.offers[0].member, MARKET.offers[-1].member})


def a_snapshot(market: Market = MARKET) -> Snapshot:
    return Snapshot(
        market=replace(market, apart=frozenset({PAIR})),
        max_length=3,
        seed=7,
        strategy="greedy",
        version=1,
        watermark=(41, 42),
    )


def test_a_text_says_all_there_is_and_is_read_again() -> None:
    snapshot = a_snapshot()
    assert len(PAIR) == 2
    read = Snapshot.read(snapshot.text)
    assert read.text == snapshot.text
    assert set(read.market.offers) == set(snapshot.market.offers)
    assert {wish.group: wish.slots for wish in read.market.wishes} == {
        wish.group: wish.slots for wish in snapshot.market.wishes
    }
    assert read.market.apart == {PAIR}
    assert replace(read, market=snapshot.market) == snapshot


def test_the_order_in_which_lists_were_read_is_not_in_it() -> None:
    offers, wishes = [*MARKET.offers], [*MARKET.wishes]
    Random(1).shuffle(offers)
    Random(2).shuffle(wishes)
    assert a_snapshot(Market(offers=offers, wishes=wishes)).text == a_snapshot().text


def test_a_text_is_canonical_whoever_writes_it() -> None:
    text = a_snapshot().text
    told = json.loads(text)
    assert json.dumps(told, separators=(",", ":"), ensure_ascii=False) == text
    assert told["offers"] == sorted(told["offers"])
    assert told["wishes"] == sorted(told["wishes"])
    assert all(cards == sorted(cards) for _, _, cards, *_ in told["wishes"])
    assert min(map(len, (told["offers"], told["wishes"], told["apart"]))) > 0


@pytest.mark.parametrize(
    "other",
    [
        replace(a_snapshot(), seed=8),
        replace(a_snapshot(), max_length=2),
        replace(a_snapshot(), version=2),
        replace(a_snapshot(), strategy="other"),
        replace(a_snapshot(), watermark=(41, 43)),
        replace(a_snapshot(), market=MARKET),
        a_snapshot(Market(offers=MARKET.offers[1:], wishes=MARKET.wishes)),
        a_snapshot(Market(offers=MARKET.offers, wishes=MARKET.wishes[1:])),
    ],
)
def test_whatever_is_exchanged_changes_the_digest(other: Snapshot) -> None:
    assert digest_of(other.text) != digest_of(a_snapshot().text)


async def test_the_same_input_gives_the_same_bytes() -> None:
    """Control: without a copy that was given, they are others."""

    async def rings_of(snapshot: Snapshot) -> str:
        market, length = snapshot.market, snapshot.max_length
        solution = await NearSolver()(
            market, max_length=length, seed=snapshot.seed, tell=lambda _: None
        )
        assert solution.rings
        assert [read_ring(told_ring(ring)) for ring in solution.rings] == [*solution.rings]
        return rings_text(solution.rings)

    told = await rings_of(a_snapshot())
    assert await rings_of(Snapshot.read(a_snapshot().text)) == told
    given = json.loads(told)[0][0][0][0]
    rest = [offer for offer in MARKET.offers if str(offer.copy) != given]
    assert len(rest) == len(MARKET.offers) - 1
    assert await rings_of(a_snapshot(Market(offers=rest, wishes=MARKET.wishes))) != told
