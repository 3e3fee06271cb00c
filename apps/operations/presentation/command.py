"""Operators' commands over the whole installation."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated

import typer
from dishka import AsyncContainer
from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from apps.operations.application.check_invariants import CheckInvariants

OpenContainer = Callable[[], AbstractAsyncContextManager[AsyncContainer]]
Textfile = Annotated[
    Path | None,
    typer.Option(help="Write the result there too, for the textfile collector of Prometheus."),
]


def add_commands(app: typer.Typer, open_container: OpenContainer) -> None:
    """Add them to the command itself."""

    @app.command("check-invariants")
    def check_invariants(*, textfile: Textfile = None) -> None:
        """Look for rows that break what must always hold; exit 1 if there are any."""
        found = asyncio.run(look(open_container))
        for name, rows in found.items():
            typer.echo(f"{'ok' if rows == 0 else f'{rows} BROKEN':>10}  {name}")
        if textfile:
            write_to_textfile(str(textfile), as_metrics(found))
        raise typer.Exit(int(any(found.values())))


def as_metrics(found: Mapping[str, int]) -> CollectorRegistry:
    """Return what was found, and when, as Prometheus reads it."""
    registry = CollectorRegistry()
    broken = Gauge(
        "kcs_invariant_broken_rows",
        "Rows that break what must always hold, when it was last looked for them.",
        ["invariant"],
        registry=registry,
    )
    for name, rows in found.items():
        broken.labels(name).set(rows)
    checked = Gauge("kcs_invariants_checked_timestamp_seconds", "When that was.", registry=registry)
    checked.set_to_current_time()
    return registry


async def look(open_container: OpenContainer) -> Mapping[str, int]:
    """Ask the database of this installation."""
    async with open_container() as container:
        check: CheckInvariants = await container.get(CheckInvariants)
        return await check()
