"""What matching has to reach, and what it did."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

News = Callable[[float, str], None]
"""Is told before each measurement how much is done, from 0 to 1, and what comes now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One line of the table: a figure, and the one that it must not fall below or rise above."""

    name: str
    figure: float
    at_least: float | None = None
    at_most: float | None = None
    detail: str = ""

    @property
    def reached(self) -> bool:
        """Whether the figure is good enough."""
        low = self.at_least is None or self.figure >= self.at_least
        return low and (self.at_most is None or self.figure <= self.at_most)


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchPlan:
    """How much to measure."""

    instances: Path | None
    seeds: int
    quick: bool


class Bench(Protocol):
    """Measures in processes of their own."""

    def __call__(self, plan: BenchPlan, tell: News) -> Sequence[Mark]:
        """Return the table; what can be wrong with the instances is an InstancesUnreadable."""
        ...


class InstancesUnreadable(ValueError):
    """A folder of instances without a table of what to expect, or with one that does not fit."""
