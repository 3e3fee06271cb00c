"""Indexes of tables that are in use: what revisions call so that nobody waits for them.

On PostgreSQL an index is made CONCURRENTLY, outside of any transaction. A migrator that is killed
meanwhile leaves it half made, or made and not written down; so each of these begins by clearing
away what it finds, and a revision calls them before all else.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from alembic import op
from sqlalchemy import text

Condition = Mapping[str, str]
"""What rows an index is of, in the words of each dialect."""


def make_index(
    name: str,
    table: str,
    columns: Sequence[str],
    *,
    where: Condition | None = None,
    unique: bool = False,
) -> None:
    """Make an index."""
    dialect = op.get_context().dialect.name
    condition = text(where[dialect]) if where else None
    if dialect == "sqlite":
        op.create_index(name, table, [*columns], unique=unique, sqlite_where=condition)
        return
    with _concurrently():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.create_index(
            name,
            table,
            [*columns],
            unique=unique,
            postgresql_where=condition,
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def remake_index(
    name: str, table: str, columns: Sequence[str], *, where: Condition, unique: bool = False
) -> None:
    """Put an index in the place of the one of its name, which serves until then."""
    if op.get_context().dialect.name == "sqlite":
        op.drop_index(name, table)
        make_index(name, table, columns, where=where, unique=unique)
        return
    make_index(f"{name}_new", table, columns, where=where, unique=unique)
    drop_index(name, table)
    op.execute(f"ALTER INDEX {name}_new RENAME TO {name}")


def drop_index(name: str, table: str) -> None:
    """Drop an index, if it is still there."""
    if op.get_context().dialect.name == "sqlite":
        op.drop_index(name, table)
        return
    with _concurrently():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


@contextmanager
def _concurrently() -> Iterator[None]:
    """Leave the transaction; and wait as long as it takes, for nobody waits behind this."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        yield
        op.execute("SET lock_timeout = '4s'")
