"""`kcs db verify` sees and names whatever a database strays by, and nothing where it does not."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from apps.operations.application.schema import Catalog, differences
from apps.operations.infrastructure import schemas
from apps.operations.infrastructure.models_sql import models_sql
from apps.operations.infrastructure.schemas import catalog_of
from apps.operations.infrastructure.servers import SCRATCH, dialect_of
from apps.operations.infrastructure.shapes import shape_of
from tests.support.budget import Budget
from tests.support.catalog import connected, execute
from tests.support.databases import a_sqlite_database, aside
from tests.support.drifts import DRIFTS, DRIFTS_OF_POSTGRESQL, DRIFTS_OF_SQLITE, Drift
from tests.support.served import environment, typed

KINDS = {"postgresql": DRIFTS | DRIFTS_OF_POSTGRESQL, "sqlite": DRIFTS | DRIFTS_OF_SQLITE}
EACH = [(dialect, name) for dialect, kinds in KINDS.items() for name in kinds]


@pytest.fixture(scope="module")
def expected(postgresql_template: str, sqlite_template: Path) -> dict[str, Catalog]:
    """What the migrations make."""
    urls = (postgresql_template, a_sqlite_database(sqlite_template))
    return {dialect_of(url): aside(lambda url=url: catalog_of(url)) for url in urls}  # type: ignore[misc]


def test_there_are_as_many_kinds_as_were_asked_for() -> None:
    assert len(KINDS["postgresql"]) >= 26
    assert len(KINDS["sqlite"]) >= 17


def names(expected: Catalog, url: str) -> list[str]:
    return [str(each.item) for each in differences(expected, catalog_of(url), lambda _: "")]


@pytest.mark.parametrize(("dialect", "name"), EACH, ids=[" ".join(each) for each in EACH])
def test_a_drift_is_seen_and_named(
    dialect: str, name: str, expected: dict[str, Catalog], request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(dialect)
    assert names(expected[dialect], url) == []
    drift = KINDS[dialect][name]
    execute(url, *drift.statements)
    assert [each for each in names(expected[dialect], url) if drift.named in each]


def test_who_owns_a_table_and_who_may_read_it_is_no_drift(
    postgresql: str, expected: dict[str, Catalog]
) -> None:
    with a_role(postgresql) as role:
        execute(
            postgresql,
            f"GRANT SELECT ON users TO {role}",
            f"ALTER TABLE outbox_positions OWNER TO {role}",
            "ALTER TABLE jobs SET (autovacuum_vacuum_scale_factor = 0.01)",
        )
        assert names(expected["postgresql"], postgresql) == []


@contextmanager
def a_role(url: str) -> Iterator[str]:
    """Somebody who may connect, and nothing else; named like this database of the server."""
    role = f"role_of_{make_url(url).database}"
    execute(url, f"CREATE ROLE {role} LOGIN")
    try:
        yield role
    finally:
        execute(url, f"REASSIGN OWNED BY {role} TO CURRENT_USER", f"DROP OWNED BY {role}")
        execute(url, f"DROP ROLE {role}")


def verified(command: str, env: dict[str, str]) -> tuple[int, list[dict[str, Any]]]:
    done = typed(f"kcs db verify --json {command}", env)
    return done.returncode, json.loads(done.stdout or "[]")


async def test_all_is_equal_and_nothing_is_left_behind(
    postgresql: str, tmp_path: Path, budget: Budget
) -> None:
    """Both databases, their pages, the models, and a live database; again and again."""
    env = environment(postgresql, tmp_path)
    for _ in range(budget.of(2, 20)):
        code, found = aside(lambda: verified(f"--database-url {postgresql}", env))
        assert [each for each in found if each["differences"]] == []
        assert code == 0
        assert [(each["dialect"], each["what"]) for each in found] == [
            ("postgresql", "docs/schema.postgresql.sql"),
            ("postgresql", "the models"),
            ("postgresql", "the live database"),
            ("sqlite", "docs/schema.sqlite.sql"),
            ("sqlite", "the models"),
            ("both", "postgresql beside sqlite"),
        ]
    connection = await connected(postgresql)
    try:
        left = await connection.fetch(f"SELECT FROM pg_database WHERE datname LIKE '{SCRATCH}%'")
    finally:
        await connection.close()
    assert left == []


@pytest.mark.usefixtures("a_template")
@pytest.mark.parametrize(
    "name",
    [
        "an index forgot its predicate",
        *(pytest.param(name, marks=pytest.mark.soak) for name in DRIFTS_OF_SQLITE),
    ],
)
def test_the_command_tells_object_both_texts_and_where_to_mend(
    name: str, sqlite: str, tmp_path: Path
) -> None:
    drift: Drift = KINDS["sqlite"][name]
    execute(sqlite, *drift.statements)
    env = environment(sqlite, tmp_path)
    done = typed(f"kcs db verify --database-url {sqlite}", env)
    assert done.returncode == 1
    assert "the live database" in done.stdout
    assert drift.named in done.stdout
    assert re.search(r"migrated  \S.*\n    found     \S.*\n    mend      the database", done.stdout)


@pytest.mark.soak
@pytest.mark.usefixtures("a_template")
@pytest.mark.parametrize("name", KINDS["postgresql"])
def test_the_command_sees_every_drift_of_postgresql(
    name: str, postgresql: str, tmp_path: Path
) -> None:
    execute(postgresql, *KINDS["postgresql"][name].statements)
    env = environment(postgresql, tmp_path)
    done = typed(f"kcs db verify --dialect postgresql --database-url {postgresql}", env)
    assert done.returncode == 1
    assert KINDS["postgresql"][name].named in done.stdout


@pytest.fixture
def a_stale_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A page of the schema that nobody wrote anew."""
    page = schemas.page_of("sqlite").read_text().replace("rank BETWEEN 1 AND 5", "rank > 0")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "schema.sqlite.sql").write_text(page)
    with monkeypatch.context() as changed:
        changed.setattr(schemas, "ROOT", tmp_path)
        yield


@pytest.mark.usefixtures("a_template", "a_stale_page")
def test_a_stale_page_is_found_and_says_how_it_is_mended(sqlite: str, tmp_path: Path) -> None:
    code, found = verified("", environment(sqlite, tmp_path))
    assert code == 1
    (page,) = [each for each in found if each["differences"]]
    (difference,) = page["differences"]
    assert difference["item"]["name"] == "ck_want_groups_rank"
    assert difference["mend"] == "docs/schema.sqlite.sql, by `make schema`"


@pytest.mark.usefixtures("a_template")
def test_a_page_that_is_missing_is_told(
    sqlite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schemas, "ROOT", tmp_path)
    done = typed("kcs db verify", environment(sqlite, tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "docs/schema.sqlite.sql cannot be read: No such file or directory.\n"


@pytest.mark.usefixtures("a_template")
def test_models_that_no_revision_knows_are_found(
    sqlite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = models_sql("sqlite").replace("note TEXT", "note VARCHAR(500)", 1)
    monkeypatch.setattr(schemas, "models_sql", lambda _: told)
    code, found = verified("", environment(sqlite, tmp_path))
    assert code == 1
    (models,) = [each for each in found if each["differences"]]
    assert models["what"] == "the models"
    assert models["differences"][0]["mend"].startswith("apps/")


@pytest.mark.usefixtures("a_template")
def test_databases_that_tell_different_stories_are_found(
    postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same name stands for something else on the other database."""
    whole = shape_of

    def bent(url: str) -> Catalog:
        shape = dict(whole(url))
        if dialect_of(url) == "sqlite":
            for item in [item for item in shape if item.name == "uq_copy_promises_live"]:
                shape[item] = shape[item].partition(" WHERE ")[0]
        return shape

    monkeypatch.setattr(schemas, "shape_of", bent)
    code, found = verified("", environment(postgresql, tmp_path))
    assert code == 1
    (both,) = [each for each in found if each["differences"]]
    assert [each["item"]["name"] for each in both["differences"]] == ["uq_copy_promises_live"]


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        ("--dialect postgresql", "CREATEDB"),
        ("--database-url mysql://kcs@localhost/kcs", "sqlite:///FILE or postgresql://"),
        ("--database-url postgresql://kcs:hunter2@127.0.0.1:1/kcs", "CREATEDB"),
        ("--dialect postgresql --database-url sqlite:///kcs.db", "not one of postgresql"),
    ],
)
def test_what_cannot_be_compared_says_what_to_do(
    command: str, hint: str, sqlite: str, tmp_path: Path
) -> None:
    done = typed(f"kcs db verify {command}", environment(sqlite, tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert hint in done.stderr
    assert "hunter2" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_live_database_is_read_with_no_right_but_to_connect(
    postgresql: str, expected: dict[str, Catalog]
) -> None:
    with a_role(postgresql) as role:
        url = make_url(postgresql).set(username=role).render_as_string(hide_password=False)
        assert names(expected["postgresql"], url) == []
