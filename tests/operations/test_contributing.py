"""CONTRIBUTING.md is done as it says: its blocks are put in place and pass tests and checks."""

from pathlib import Path

import pytest

from tests.support.served import ROOT
from tests.support.walkthroughs import blocks, copied, done

PAGE = (ROOT / "CONTRIBUTING.md").read_text()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return copied(tmp_path / "tree")


def test_every_block_of_code_says_where_it_goes() -> None:
    assert len([*blocks(PAGE)]) == PAGE.count("```") // 2
    assert len({block.path for block in blocks(PAGE)}) == 6


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
    for block in blocks(PAGE):
        block.apply(tree)
    for command in (*CHECKS, TEST):
        ended = done(tree, cluster, command)
        assert ended.returncode == 0, f"{command}\n{ended.stdout}\n{ended.stderr}"
    assert "2 passed" in ended.stdout


def test_without_its_wiring_the_use_case_is_not_found(tree: Path, cluster: str) -> None:
    for block in blocks(PAGE):
        if not block.path.endswith("wiring.py"):
            block.apply(tree)
    ended = done(tree, cluster, TEST)
    assert ended.returncode == 1
    assert "2 failed" in ended.stdout
