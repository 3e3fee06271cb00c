"""How much of a plan comes true."""

import pytest

from apps.matching.domain.expectation import expected_cards
from apps.matching.domain.pooling import pooled
from apps.matching.domain.unlimited import unlimited_loops
from apps.matching.infrastructure.flows import OrtoolsCirculations
from tests.support.markets import member, planted


def test_each_ring_counts_by_how_likely_all_of_its_members_consent() -> None:
    pool = pooled(planted(2, 3), 1)
    loops, _ = unlimited_loops(pool.barter, OrtoolsCirculations(), lambda _: None)
    rings = pool.rings(loops)
    assert expected_cards(rings) == pytest.approx(2 * 0.95**2 + 3 * 0.95**3)
    assert expected_cards(rings, lambda _: 1) == 5
    assert expected_cards(rings, lambda one: 0 if one == member(0) else 1) == 3
    assert expected_cards([]) == 0
