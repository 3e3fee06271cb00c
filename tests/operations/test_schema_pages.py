"""The pages about the schema are written from it, load into an empty database, and are fresh."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

from apps.operations.application.schema import CannotCompare, Item
from apps.operations.infrastructure.migrations import scripts
from apps.operations.infrastructure.models_sql import homes
from apps.operations.infrastructure.schema_sql import of_postgresql
from apps.operations.infrastructure.schemas import page_of
from apps.operations.infrastructure.servers import dialect_of, load
from apps.shared.infrastructure.database import Model
from tests.support.budget import Budget
from tests.support.catalog import catalog
from tests.support.seeds import harvest, sow
from tests.support.served import ROOT, environment, typed

REVISIONS = [script.revision for script in scripts().walk_revisions()]


def exported(url: str, data: Path, more: str = "") -> str:
    done = typed(f"kcs db export-schema --dialect {dialect_of(url)} {more}", environment(url, data))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_page_is_what_the_migrated_schema_is(url: str, tmp_path: Path, budget: Budget) -> None:
    """However often it is written: `make schema`."""
    written = {exported(url, tmp_path) for _ in range(budget.of(1, 10))}
    assert written == {page_of(dialect_of(url)).read_text()}
    digest = sha256("".join(written).encode()).hexdigest()
    budget.tell(f"{dialect_of(url)}: {budget.of(1, 10)} times the same, {digest[:12]}")


def test_the_page_loads_into_an_empty_database_and_again(url: str, empty_url: str) -> None:
    if dialect_of(url) != dialect_of(empty_url):
        pytest.skip("one of each is enough")
    page = page_of(dialect_of(url)).read_text()
    load(empty_url, page)
    assert catalog(empty_url) == catalog(url)
    sow(empty_url)
    before, kept = catalog(empty_url), harvest(empty_url)
    load(empty_url, page)
    assert (catalog(empty_url), harvest(empty_url)) == (before, kept)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_the_page_says_of_what_it_is_made(dialect: str) -> None:
    page = (ROOT / "docs" / f"schema.{dialect}.sql").read_text()
    head, _, body = page.partition("\n\n")
    assert re.findall(r"^-- (\d{4})  \S", head, re.MULTILINE) == REVISIONS[::-1]
    assert f"-- revision {REVISIONS[0]}\n" in head
    digest = sha256(f"\n{body}".encode()).hexdigest()
    assert f"-- sha256   {digest}\n" in head


@pytest.mark.usefixtures("a_template")
def test_what_differs_from_a_page_is_shown(sqlite: str, tmp_path: Path) -> None:
    env = environment(sqlite, tmp_path)
    command = "kcs db export-schema --dialect sqlite --diff"
    same = typed(f"{command} docs/schema.sqlite.sql", env)
    assert (same.returncode, same.stdout) == (0, "")
    stale = tmp_path / "stale.sql"
    stale.write_text(page_of("sqlite").read_text().replace("VARCHAR(254)", "VARCHAR(255)", 1))
    differs = typed(f"{command} {stale}", env)
    assert differs.returncode == 1
    assert re.search(r"^-.*VARCHAR\(255\).*\n\+.*VARCHAR\(254\)", differs.stdout, re.MULTILINE)


def test_the_schema_is_written_from_the_models_and_the_revisions_as_well(
    empty_url: str, url: str, tmp_path: Path
) -> None:
    if dialect_of(url) != dialect_of(empty_url):
        pytest.skip("one of each is enough")
    load(empty_url, exported(url, tmp_path, "--from models"))
    assert catalog(empty_url) == catalog(url)
    target = tmp_path / "revisions.sql"
    command = f"kcs db export-schema --dialect {dialect_of(url)} --from revisions -o {target}"
    done = typed(command, environment(url, tmp_path))
    if dialect_of(url) == "sqlite":
        assert (done.returncode, target.exists()) == (2, False)
    else:
        assert target.read_text().count("-- Running upgrade") == len(REVISIONS)


def test_what_cannot_be_written_is_not_left_out() -> None:
    strange = {Item("policy", "users", "all_of_them"): "USING (true)"}
    with pytest.raises(CannotCompare, match="all_of_them"):
        _ = [*of_postgresql(strange)]


@pytest.mark.usefixtures("a_template")
def test_the_diagram_is_drawn_from_the_schema(sqlite: str, tmp_path: Path) -> None:
    drawn = typed("kcs docs erd", environment(sqlite, tmp_path))
    assert drawn.returncode == 0, drawn.stderr
    page = (ROOT / "docs" / "erd.md").read_text()
    assert drawn.stdout == page
    assert sorted(re.findall(r"^    (\w+) \{$", page, re.MULTILINE)) == sorted(homes())
    keys = sum(len(table.foreign_key_constraints) for table in Model.metadata.tables.values())
    assert len(re.findall(r"^    \w+ \|[|o]--o[{|] \w+ : \w+", page, re.MULTILINE)) == keys
    assert "    users ||--o{ copies : owner_id\n" in page
    assert "        text_254 email\n" in page
