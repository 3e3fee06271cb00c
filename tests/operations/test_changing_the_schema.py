"""docs/changing-the-schema.md is done as it says; what comes out passes the tests of schemas."""

from pathlib import Path

from tests.support.served import ROOT
from tests.support.walkthroughs import Block, copied, done, steps

PAGE = (ROOT / "docs" / "changing-the-schema.md").read_text()
TESTS = "tests/test_schema.py tests/test_online_migrations.py tests/operations/test_privacy.py"
CHECKS = (
    "ruff check --fix-only -q .",
    "ruff format -q .",
    "ruff check -q .",
    "mypy apps/catalogue",
    f"python -m pytest -q {TESTS} -k 'not would'",
    "python -m pytest -q tests/test_migrations.py -k 'one_line or over_rows or command_line'",
)


def failures(root: Path, cluster: str, *, without: str | None = None) -> list[str]:
    """Do what the page says, but for the blocks of a file; tell which commands failed."""
    tree = copied(root / "tree")
    url = f"sqlite+aiosqlite:///{tree}/kcs.db"
    found: list[str] = []
    commands = 0
    for step in (*steps(PAGE), *(CHECKS if without is None else ())):
        if isinstance(step, Block):
            if without is None or without not in step.path:
                step.apply(tree)
            continue
        commands += 1
        ended = done(tree, cluster, step, url)
        if ended.returncode:
            found.append(f"{step}\n{ended.stdout}\n{ended.stderr}")
            if without:
                break
    assert commands > 1
    return found


def test_every_block_says_where_it_goes_or_is_to_be_called() -> None:
    assert sum(isinstance(step, Block) for step in steps(PAGE)) == 7
    assert PAGE.count("```") // 2 == 7 + PAGE.count("```sh")


def test_what_the_steps_make_passes_the_tests_of_schemas(tmp_path: Path, cluster: str) -> None:
    assert failures(tmp_path, cluster) == []


def test_a_revision_that_does_nothing_is_found(tmp_path: Path, cluster: str) -> None:
    (failure,) = failures(tmp_path, cluster, without="alembic/versions")
    assert failure.startswith("poetry run kcs db check")
