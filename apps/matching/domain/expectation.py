"""How many cards a result moves, taking into account that not everybody consents."""

from collections.abc import Mapping


def expected_cards(cards: Mapping[int, int], acceptance: float) -> float:
    """Return it for so many cards in rings of each length, in which all must consent or none."""
    return sum(count * acceptance**length for length, count in cards.items())
