"""Tables whose rows are added and never changed, held to it by triggers."""

from collections.abc import Iterator

from sqlalchemy import Table

FUNCTION = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Rows of % are never changed.', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
END $$
"""
"""What the triggers of PostgreSQL call; it is made once, before the first of them."""

POSTGRESQL = """
CREATE TRIGGER tr_{table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
EXECUTE FUNCTION refuse_change()
"""
SQLITE = """
CREATE TRIGGER tr_{table}_append_only_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_{table}_append_only'); END
"""


def append_only(table: Table) -> None:
    """Declare it; the migrations make what `triggers` then returns."""
    table.info["append_only"] = True


def triggers(table: Table, dialect: str) -> Iterator[str]:
    """Yield the statements that make the triggers of a table."""
    if not table.info.get("append_only"):
        return
    if dialect == "postgresql":
        yield POSTGRESQL.format(table=table.name).strip()
        return
    for verb in ("update", "delete"):
        yield SQLITE.format(table=table.name, verb=verb).strip()
