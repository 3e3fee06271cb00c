"""Figures of the database on the command line: `kcs db sizes`, `kcs db top-queries`."""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from typing import Annotated

import typer
from dishka import AsyncContainer

from apps.operations.application.database_figures import (
    ListTopQueries,
    MeasureTables,
    NoStatistics,
    TableSize,
    TopQuery,
)

OpenContainer = Callable[[], AbstractAsyncContextManager[AsyncContainer]]
AsJson = Annotated[bool, typer.Option("--json", help="Write one JSON array instead of lines.")]
Limit = Annotated[int, typer.Option(help="At most so many.", min=1, max=1000)]

UNKNOWN = "?"
WIDTH = 100
"""Letters of a statement that a line has room for."""


def add_commands(app: typer.Typer, open_container: OpenContainer) -> None:
    """Add them to the commands about the database."""

    @app.command()
    def sizes(*, as_json: AsJson = False) -> None:
        """Show every table, how many rows it has, and the bytes of its rows and indexes."""
        tables = asyncio.run(measured(open_container))
        if as_json:
            typer.echo(json.dumps([asdict(table) for table in tables], indent=2))
            return
        typer.echo(f"{'table':<28} {'rows':>12} {'bytes':>14} {'of indexes':>14}")
        for table in tables:
            typer.echo(line_of(table))
        typer.echo(f"{'in all':<28} {'':>12} {sum(table.total for table in tables):>29}")

    @app.command("top-queries")
    def top_queries(*, limit: Limit = 20, as_json: AsJson = False) -> None:
        """Show the statements PostgreSQL spent most time on; exit 1 where it does not count."""
        try:
            queries = asyncio.run(found(open_container, limit))
        except NoStatistics as missing:
            typer.echo(str(missing), err=True)
            raise typer.Exit(1) from None
        if as_json:
            typer.echo(json.dumps([asdict(query) for query in queries], indent=2))
            return
        typer.echo(f"{'total ms':>12} {'calls':>10} {'mean ms':>10} {'rows':>12}  statement")
        for query in queries:
            typer.echo(line_about(query))


def line_of(table: TableSize) -> str:
    """Write one table in a line."""
    rows, own, indexes = (
        UNKNOWN if figure is None else str(figure)
        for figure in (table.rows, table.table_bytes, table.index_bytes)
    )
    return f"{table.table:<28} {rows:>12} {own:>14} {indexes:>14}"


def line_about(query: TopQuery) -> str:
    """Write one statement in a line."""
    words = " ".join(query.query.split())
    told = words if len(words) <= WIDTH else f"{words[: WIDTH - 1]}…"
    return (
        f"{query.total_ms:>12.1f} {query.calls:>10} {query.mean_ms:>10.2f} {query.rows:>12}  {told}"
    )


async def measured(open_container: OpenContainer) -> Sequence[TableSize]:
    """Ask the database of this installation."""
    async with open_container() as container:
        measure: MeasureTables = await container.get(MeasureTables)
        return await measure()


async def found(open_container: OpenContainer, limit: int) -> Sequence[TopQuery]:
    """Ask it likewise."""
    async with open_container() as container:
        ask: ListTopQueries = await container.get(ListTopQueries)
        return await ask(limit=limit)
