"""How much of a check is done: seconds of it by `make test`, all of it by `make soak`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Budget:
    """The same code runs with small numbers or with large ones; the seed replays its choices.

    `faults` is at how many points something is killed, and `tell` notes a figure for the summary.
    """

    is_long: bool
    seed: int
    most_faults: int
    tell: Callable[[str], None]

    def of(self, short: T, long: T) -> T:
        """Choose a number for the short form and one for the long."""
        return long if self.is_long else short

    @property
    def faults(self) -> int:
        return self.of(1, self.most_faults)

    def random(self) -> Random:
        """Return a source of choices that begins with the seed."""
        return Random(self.seed)


def percentile(seconds: Sequence[float], share: float) -> int:
    """Return within how many milliseconds this share of them was done."""
    return round(1000 * sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))])
