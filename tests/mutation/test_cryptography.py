"""The control of all tests of cryptography: whatever is otherwise in it, one of them fails.

Mutants are made of the sources themselves, so that code which is added has its own at once.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import pytest

from tests.mutation.aims import AIMS
from tests.mutation.changes import Kind
from tests.mutation.mutants import mutants_of, unchanged
from tests.mutation.outcomes import Outcome
from tests.mutation.survivors import A_FEW, EQUIVALENT, FEW_TESTS

ROOT = Path(__file__).parents[2]
MODULES = [module for aim in AIMS.values() for module in aim.full_modules]
for module in ("apps.main", *MODULES):  # who takes which name of whom is known then
    import_module(module)
KINDS = {str(mutant): mutant.kind for module in MODULES for mutant in mutants_of(module)}
CONTROLS = {str(unchanged(module)) for module in MODULES}
FIGURE = "figure"
PATIENCE = 3_000
"""Seconds; on a machine of its own it takes a quarter of that."""


def nursed(
    folder: Path, modules: Sequence[str], tests: Sequence[str], chosen: Sequence[str] | None = None
) -> list[Outcome]:
    """Try mutants of these modules, by default all, by these tests, in a process of their own."""
    name = modules[0]
    order, report = folder / f"{name}.order", folder / f"{name}.report"
    order.write_text(json.dumps({"modules": modules, "chosen": chosen, "tests": tests}))
    told = subprocess.run(
        [sys.executable, "-m", "tests.mutation.nursery", order, report],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    return [Outcome(*json.loads(line)) for line in report.read_text().splitlines()]


def survivors(outcomes: Sequence[Outcome]) -> set[str]:
    return {each.mutant for each in outcomes if each.end == "survived"}


def test_a_few_of_every_kind_and_of_every_aim_are_noticed(tmp_path: Path) -> None:
    """And nothing else is: who is no mutant passes all tests."""
    assert {KINDS[name] for name in A_FEW} == {*Kind}
    assert all(
        any(name.startswith(tuple(f"{each} " for each in aim.modules)) for name in A_FEW)
        for aim in AIMS.values()
    )
    control = str(unchanged("apps.identity.infrastructure.totp"))
    outcomes = nursed(tmp_path, MODULES, FEW_TESTS, [*A_FEW, control])
    assert {each.mutant for each in outcomes} == {*A_FEW, control}
    assert survivors(outcomes) == {control}


def test_what_cannot_be_noticed_is_there() -> None:
    assert KINDS.keys() >= EQUIVALENT


@pytest.mark.soak
def test_no_mutant_goes_unnoticed(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with ThreadPoolExecutor(2) as pool:
        runs = pool.map(lambda aim: nursed(tmp_path, aim.full_modules, aim.files), AIMS.values())
        outcomes = [outcome for run in runs for outcome in run]
    left = survivors(outcomes)
    assert left >= CONTROLS
    tried = {each.mutant for each in outcomes if each.end != "stillborn"} - CONTROLS - EQUIVALENT
    unnoticed = left - CONTROLS - EQUIVALENT
    told = f"{len(tried - unnoticed)} of {len(tried)} mutants are noticed"
    record_property(FIGURE, f"{told}; {len(EQUIVALENT)} more nobody can tell from the code")
    assert unnoticed == set()
