"""docs/changing-the-schema.md is done as it says; what comes out passes the tests of schemas."""

from pathlib import Path

from tests.support.served import ROOT
from tests.support.walkthroughs import Block, copied, done, steps

PAGE = (ROOT / "docs" / "changing-the-schema.md").read_text()
BLOCKS = 7
CHECKS = (
    "ruff check --fix-only -q .",
    "ruff format -q .",
    "ruff check -q .",
    "python -m pytest -q tests/test_schema.py tests/test_online_migrations.py -k 'not would'",
    "python -m pytest -q tests/operations/test_privacy.py -k classified",
    "python -m pytest -q tests/test_migrations.py -k leaves_nothing",
)
"""Of `make check` and `make test` what schemas are about."""


def first_failure(root: Path, cluster: str, *, without: str | None = None) -> str | None:
    """Do what the page says, but for the blocks of some files; tell which command fails."""
    tree = copied(root / "tree")
    url = f"sqlite+aiosqlite:///{tree}/kcs.db"
    for step in (*steps(PAGE), *CHECKS):
        if isinstance(step, Block):
            if without is None or without not in step.path:
                step.apply(tree)
        elif (ended := done(tree, cluster, step, url)).returncode:
            return f"{step}\n{ended.stdout}\n{ended.stderr}"
    return None


def test_every_block_says_where_it_goes_or_is_to_be_called() -> None:
    assert sum(isinstance(step, Block) for step in steps(PAGE)) == BLOCKS
    assert PAGE.count("```") // 2 == BLOCKS + PAGE.count("```sh")


def test_what_the_steps_make_passes_the_tests_of_schemas(tmp_path: Path, cluster: str) -> None:
    assert first_failure(tmp_path, cluster) is None


def test_a_revision_that_does_nothing_is_found(tmp_path: Path, cluster: str) -> None:
    failure = first_failure(tmp_path, cluster, without="alembic/versions")
    assert (failure or "").startswith("poetry run kcs db check")
