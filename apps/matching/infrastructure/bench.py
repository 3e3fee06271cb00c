"""The table of marks of matching, from one trial after the other."""

import csv
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from apps.matching.application.marks import Bench, BenchPlan, InstancesUnreadable, Mark, News

TRIAL = "apps.matching.infrastructure.trial"
LENGTH = 3
LARGE = 2000
"""Members above which the largest flow is what a round is compared with."""
FEW, MANY = 10_000, 100_000
PHASES = ("prepare", "solve", "bare", "shorten")
COUNTS = ("traded", "traded_k2", "traded_k3")
OF_BOUND, OF_FLOW, BESIDE_BARE, MORE_TIME, MORE_MEMORY = 0.88, 0.70, 1.3, 32, 8

Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Trial:
    """What to measure, and how long that takes beside the others."""

    kind: str
    arguments: tuple[str | int, ...]
    weight: float = 1

    @property
    def title(self) -> str:
        """Name it in a few words."""
        if self.kind == "instance":
            return Path(str(self.arguments[0])).stem
        members, seed, *_ = self.arguments
        return f"{self.kind}, {members:,} members, seed {seed}"

    def __call__(self) -> Figures:
        """Measure in a process of its own."""
        done = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", TRIAL, self.kind, *map(str, self.arguments)],
            check=True,
            stdout=subprocess.PIPE,
        )
        figures: Figures = json.loads(done.stdout)
        return figures


class ProcessBench(Bench):
    """Runs each trial once, alone."""

    def __call__(self, plan: BenchPlan, tell: News) -> Sequence[Mark]:
        """Measure what the plan says, and compare."""
        expected = read_expected(plan.instances) if plan.instances else {}
        trials = list(trials_of(plan, list(expected)))
        total = sum(trial.weight for trial in trials)
        done = 0.0
        figures: dict[Trial, Figures] = {}
        for trial in trials:
            tell(done / total, trial.title)
            figures[trial] = found = trial()
            done += trial.weight
            parts = ", ".join(f"{name} {figure:.4g}" for name, figure in found.items())
            tell(done / total, f"{trial.title}: {parts}")
        return [*generated_marks(figures), *instance_marks(figures, expected)]


def trials_of(plan: BenchPlan, instances: Sequence[str]) -> Iterator[Trial]:
    """Tell what to measure; the quick form leaves out what takes minutes."""
    for instance in instances:
        yield Trial("instance", (str(path_of(plan, instance)),))
    seeds = range(1, plan.seeds + 1)
    for members, weight in ((300, 4), (1000, 20)):
        yield from (Trial("round", (members, seed, LENGTH), weight) for seed in seeds)
    yield from (Trial("unlimited", (1000, seed), 2) for seed in seeds)
    if not plan.quick:
        yield from (Trial("unlimited", (FEW, seed), 15) for seed in seeds)
        yield from (Trial("round", (FEW, seed, LENGTH), 100) for seed in seeds)
        for seed in seeds:
            beside = int(seed == seeds[0])  # ortools alone takes as long as all the rest
            yield Trial("unlimited", (MANY, seed, beside), 150 + 100 * beside)


def generated_marks(figures: Mapping[Trial, Figures]) -> Iterator[Mark]:
    """Compare the trials over generated markets, by how many members these have."""
    rounds = by_members(figures, "round")
    for members, found in rounds.items():
        against, least = ("flow", OF_FLOW) if members > LARGE else ("bound", OF_BOUND)
        parts = [one["cards"] / one[against] for one in found]
        yield Mark(
            name=f"round of {members:,} members, part of the {against}",
            figure=min(parts),
            at_least=least,
            detail=f"mean {fmean(parts):.3f}, {measured(found)}",
        )
    unlimited = by_members(figures, "unlimited")
    for members, found in unlimited.items():
        name = f"unlimited, {members:,} members"
        yield Mark(
            name=f"{name}, part of the flow",
            figure=min(one["cards"] / one["flow"] for one in found),
            at_least=1,
            detail=f"{fmean(one['cards'] / one['rings'] for one in found):.1f} to a ring, "
            + measured(found),
        )
        beside = [one for one in found if "ratio" in one]
        yield Mark(
            name=f"{name}, solving beside ortools alone",
            figure=median(one["ratio"] for one in beside),
            at_most=BESIDE_BARE,
            detail=", ".join(f"{one['solve']:.1f} beside {one['bare']:.1f} s" for one in beside),
        )
    if {FEW, MANY} <= unlimited.keys():
        yield from growth_marks(unlimited[FEW], unlimited[MANY])


def growth_marks(few: Sequence[Figures], many: Sequence[Figures]) -> Iterator[Mark]:
    """Compare ten times as many members, and tell which part of the work grows how much."""
    for unit, most, parts in (("seconds", MORE_TIME, PHASES), ("megabytes", MORE_MEMORY, ())):
        grown = {name: (median_of(few, name), median_of(many, name)) for name in (unit, *parts)}
        yield Mark(
            name=f"unlimited, from {FEW:,} to {MANY:,} members, {unit}",
            figure=grown[unit][1] / grown[unit][0],
            at_most=most,
            detail=", ".join(
                f"{name} {one:.1f} to {two:.0f}" for name, (one, two) in grown.items()
            ),
        )


def median_of(found: Sequence[Figures], name: str) -> float:
    """Take the middle of those in which it has been measured."""
    return median(one[name] for one in found if name in one)


def by_members(figures: Mapping[Trial, Figures], kind: str) -> dict[int, list[Figures]]:
    """Put the trials of a kind together."""
    found: dict[int, list[Figures]] = {}
    for trial, one in figures.items():
        if trial.kind == kind:
            found.setdefault(int(trial.arguments[0]), []).append(one)
    return found


def measured(found: Sequence[Figures]) -> str:
    """Tell time and memory."""
    return (
        f"{median(one['seconds'] for one in found):.1f} s, "
        f"{median(one['megabytes'] for one in found):.0f} MB"
    )


def instance_marks(
    figures: Mapping[Trial, Figures], expected: Mapping[str, Mapping[str, int]]
) -> Iterator[Mark]:
    """Compare with what is known of each instance."""
    found = {
        Path(str(trial.arguments[0])).stem: one
        for trial, one in figures.items()
        if trial.kind == "instance"
    }
    for instance, counts in expected.items():
        for name, count in counts.items():
            yield Mark(
                name=f"{instance}, {name}",
                figure=found[instance][name],
                at_least=count,
                at_most=count,
            )
    if found:
        ratios = [one["ratio"] for one in found.values()]
        yield Mark(
            name="instances, solving beside ortools alone",
            figure=median(ratios),
            at_most=BESIDE_BARE,
            detail=f"{min(ratios):.2f} to {max(ratios):.2f}",
        )


def read_expected(folder: Path) -> dict[str, dict[str, int]]:
    """Read which counts are known. Raises InstancesUnreadable."""
    table = folder / "expected.csv"
    try:
        with table.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return {
            row["instance"]: {name: int(row[name]) for name in COUNTS if row.get(name)}
            for row in rows
        }
    except (OSError, KeyError, ValueError) as fault:
        raise InstancesUnreadable(f"{table} cannot be read: {fault}") from None


def path_of(plan: BenchPlan, instance: str) -> Path:
    """Tell where an instance lies. Raises InstancesUnreadable."""
    path = (plan.instances or Path()) / f"{instance}.txt"
    if not path.is_file():
        raise InstancesUnreadable(f"{path} is missing.")
    return path
