"""The role that serves can do what serving takes, and nothing to the schema or what is kept."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url
from typer.testing import CliRunner

from apps.cli import main
from apps.shared.infrastructure.database import Model
from apps.shared.infrastructure.privileges import OWNER, SCRIPT, SERVING
from tests.support.catalog import catalog, connected, execute
from tests.support.databases import migrate
from tests.support.labour import states, work_once
from tests.support.site import Site

KEPT = sorted(name for name, table in Model.metadata.tables.items() if "append_only" in table.info)
DEFINING = [
    "CREATE TABLE mine (id integer)",
    "CREATE TEMPORARY TABLE mine (id integer)",
    "CREATE SCHEMA mine",
    "CREATE VIEW mine AS SELECT 1",
    "CREATE FUNCTION mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE INDEX mine ON users (role)",
    "CREATE SEQUENCE mine",
    "CREATE ROLE mine",
    "CREATE DATABASE mine",
    "CREATE TRIGGER mine AFTER UPDATE ON users EXECUTE FUNCTION refuse_change()",
    "ALTER TABLE users ADD COLUMN mine integer",
    "ALTER TABLE users DROP COLUMN role",
    "ALTER TABLE users ALTER role SET DEFAULT 'admin'",
    "ALTER TABLE users DROP CONSTRAINT ck_users_stays",
    "ALTER TABLE users RENAME TO mine",
    f"ALTER TABLE users OWNER TO {SERVING}",
    "ALTER TABLE audit_entries DISABLE TRIGGER ALL",
    "ALTER TABLE users DISABLE TRIGGER tr_users_outside",
    "ALTER FUNCTION refuse_change() RENAME TO mine",
    "ALTER INDEX uq_users_email_key RENAME TO mine",
    f"ALTER ROLE {SERVING} SUPERUSER",
    f"GRANT {OWNER} TO {SERVING}",
    f"SET ROLE {OWNER}",
    "SET session_replication_role = replica",
    "DROP TABLE users CASCADE",
    "DROP INDEX uq_users_email_key",
    "DROP TRIGGER tr_audit_entries_append_only ON audit_entries",
    "DROP FUNCTION refuse_change() CASCADE",
    "DROP SCHEMA public CASCADE",
    "TRUNCATE users CASCADE",
    "UPDATE alembic_version SET version_num = '0001'",
    "DELETE FROM alembic_version",
    "INSERT INTO outside_changes (at, relation, verb) VALUES (now(), 'users', 'update')",
]
CHANGING = [
    statement
    for table in KEPT
    for statement in (
        f"UPDATE {table} SET {[*Model.metadata.tables[table].columns][-1].name} = NULL",
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
    )
]
OF_AN_OWNER = [
    "CREATE TABLE mine (id integer)",
    "ALTER TABLE users ADD COLUMN mine integer",
    "ALTER TABLE audit_entries DISABLE TRIGGER ALL",
    "DROP INDEX ix_audit_entries_actor",
    "UPDATE alembic_version SET version_num = version_num",
    "TRUNCATE jobs",
]


@pytest.fixture
def divided(postgresql: str) -> str:
    """A database that was handed over to both roles."""
    execute(postgresql, SCRIPT)
    return postgresql


def as_role(url: str, role: str) -> str:
    return make_url(url).set(username=role).render_as_string(hide_password=False)


async def refused(url: str, statements: list[str]) -> list[str]:
    """Return those for which a role has no right."""
    connection, found = await connected(url), []
    try:
        for statement in statements:
            try:
                await connection.execute(statement)
            except asyncpg.InsufficientPrivilegeError:
                found.append(statement)
    finally:
        await connection.close()
    return found


async def test_who_serves_defines_nothing_and_changes_nothing_that_is_kept(divided: str) -> None:
    tried = [*DEFINING, *CHANGING]
    assert await refused(as_role(divided, SERVING), tried) == tried


async def test_the_owner_can(divided: str) -> None:
    """The control: it is the role that is refused, and not the statement."""
    assert await refused(as_role(divided, OWNER), OF_AN_OWNER) == []


async def test_without_the_script_the_role_could_do_all_of_it(divided: str) -> None:
    """The control: what a role may that is no other than the one that migrates."""
    execute(divided, f"ALTER ROLE {SERVING} SUPERUSER")
    try:
        assert await refused(as_role(divided, SERVING), OF_AN_OWNER) == []
    finally:
        execute(divided, f"ALTER ROLE {SERVING} NOSUPERUSER")


@pytest.fixture
async def served(divided: str, keys: Path) -> AsyncIterator[Site]:
    async with Site(as_role(divided, SERVING), keys) as site:
        yield site


async def test_the_service_needs_no_more(served: Site) -> None:
    """A trade, a job that is due, and what tells that this server is ready."""
    assert (await served.client.get("/readyz")).status_code == 200
    ann, bea = await served.join("ann"), await served.join("bea")
    card, taken = await ann.hold(), await bea.hold()
    trade = await ann.propose(bea, give=[card], take=[taken])
    answer = await bea.post(f"/trades/{trade}/accept", {"revision": 1})
    assert answer.status_code == 200, answer.text
    registered = await served.client.post(
        "/api/v1/auth/register",
        json={"email": "eve@kcs.test", "password": "a heron in the reeds", "nickname": "eve"},
    )
    assert registered.status_code in {201, 202}, registered.text
    assert (await (await served.join("fay")).delete("/me")).status_code == 202
    await work_once(served)
    assert set(await states(served)) <= {"done", "ready"}


async def test_tables_of_later_migrations_are_covered(empty_postgresql: str) -> None:
    """Whether the script came before the first migration or after it."""
    execute(empty_postgresql, SCRIPT)
    migrate(as_role(empty_postgresql, OWNER))
    tried = [*DEFINING, *CHANGING]
    assert await refused(as_role(empty_postgresql, SERVING), tried) == tried
    execute(as_role(empty_postgresql, OWNER), "CREATE TABLE later (id integer)")
    written = ["INSERT INTO later VALUES (1)", "UPDATE later SET id = 2", "DELETE FROM later"]
    assert await refused(as_role(empty_postgresql, SERVING), written) == []


async def test_the_script_changes_nothing_the_second_time(divided: str) -> None:
    before = (catalog(divided), await privileges(divided))
    execute(divided, SCRIPT)
    assert (catalog(divided), await privileges(divided)) == before


def test_the_command_writes_the_script() -> None:
    told = CliRunner().invoke(main, ["db", "roles"])
    assert (told.exit_code, told.stdout.strip()) == (0, SCRIPT.strip())


async def privileges(url: str) -> list[tuple[object, ...]]:
    connection = await connected(url)
    try:
        rows = await connection.fetch(
            "SELECT relname, relowner, relacl::text FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace ORDER BY relname"
        )
        return [tuple(row) for row in rows]
    finally:
        await connection.close()
