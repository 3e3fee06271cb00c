"""Reading all events anew, on the command line: `kcs market rebuild`."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import typer
from dishka import AsyncContainer

from apps.market.application.generations import Generation
from apps.market.application.rebuild_market import RebuildMarket, RebuildUnderWay

OpenContainer = Callable[[], AbstractAsyncContextManager[AsyncContainer]]


def add_rebuild(app: typer.Typer, open_container: OpenContainer) -> None:
    """Add the command to those of the market."""

    @app.command()
    def rebuild() -> None:
        """Read all events anew, compare, and put that in place; exit 1 where anything differs."""
        try:
            done = asyncio.run(read_anew(open_container))
        except RebuildUnderWay as refusal:
            typer.echo(str(refusal), err=True)
            raise typer.Exit(1) from None
        differences = done.differences or {}
        typer.echo(summary(done))
        for table, rows in differences.items():
            typer.echo(f"{table}: {rows} rows are in one of the two readings only.", err=True)
        raise typer.Exit(int(bool(differences)))


def summary(done: Generation) -> str:
    """Say how it went."""
    seconds = (done.live_at or done.begun_at) - done.begun_at
    pace = done.events / max(seconds.total_seconds(), 1)
    rows = sum((done.differences or {}).values())
    return (
        f"Reading {done.id} is live: {done.events} events, {pace:.0f} a second, in "
        f"{seconds.total_seconds():.0f} s; {rows} rows differ from the reading before it."
    )


async def read_anew(open_container: OpenContainer) -> Generation:
    """Do so, whether workers help or not."""
    async with open_container() as container:
        rebuild: RebuildMarket = await container.get(RebuildMarket)
        return await rebuild()
