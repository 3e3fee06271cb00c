"""Runs tests once as they are, then for each mutant those that it could fail, in a child each.

A plugin of pytest, for a process of its own: what tests import is loaded once, and whatever lives
for a session is set up before the first child is born. A child becomes its mutant, runs tests until
one fails, the quick ones first, and goes.
"""

import functools
import gc
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from types import FrameType, SimpleNamespace
from typing import Any, NoReturn

import pytest
from _pytest.runner import runtestprotocol

from tests.mutation.mutants import Mutant, mutants_of, unchanged
from tests.mutation.outcomes import Outcome
from tests.mutation.sources import file_of, importers

KILLED, SURVIVED, STILLBORN = 10, 11, 12
ENDS = {KILLED: "killed", SURVIVED: "survived", STILLBORN: "stillborn"}
BEYOND_REACH = ("postgresql", "server", "processes", "attack_15_encrypted")
"""What names of tests have that ask other programs, which know nothing of mutants, or are slow."""
PATIENCE = 10
"""A mutant that takes so many seconds, and twenty times as long as a test otherwise does, hangs."""


@dataclass(slots=True)
class Trial:
    """A test, how long it takes, and which lines of the modules, and which files, it runs."""

    item: pytest.Item
    seconds: float = 0.0
    lines: set[tuple[str, int]] = field(default_factory=set)
    files: set[str] = field(default_factory=set)


class Nursery:
    """`modules` are to be otherwise, `chosen` says which mutants are tried: by default all."""

    def __init__(self, modules: Sequence[str], chosen: Sequence[str] | None, report: Path) -> None:
        self.modules = modules
        self.chosen = chosen
        self.report = report
        self.alone: Any = None
        self.tell: Callable[[str], None] | None = None

    def pytest_configure(self, config: pytest.Config) -> None:
        import hypothesis  # noqa: PLC0415  pytest wants to be the first to load it

        del config
        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile(
            "mutants", database=None, derandomize=True, phases=phases
        )
        hypothesis.settings.load_profile("mutants")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [each for each in items if not any(sign in each.nodeid for sign in BEYOND_REACH)]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.alone = SimpleNamespace(listchain=lambda: [session])
        files = {str(file_of(module)) for module in self.modules}
        trials = [Trial(item, files={str(item.path)}) for item in session.items]
        for trial in trials:
            begun = monotonic()
            with tracing(trial, files):
                self.run(trial.item)
            trial.seconds = monotonic() - begun
        trials.sort(key=lambda trial: trial.seconds)
        forget()
        with self.report.open("w") as report:
            for outcome in self.outcomes(self.mutants(), trials):
                report.write(f"{json.dumps(outcome)}\n")
                report.flush()
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """In a child, let the first failure be its end, before anybody writes about that."""
        if self.tell and call.excinfo and not call.excinfo.errisinstance(pytest.skip.Exception):
            self.tell(item.nodeid)

    def mutants(self) -> Iterator[Mutant]:
        for module in self.modules:
            for mutant in (unchanged(module), *mutants_of(module)):
                if self.chosen is None or str(mutant) in self.chosen:
                    yield mutant

    def run(self, item: pytest.Item) -> None:
        """Run a test as the only one; raise where it fails."""
        for report in runtestprotocol(item, log=False, nextitem=self.alone):
            if report.failed:
                raise AssertionError(f"{item.nodeid}: {report.longreprtext}")

    def outcomes(self, mutants: Iterator[Mutant], trials: Sequence[Trial]) -> Iterator[Outcome]:
        """Yield what has become of each; who noticed one at the same place is asked first."""
        keen = Counter[tuple[str, str]]()
        for mutant in mutants:
            theirs = concerned(mutant, trials)
            theirs.sort(key=lambda each: -keen[mutant.place, each.item.nodeid])
            folder = Path(tempfile.mkdtemp(prefix="mutant-"))
            hears, says = os.pipe()
            process = os.fork()
            if not process:
                try:
                    self.live(mutant, theirs, folder, says)
                finally:
                    os._exit(STILLBORN)
            os.close(says)
            _, status = os.waitpid(process, 0)
            with os.fdopen(hears) as told:
                by = "a watch" if os.WIFSIGNALED(status) else told.read()
            shutil.rmtree(folder, ignore_errors=True)
            end = KILLED if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
            keen[mutant.place, by] = len(keen) + 1
            yield Outcome(str(mutant), str(mutant.kind), ENDS[end], by, len(theirs))

    def live(self, mutant: Mutant, trials: Sequence[Trial], folder: Path, says: int) -> None:
        def tell(name: str) -> NoReturn:
            os.write(says, name.encode())
            os._exit(KILLED)

        mutant.apply()
        self.tell = tell
        for trial in trials:
            signal.alarm(PATIENCE + int(20 * trial.seconds))
            trial.item.config._tmp_path_factory._basetemp = folder  # type: ignore[attr-defined]  # noqa: SLF001
            self.run(trial.item)
        os._exit(SURVIVED)


def forget() -> None:
    """Let children remember nothing of what was computed before, and share what there is."""
    gc.unfreeze()  # what is frozen is not among the objects
    for each in gc.get_objects():
        if isinstance(each, functools._lru_cache_wrapper):  # noqa: SLF001
            each.cache_clear()
    gc.collect()
    gc.freeze()


def concerned(mutant: Mutant, trials: Sequence[Trial]) -> list[Trial]:
    """Return the tests that could notice: they run its lines, or a module that has its name."""
    file = str(file_of(mutant.module))
    if mutant.lines:
        return [each for each in trials if any((file, line) in each.lines for line in mutant.lines)]
    files = {file}
    if mutant.is_constant:
        files |= {str(file_of(module)) for module in importers(mutant.module)}
    return [each for each in trials if each.files & files]


@contextmanager
def tracing(trial: Trial, files: set[str]) -> Iterator[None]:
    """Note meanwhile which of these files' lines are run, and which files of the application."""

    def entered(frame: FrameType, event: str, _: object) -> Any:
        name = frame.f_code.co_filename
        if event != "call" or "/apps/" not in name:
            return None
        trial.files.add(name)
        return reached if name in files else None

    def reached(frame: FrameType, event: str, _: object) -> Any:
        if event == "line":
            trial.lines.add((frame.f_code.co_filename, frame.f_lineno))
        return reached

    before = sys.gettrace()
    threading.settrace(entered)
    sys.settrace(entered)
    try:
        yield
    finally:
        sys.settrace(before)
        threading.settrace(before)


def main() -> int:
    """`python -m tests.mutation.nursery ORDER REPORT`, where ORDER is a file of JSON."""
    order = json.loads(Path(sys.argv[1]).read_text())
    nursery = Nursery(order["modules"], order["chosen"], Path(sys.argv[2]))
    options = ["-q", "-x", "--assert=plain", "-p", "no:xdist", "-p", "no:cacheprovider"]
    return int(pytest.main([*options, *order["tests"]], plugins=[nursery]))


if __name__ == "__main__":
    sys.exit(main())
