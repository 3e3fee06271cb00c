"""How much of a plan comes true where everybody in a ring has to consent."""

from collections.abc import Callable, Iterable
from math import fsum, prod

from apps.matching.domain.ring import Ring
from apps.shared.domain.ids import MemberId

LIKELY = 0.95
"""How likely somebody consents of whom nothing is known."""

Acceptance = Callable[[MemberId], float]


def expected_cards(rings: Iterable[Ring], acceptance: Acceptance = lambda _: LIKELY) -> float:
    """Add up the cards of each ring by how likely all of its members consent."""
    return fsum(
        len(ring.gifts) * prod(acceptance(member) for member in ring.members) for ring in rings
    )
