"""The page that says what is kept of members says it of every column, and what it says is done."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apps.catalogue.infrastructure import disclosure as in_catalogue
from apps.collection.infrastructure import disclosure as in_collection
from apps.group_orders.infrastructure import disclosure as in_group_orders
from apps.identity.infrastructure import disclosure as in_identity
from apps.matching.infrastructure import round_disclosure as in_rounds
from apps.shared.infrastructure.chapters import Chapter
from apps.shared.infrastructure.database import Model
from apps.trading.infrastructure import disclosure as in_trading
from tests.support.served import ROOT

PAGE = (ROOT / "docs" / "privacy.md").read_text()
CLASSES = ("erased", "pseudonym", "official", "passing", "none")
UNTOLD = {"handshakes"}
"""Secrets that prove a meeting, and say nothing to their owner."""
NEVER_TOLD = {
    *("password_hash", "digest", "nonce", "current_hash", "previous_hash", "mac_kid", "salt"),
    *("sealed", "sealed_by", "fingerprint", "last_step"),
    *("email_key", "nickname_key", "version", "generation", "confirmed_generation"),
    *("delivery", "amr", "idle_expires_at", "erase_after", "position"),
    *("id", "member_id", "user_id", "blocker_id", "author_id", "event_id", "want_group_id"),
}
"""Secrets, whose it is, what only the program knows, and the same in other words."""


def classified(page: str) -> dict[str, dict[str, str]]:
    """The class of each column of each table, as the page has it; a column twice is a fault."""
    found: dict[str, dict[str, str]] = {}
    for row in re.findall(r"^\| ([a-z_]+) \|(.*)\|$", page, re.MULTILINE):
        table, cells = row[0], row[1].split("|")
        if len(cells) != len(CLASSES):
            continue
        columns = found.setdefault(table, {})
        for kind, cell in zip(CLASSES, cells, strict=True):
            for column in re.findall(r"[a-z_][a-z_0-9]*", re.sub(r"\(.*?\)", "", cell)):
                assert column not in columns, (table, column)
                columns[column] = kind
    return found


def missing(page: str) -> set[tuple[str, str]]:
    """Columns that the page does not know, and those that there are not."""
    told = {(table, column) for table, row in classified(page).items() for column in row}
    there = {
        (table.name, column.name)
        for table in Model.metadata.sorted_tables
        for column in table.columns
        if not table.name.startswith("scratch")
    }
    return told ^ there


def test_each_column_of_each_table_is_classified() -> None:
    assert missing(PAGE) == set()
    assert missing(PAGE.replace("nickname, nickname_key", "nickname")) == {
        ("profiles", "nickname_key")
    }


def chapters() -> Iterator[Chapter]:
    everything: tuple[Mapping[str, Chapter], ...] = (
        in_identity.CHAPTERS,
        in_catalogue.CHAPTERS,
        in_collection.CHAPTERS,
        in_trading.CHAPTERS,
        in_rounds.CHAPTERS,
        in_group_orders.CHAPTERS,
    )
    for each in everything:
        yield from each.values()


def untold(chapters: Iterator[Chapter]) -> set[tuple[str, str]]:
    """Columns that are erased, and that no archive has."""
    asked = {
        (str(column.table.name), column.name)
        for chapter in chapters
        for column in columns_of(chapter.question.statement)
    }
    return {
        (table, column)
        for table, row in classified(PAGE).items()
        for column, kind in row.items()
        if kind == "erased" and column not in NEVER_TOLD and table not in UNTOLD
    } - asked


def columns_of(statement: Any) -> Iterator[Any]:
    """Columns of tables that a question has in what it returns, inside expressions, too."""
    for each in statement.exported_columns:
        told = each.element if hasattr(each, "element") else each
        for part in [told, *told.get_children()]:
            for inner in [part, *part.get_children()] if hasattr(part, "get_children") else [part]:
                base = next(iter(getattr(inner, "base_columns", ())), None)
                if getattr(base, "table", None) is not None:
                    yield base


def test_what_is_erased_is_in_the_archive_of_a_member() -> None:
    assert untold(chapters()) == set()
    others = (each for each in chapters() if each is not in_trading.CHAPTERS["notes"])
    assert untold(others) == {("trade_notes", name) for name in ("trade_id", "text", "created_at")}
