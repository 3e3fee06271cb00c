"""`kcs db` takes, shows and writes revisions, and takes over, copies and measures databases."""

import re
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from apps.operations.infrastructure import migrations, schemas
from apps.operations.infrastructure.migrations import losses, offline_sql, scripts
from apps.operations.infrastructure.models_sql import homes
from apps.operations.infrastructure.servers import dialect_of, load
from tests.support.catalog import catalog, execute
from tests.support.databases import a_sqlite_database, administer, at
from tests.support.seeds import harvest, sow
from tests.support.served import ROOT, environment, typed

HEAD = str(scripts().get_current_head())
NEWEST_FIRST = [script.revision for script in scripts().walk_revisions()]
LOSING, BEFORE = "0033", "0032"
"""A revision whose columns a downgrade would lose, and the one before it."""


def test_an_installation_is_made_migrated_and_taken_back(empty_url: str, tmp_path: Path) -> None:
    env = environment(empty_url, tmp_path)
    assert typed("kcs db current", env).stdout == "none\n"
    migrated = typed("kcs db upgrade", env)
    assert migrated.returncode == 0, migrated.stderr
    assert re.findall(r"^up to (\d+) ", migrated.stdout, re.MULTILINE) == NEWEST_FIRST[::-1]
    assert typed("kcs db current", env).stdout == f"{HEAD}\n"
    assert typed("kcs db upgrade", env).stdout == ""
    assert typed("kcs db check", env).returncode == 0
    refused = typed(f"kcs db downgrade {BEFORE}", env)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"{LOSING} loses: column" in refused.stderr
    assert typed("kcs db current", env).stdout == f"{HEAD}\n"
    back = typed(f"kcs db downgrade {BEFORE} --accept-data-loss", env)
    assert (back.returncode, back.stdout[:14]) == (0, f"back from {HEAD}")
    behind = typed("kcs db check", env)
    assert (behind.returncode, behind.stdout) == (1, "")
    assert behind.stderr == f"The database is at {BEFORE}, not at {HEAD}.\n"
    assert typed("kcs db upgrade +1", env).returncode == 0
    assert typed("kcs db current", env).stdout == f"{LOSING}\n"


LOSES_NOTHING = """
def downgrade():
    op.drop_index("ix_users_role", "users")
    op.execute("DROP TRIGGER idle ON users")
"""
LOSES = """
BACK = "UPDATE users SET role = 'user'"
def upgrade():
    op.drop_table("upwards")
def downgrade():
    op.execute(BACK)
    shrink()
def shrink():
    with op.batch_alter_table("users") as users:
        users.drop_column("height")
    op.drop_table("strays")
"""


def test_what_a_downgrade_loses_is_read_in_its_script() -> None:
    assert losses(LOSES_NOTHING) == []
    assert losses(LOSES) == [
        "what was there before \"UPDATE users SET role = 'user'\"",
        "table 'strays'",
        "column 'height'",
    ]


def test_a_step_that_loses_nothing_needs_no_consent(
    sqlite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "losses", lambda _: [])
    done = typed("kcs db downgrade -1", environment(sqlite, tmp_path))
    assert done.returncode == 0, done.stderr


def test_the_history_is_told(sqlite: str, tmp_path: Path) -> None:
    lines = typed("kcs db history", environment(sqlite, tmp_path)).stdout.splitlines()
    assert [line[:4] for line in lines] == NEWEST_FIRST
    losing = {line[:4] for line in lines if line.endswith("(going back loses data)")}
    assert LOSING in losing
    assert losing < set(NEWEST_FIRST)


def test_models_that_no_revision_knows_fail_the_check(sqlite: str, tmp_path: Path) -> None:
    execute(sqlite, "DROP INDEX ix_copies_owner_id")
    done = typed("kcs db check", environment(sqlite, tmp_path))
    assert done.returncode == 1
    assert "ix_copies_owner_id" in done.stderr


def test_a_second_head_fails_the_check(
    sqlite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ScriptDirectory, "get_heads", lambda _: ["0031", "0032"])
    done = typed("kcs db check", environment(sqlite, tmp_path))
    assert (done.returncode, done.stderr) == (
        1,
        "There are 2 heads: 0031, 0032. Relink one of them.\n",
    )


@pytest.fixture
def a_chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the revisions, into which new ones may be written."""
    for name in ("alembic.ini", "alembic/env.py", "alembic/script.py.mako"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text())
    (tmp_path / "alembic" / "versions").mkdir()
    for script in (ROOT / "alembic" / "versions").glob("*.py"):
        (tmp_path / "alembic" / "versions" / script.name).write_text(script.read_text())
    monkeypatch.setattr(migrations, "CONFIG", tmp_path / "alembic.ini")
    return tmp_path


@pytest.mark.usefixtures("a_chain")
def test_a_revision_is_written_by_the_template(sqlite: str, tmp_path: Path) -> None:
    env = environment(sqlite, tmp_path)
    execute(sqlite, "DROP INDEX ix_copies_owner_id")
    done = typed("kcs db revision --autogenerate -m Owners", env)
    assert done.returncode == 0, done.stderr
    written = Path(done.stdout.splitlines()[-1]).read_text()
    assert written.startswith('"""Owners."""\n')
    assert f'revision = "{int(HEAD) + 1:04}"\ndown_revision = "{HEAD}"\n' in written
    assert "batch_op.create_index(" in written
    assert "# Read before you hand it on" in written
    assert typed("kcs db upgrade", env).returncode == 0
    assert "index copies ix_copies_owner_id" in "\n".join(catalog(sqlite))


@pytest.mark.usefixtures("a_template")
def test_tables_that_nobody_made_by_revisions_are_left_alone(
    empty_url: str, tmp_path: Path
) -> None:
    execute(empty_url, "CREATE TABLE trades (mine INTEGER)")
    before = catalog(empty_url)
    env = environment(empty_url, tmp_path)
    refused = typed("kcs db upgrade", env)
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "trades" in refused.stderr
    assert "kcs db adopt" in refused.stderr
    strange = typed("kcs db adopt", env)
    assert strange.returncode == 3
    assert "  table users\n" in strange.stdout
    assert strange.stderr == "Nothing was written down: the database differs.\n"
    assert catalog(empty_url) == before
    assert typed("kcs db current", env).stdout == "none\n"


@pytest.mark.usefixtures("a_template")
def test_a_database_that_is_just_like_it_is_taken_over(empty_url: str, tmp_path: Path) -> None:
    env = environment(empty_url, tmp_path)
    empty = typed("kcs db adopt", env)
    assert (empty.returncode, empty.stderr) == (1, "The database is empty: migrate it.\n")
    load(empty_url, schemas.page_of(dialect_of(empty_url)).read_text())
    adopted = typed("kcs db adopt", env)
    assert adopted.returncode == 0, adopted.stdout
    assert typed("kcs db current", env).stdout == f"{HEAD}\n"
    again = typed("kcs db adopt", env)
    assert (again.returncode, again.stderr) == (
        1,
        f"The database is at revision {HEAD} already.\n",
    )


@pytest.mark.usefixtures("a_template")
def test_one_index_less_is_not_just_like_it(empty_sqlite: str, tmp_path: Path) -> None:
    load(empty_sqlite, schemas.page_of("sqlite").read_text())
    execute(empty_sqlite, "DROP INDEX uq_copy_promises_live")
    done = typed("kcs db adopt", environment(empty_sqlite, tmp_path))
    assert done.returncode == 3
    assert "index copy_promises.uq_copy_promises_live" in done.stdout
    assert typed("kcs db current", environment(empty_sqlite, tmp_path)).stdout == "none\n"


@pytest.mark.usefixtures("a_template")
def test_a_rehearsal_migrates_a_copy_with_its_rows(empty_url: str, tmp_path: Path) -> None:
    env = environment(empty_url, tmp_path)
    assert typed(f"kcs db upgrade {NEWEST_FIRST[3]}", env).returncode == 0
    sow(empty_url)
    before, kept = catalog(empty_url), harvest(empty_url)
    done = typed("kcs db rehearse", env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{sum(kept.values())} rows were copied, at revision {NEWEST_FIRST[3]}." in done.stdout
    assert re.findall(r"^(\d+) +[\d.]+ s$", done.stdout, re.MULTILINE) == NEWEST_FIRST[2::-1]
    assert done.stdout.endswith("The copy is as it should be.\n")
    assert (catalog(empty_url), harvest(empty_url)) == (before, kept)


@pytest.mark.usefixtures("a_template")
def test_a_rehearsal_finds_what_is_in_the_way(empty_url: str, tmp_path: Path) -> None:
    env = environment(empty_url, tmp_path)
    assert typed(f"kcs db upgrade {NEWEST_FIRST[1]}", env).returncode == 0
    execute(empty_url, "ALTER TABLE copies DROP COLUMN note")
    done = typed("kcs db rehearse", env)
    assert done.returncode == 1
    assert "column copies.note" in done.stdout + done.stderr


def test_a_database_is_made_once(cluster: str, tmp_path: Path) -> None:
    file = tmp_path / "deep" / "kcs.db"
    name = f"kcs_made_{tmp_path.name[-20:].replace('-', '_')}"
    try:
        for url in (a_sqlite_database(file), at(cluster, name)):
            env = environment(url, tmp_path)
            for answer in ("It is made.\n", "It is there already.\n"):
                done = typed("kcs db create", env)
                assert (done.returncode, done.stdout) == (0, answer), done.stderr
            assert catalog(url) == []
            assert typed("kcs db upgrade", env).returncode == 0
    finally:
        administer(cluster, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_tables_are_listed_with_their_contexts(url: str, tmp_path: Path) -> None:
    done = typed("kcs db tables", environment(url, tmp_path))
    assert done.returncode == 0, done.stderr
    whose = dict(line.split() for line in done.stdout.splitlines())
    assert whose["copies"] == "collection"
    assert whose["alembic_version"] == "nobody"
    assert whose.keys() > homes().keys()


def test_a_database_that_is_away_is_told_in_a_line(tmp_path: Path) -> None:
    env = environment("postgresql://kcs:hunter2@127.0.0.1:1/kcs", tmp_path)
    for command in ("upgrade", "current", "check", "tables", "rehearse", "adopt", "create"):
        done = typed(f"kcs db {command}", env)
        assert (done.returncode, done.stdout) == (1, ""), command
        assert len(done.stderr.splitlines()) == 1
        assert "hunter2" not in done.stderr


def test_the_revisions_are_written_as_sql() -> None:
    written = offline_sql("postgresql+asyncpg://")
    assert written.startswith("SET lock_timeout = '4s'")
    assert "CREATE INDEX CONCURRENTLY" in written
    assert written.count("-- Running upgrade") == len(NEWEST_FIRST)
