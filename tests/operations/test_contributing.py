"""CONTRIBUTING.md is done as it says: its blocks are put in place and pass tests and checks."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.postgres import GIVEN
from tests.support.served import BIN, ROOT, environment

BLOCK = re.compile(
    r"^`(?P<path>[^`]+)`, (?P<how>new|at its end|below `(?P<line>[^\n]+)`):\n\n"
    r"```python\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
COPIED = ("apps", "alembic", "alembic.ini", "docs", "tests", "pyproject.toml")


@dataclass(frozen=True)
class Block:
    """Code, and where it goes."""

    path: str
    how: str
    line: str | None
    code: str

    def apply(self, root: Path) -> None:
        """Put it in place; a line to put it below has to be there once."""
        file = root / self.path
        assert file.exists() == (self.how != "new"), self.path
        text = file.read_text() if file.exists() else ""
        if self.line:
            assert text.count(f"{self.line}\n") == 1, f"{self.path} has no {self.line}"
            text = text.replace(f"{self.line}\n", f"{self.line}\n{self.code}")
        else:
            text += self.code
        file.write_text(text)


def blocks() -> Iterator[Block]:
    for found in BLOCK.finditer((ROOT / "CONTRIBUTING.md").read_text()):
        yield Block(**found.groupdict())


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what the steps are done in."""
    root = tmp_path / "tree"
    root.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, root / name)
    return root


def done(tree: Path, cluster: str, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the environment over the copy."""
    program, *arguments = shlex.split(command)
    env = environment("sqlite://", tree, PYTHONPATH=str(tree), **{GIVEN: cluster})
    return subprocess.run(
        [str(BIN / program), *arguments],
        env=env,
        cwd=tree,
        text=True,
        capture_output=True,
        timeout=300,
        check=False,
    )


def test_every_block_of_code_says_where_it_goes() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    assert len([*blocks()]) == text.count("```") // 2
    assert len({block.path for block in blocks()}) == 6


TEST = "python -m pytest -q tests/collection/test_copy_counts_api.py"
CHECKS = (
    "ruff check --fix-only -q .",
    "ruff format -q .",
    "ruff check -q .",
    "lint-imports --no-cache",
    "mypy apps/collection tests/collection/test_copy_counts_api.py",
    "python -m pytest -q tests/test_architecture.py tests/test_bad_input.py -k 'rule or route'",
)
"""`make format` and `make check`, as far as they concern what the steps touch."""


def test_what_the_steps_make_passes_tests_and_checks(tree: Path, cluster: str) -> None:
    for block in blocks():
        block.apply(tree)
    for command in (*CHECKS, TEST):
        ended = done(tree, cluster, command)
        assert ended.returncode == 0, f"{command}\n{ended.stdout}\n{ended.stderr}"
    assert "2 passed" in ended.stdout


def test_without_its_wiring_the_use_case_is_not_found(tree: Path, cluster: str) -> None:
    for block in blocks():
        if not block.path.endswith("wiring.py"):
            block.apply(tree)
    ended = done(tree, cluster, TEST)
    assert ended.returncode == 1
    assert "2 failed" in ended.stdout
