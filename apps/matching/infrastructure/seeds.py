"""Seeds, as the operating system draws them."""

from secrets import randbits

from apps.matching.application.close_round import Seeds

BITS = 31


class SystemSeeds(Seeds):
    """Nobody can foresee them."""

    def draw(self) -> int:
        """Ask it."""
        return randbits(BITS)
