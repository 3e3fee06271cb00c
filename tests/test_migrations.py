"""Every revision goes up and down again, over rows, on both databases, and leaves no trace."""

import ast
import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from tests.support.catalog import catalog, connected, execute
from tests.support.databases import MIGRATIONS, aside, migrate
from tests.support.seeds import harvest, sow
from tests.support.served import ROOT, environment, run

SCRIPTS = ScriptDirectory.from_config(Config(MIGRATIONS))
LOCK = 4_021_996
LONGER_THAN_A_TABLE_IS_WAITED_FOR = 4.5  # seconds
REVISIONS = [script.revision for script in reversed([*SCRIPTS.walk_revisions()])]


def move(step: Callable[[Config, str], None], url: str, revision: str) -> None:
    settings = Config(MIGRATIONS)
    settings.attributes["url"] = url
    aside(lambda: step(settings, revision))


def test_the_revisions_form_one_line() -> None:
    assert len(SCRIPTS.get_heads()) == len(SCRIPTS.get_bases()) == 1
    assert not [script for script in SCRIPTS.walk_revisions() if script.is_merge_point]
    assert not [script for script in SCRIPTS.walk_revisions() if script.is_branch_point]


def test_alembic_sees_the_tables_of_every_context() -> None:
    """A context that it did not import would have its tables dropped by the next revision."""
    tree = ast.parse((ROOT / "alembic" / "env.py").read_text())
    seen = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    models = [*ROOT.glob("apps/*/infrastructure/models.py")]
    assert models
    assert {".".join(path.relative_to(ROOT).parent.parts) for path in models} <= seen


def test_each_revision_goes_up_and_down_and_up_again_over_rows(empty_url: str) -> None:
    for revision in REVISIONS:
        before, kept = catalog(empty_url), harvest(empty_url)
        move(command.upgrade, empty_url, revision)
        sow(empty_url)
        after = catalog(empty_url)
        assert after != before, revision
        move(command.downgrade, empty_url, "-1")
        assert once_valid(catalog(empty_url)) == once_valid(before), revision
        left = harvest(empty_url)
        assert left.keys() == kept.keys(), revision
        assert all(left[table] >= rows for table, rows in kept.items()), revision
        move(command.upgrade, empty_url, revision)
        assert catalog(empty_url) == after, revision
        sow(empty_url)


def once_valid(catalog: list[str]) -> list[str]:
    """What a constraint was once looked through for is true on the way back as well."""
    return [line.removesuffix(" NOT VALID") for line in catalog]


def test_going_down_to_the_base_leaves_nothing(empty_url: str) -> None:
    migrate(empty_url)
    sow(empty_url)
    assert catalog(empty_url)
    move(command.downgrade, empty_url, "base")
    assert catalog(empty_url) == []


def test_migrating_again_changes_nothing(url: str) -> None:
    sow(url)
    before, kept = catalog(url), harvest(url)
    migrate(url)
    assert (catalog(url), harvest(url)) == (before, kept)


def test_a_migration_that_fails_changes_nothing(empty_url: str) -> None:
    """Its last step finds something in its way; the steps before must not stay."""
    move(command.upgrade, empty_url, "0003")
    execute(empty_url, "CREATE TABLE trade_notes (mine INTEGER)")
    before = catalog(empty_url)
    with pytest.raises(Exception, match="already exists"):
        move(command.upgrade, empty_url, "0004")
    assert catalog(empty_url) == before
    execute(empty_url, "DROP TABLE trade_notes")
    migrate(empty_url)
    sow(empty_url)


def test_on_sqlite_all_revisions_are_taken_or_none(empty_sqlite: str) -> None:
    execute(empty_sqlite, "CREATE TABLE trades (mine INTEGER)")
    before = catalog(empty_sqlite)
    with pytest.raises(Exception, match="already exists"):
        migrate(empty_sqlite)
    assert catalog(empty_sqlite) == before


async def test_a_migrator_waits_for_the_one_before_it_longer_than_for_any_table(
    empty_postgresql: str,
) -> None:
    other = await connected(empty_postgresql)
    try:
        await other.execute(f"SELECT pg_advisory_lock({LOCK})")
        migrator = asyncio.create_task(asyncio.to_thread(migrate, empty_postgresql))
        await asyncio.sleep(LONGER_THAN_A_TABLE_IS_WAITED_FOR)
        assert catalog(empty_postgresql) == []
        assert not migrator.done()
        await other.execute(f"SELECT pg_advisory_unlock({LOCK})")
        await migrator
    finally:
        await other.close()
    assert catalog(empty_postgresql)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_command_line_makes_the_same_schema(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    empty, migrated = (request.getfixturevalue(name) for name in (f"empty_{kind}", kind))
    done = run("alembic upgrade head", environment(empty, tmp_path))
    assert done.returncode == 0, done.stderr
    assert catalog(empty) == catalog(migrated)


def test_what_is_written_instead_of_done_makes_the_same_schema(
    empty_postgresql: str, postgresql: str, tmp_path: Path
) -> None:
    written = run("alembic upgrade head --sql", environment(empty_postgresql, tmp_path))
    assert written.returncode == 0, written.stderr
    assert catalog(empty_postgresql) == []
    one_by_one = filter(str.strip, written.stdout.split(";\n\n"))  # as psql does
    execute(empty_postgresql, *one_by_one)
    assert catalog(empty_postgresql) == catalog(postgresql)


def test_a_new_installation_needs_no_folder_of_its_own(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/deep/below/kcs.db"
    done = run("alembic upgrade head", environment(url, tmp_path))
    assert done.returncode == 0, done.stderr
    assert catalog(url)
