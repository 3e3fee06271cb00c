"""The table of marks: what is measured, and that a mark that is missed is told."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from apps.cli import main
from apps.matching.application.marks import BenchPlan, InstancesUnreadable
from apps.matching.application.solve_want_list import SolveWantList
from apps.matching.domain.want_list_text import read_want_list
from apps.matching.infrastructure.bench import ProcessBench, Trial
from apps.matching.infrastructure.flows import OrtoolsCirculations
from apps.matching.infrastructure.round_solver import best_loops
from apps.matching.infrastructure.trial import main as measure
from tests.support.want_lists import written

GOOD = {
    "cards": 97.0,
    "bound": 100.0,
    "flow": 97.0,
    "rings": 30.0,
    "ratio": 1.0,
    "prepare": 1.0,
    "solve": 1.0,
    "bare": 1.0,
    "shorten": 1.0,
    "seconds": 2.0,
    "megabytes": 100.0,
}
MISSED = [
    ("round", "cards", 60.0, "round of"),
    ("unlimited", "cards", 96.0, "part of the flow"),
    ("unlimited", "ratio", 1.4, "beside ortools alone"),
]


def pretend(monkeypatch: pytest.MonkeyPatch, figures: Callable[[Trial], dict[str, float]]) -> None:
    monkeypatch.setattr(Trial, "__call__", figures)


@pytest.fixture
def instances(tmp_path: Path) -> Path:
    """A folder with one list whose counts are known."""
    lines = written(Random(3), users=12, items=40, wants=6, dummies=5)
    (tmp_path / "small.txt").write_text("\n".join(lines), "utf-8")
    solve = SolveWantList(OrtoolsCirculations(), best_loops)
    counts = [
        solve(read_want_list(lines).entries, max_length=limit, seed=5, tell=lambda _: None).traded
        for limit in (None, 2)
    ]
    table = f"instance,items,traded,traded_k2,traded_k3\nsmall,40,{counts[0]},{counts[1]},\n"
    (tmp_path / "expected.csv").write_text(table, "utf-8")
    return tmp_path


def test_a_trial_measures_a_round_and_the_maximum() -> None:
    found = measure("round", "40", "1", "3")
    assert 0 < found["cards"] <= found["bound"] <= found["flow"]
    found = measure("unlimited", "40", "1")
    assert found["cards"] == found["flow"] > 0
    assert found["ratio"] > 0
    assert found["megabytes"] > 10
    assert "ratio" not in measure("unlimited", "40", "1", "0"), "not beside ortools alone"


def test_an_instance_is_compared_with_what_is_known_of_it(
    instances: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = cache(Trial.__call__)
    pretend(monkeypatch, lambda trial: dict(real(trial)) if trial.kind == "instance" else GOOD)
    plan = BenchPlan(instances=instances, seeds=1, quick=True)
    news: list[tuple[float, str]] = []
    marks = {mark.name: mark for mark in ProcessBench()(plan, lambda *told: news.append(told))}
    assert marks["small, traded"].reached
    assert marks["small, traded_k2"].reached
    assert "small, traded_k3" not in marks
    assert news[0] == (0, "small")
    assert news[1][1].startswith("small: traded ")
    assert news[-1][0] == 1
    assert [done for done, _ in news] == sorted(done for done, _ in news)
    wrong = (instances / "expected.csv").read_text("utf-8").replace("small,40,", "small,40,1")
    (instances / "expected.csv").write_text(wrong, "utf-8")
    marks = {mark.name: mark for mark in ProcessBench()(plan, lambda *_: None)}
    assert not marks["small, traded"].reached, "the control"


@pytest.mark.parametrize(("kind", "figure", "value", "name"), MISSED)
def test_a_mark_that_is_missed_is_told_and_ends_with_1(
    kind: str, figure: str, value: float, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, lambda _: GOOD)
    good = CliRunner().invoke(main, ["match", "bench", "--quick", "--json", "--seeds", "2"])
    assert good.exit_code == 0
    assert "round, 300 members, seed 2\n" in good.stderr
    assert "round, 300 members, seed 2: cards 97, bound 100, " in good.stderr
    assert all(mark["reached"] for mark in json.loads(good.stdout))
    pretend(monkeypatch, lambda trial: {**GOOD, figure: value} if trial.kind == kind else GOOD)
    bad = CliRunner().invoke(main, ["match", "bench", "--quick", "--json", "--seeds", "2"])
    assert bad.exit_code == 1
    missed = [mark["name"] for mark in json.loads(bad.stdout) if not mark["reached"]]
    assert missed
    assert all(name in one for one in missed)
    assert "missed" in CliRunner().invoke(main, ["match", "bench", "--quick"]).stdout


@pytest.mark.parametrize(
    ("unit", "grown", "reached"),
    [
        ("seconds", 32, True),
        ("seconds", 33, False),
        ("megabytes", 8, True),
        ("megabytes", 9, False),
    ],
)
def test_the_full_form_compares_ten_thousand_members_with_a_hundred_thousand(
    unit: str, grown: int, *, reached: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(
        monkeypatch,
        lambda trial: {**GOOD, unit: GOOD[unit] * (grown if trial.arguments[0] == 100_000 else 1)},
    )
    marks = ProcessBench()(BenchPlan(instances=None, seeds=5, quick=False), lambda *_: None)
    (growth,) = [mark for mark in marks if mark.name.endswith(f"members, {unit}")]
    assert (growth.figure, growth.reached) == (grown, reached)
    sizes = [mark.name for mark in marks if mark.name.startswith("round of")]
    assert [name.split()[2] for name in sizes] == ["300", "1,000", "10,000"]


def test_a_table_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "expected.csv"
    for content in ("instance,traded\nx,many\n", "name\nx\n", "instance,traded\nmissing,1\n"):
        table.write_text(content, "utf-8")
        with pytest.raises(InstancesUnreadable):
            ProcessBench()(BenchPlan(instances=tmp_path, seeds=1, quick=True), lambda *_: None)
