"""Operators' commands over the whole installation."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

import typer
from dishka import AsyncContainer

from apps.operations.application.check_invariants import CheckInvariants

OpenContainer = Callable[[], AbstractAsyncContextManager[AsyncContainer]]


def add_commands(app: typer.Typer, open_container: OpenContainer) -> None:
    """Add them to the command itself."""

    @app.command("check-invariants")
    def check_invariants() -> None:
        """Look for rows that break what must always hold; exit 1 if there are any."""
        found = asyncio.run(look(open_container))
        for name, rows in found.items():
            typer.echo(f"{'ok' if rows == 0 else f'{rows} BROKEN':>10}  {name}")
        raise typer.Exit(int(any(found.values())))


async def look(open_container: OpenContainer) -> Mapping[str, int]:
    """Ask the database of this installation."""
    async with open_container() as container:
        check: CheckInvariants = await container.get(CheckInvariants)
        return await check()
