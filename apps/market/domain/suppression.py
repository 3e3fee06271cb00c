"""Which figures may be shown: none that fewer than five members stand behind (K4)."""

from typing import NamedTuple

FEWEST = 5
STEP = 5
"""What is told is told in steps: or the difference of two figures would tell of one member."""


class Counted(NamedTuple):
    """A figure, and how many distinct members stand behind it."""

    figure: int
    members: int


def told(counted: Counted) -> Counted | None:
    """Return both numbers in steps of five; None where five members, or five of it, are lacking."""
    if counted.members < FEWEST or counted.figure < STEP:
        return None
    return Counted(*map(in_steps, counted))


def in_steps(number: int) -> int:
    """Round it down, so that no difference between what is told is of one member."""
    return number - number % STEP
