"""The table of marks of matching, from one trial after the other."""

import csv
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from apps.matching.application.marks import Bench, BenchPlan, InstancesUnreadable, Mark
from apps.matching.domain.solving import Tell

TRIAL = "apps.matching.infrastructure.trial"
LENGTH = 3
MANY = 2000
"""Members above which the largest flow is what a round is compared with."""
COUNTS = ("traded", "traded_k2", "traded_k3")
OF_BOUND, OF_FLOW, BESIDE_BARE, MORE_TIME, MORE_MEMORY = 0.88, 0.70, 1.3, 15, 8

Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Trial:
    """What to measure, and how long that takes beside the others."""

    kind: str
    arguments: tuple[str | int, ...]
    weight: float = 1

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

    def __call__(self, plan: BenchPlan, tell: Tell) -> Sequence[Mark]:
        """Measure what the plan says, and compare."""
        expected = read_expected(plan.instances) if plan.instances else {}
        trials = list(trials_of(plan, list(expected)))
        total = sum(trial.weight for trial in trials)
        done = 0.0
        figures: dict[Trial, Figures] = {}
        for trial in trials:
            tell(done / total)
            figures[trial] = trial()
            done += trial.weight
        tell(1)
        return [*generated_marks(figures), *instance_marks(figures, expected)]


def trials_of(plan: BenchPlan, instances: Sequence[str]) -> Iterator[Trial]:
    """Tell what to measure; the quick form leaves out what takes minutes."""
    for instance in instances:
        yield Trial("instance", (str(path_of(plan, instance)),))
    for seed in range(1, plan.seeds + 1):
        yield Trial("round", (300, seed, LENGTH), 4)
        yield Trial("round", (1000, seed, LENGTH), 20)
        yield Trial("unlimited", (1000, seed), 2)
        if not plan.quick:
            yield Trial("round", (10_000, seed, LENGTH), 100)
            yield Trial("unlimited", (10_000, seed), 20)
            yield Trial("unlimited", (100_000, seed), 300)


def generated_marks(figures: Mapping[Trial, Figures]) -> Iterator[Mark]:
    """Compare the trials over generated markets, by how many members these have."""
    rounds = by_members(figures, "round")
    for members, found in rounds.items():
        against, least = ("flow", OF_FLOW) if members > MANY else ("bound", OF_BOUND)
        parts = [one["cards"] / one[against] for one in found]
        yield Mark(
            name=f"round of {members:,} members, part of the {against}",
            figure=min(parts),
            at_least=least,
            detail=f"mean {fmean(parts):.3f}, {measured(found)}",
        )
    unlimited = by_members(figures, "unlimited")
    for members, found in unlimited.items():
        yield Mark(
            name=f"unlimited, {members:,} members, part of the flow",
            figure=min(one["cards"] / one["flow"] for one in found),
            at_least=1,
            detail=f"{fmean(one['cards'] / one['rings'] for one in found):.1f} to a ring, "
            + measured(found),
        )
        yield Mark(
            name=f"unlimited, {members:,} members, solving beside ortools alone",
            figure=median(one["ratio"] for one in found),
            at_most=BESIDE_BARE,
            detail=f"solving {median(one['solve'] for one in found):.2f} s",
        )
    if {10_000, 100_000} <= unlimited.keys():
        for unit, most in (("seconds", MORE_TIME), ("megabytes", MORE_MEMORY)):
            few, many = (median(one[unit] for one in unlimited[n]) for n in (10_000, 100_000))
            yield Mark(
                name=f"unlimited, from 10,000 to 100,000 members, {unit}",
                figure=many / few,
                at_most=most,
                detail=f"{few:.0f} to {many:.0f}",
            )


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
