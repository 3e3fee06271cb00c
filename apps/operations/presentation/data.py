"""What rows keep sealed, on the command line: `kcs data status` and `reseal`."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager

import typer
from dishka import AsyncContainer

from apps.shared.application.readiness import NotReady
from apps.shared.application.reseal import CountSeals, ProbeSeals, ResealData, SealBroken
from apps.shared.domain.errors import Busy
from apps.shared.infrastructure.sealing import Sealer

Counted = Mapping[str, Mapping[int | None, int]]
OpenContainer = Callable[[], AbstractAsyncContextManager[AsyncContainer]]

PAUSE = 0.2
"""Seconds for others whose rows are locked, or who keep the database busy."""

TOLD_EACH = 10_000
"""Rows between two lines of progress."""


def commands(open_container: OpenContainer) -> typer.Typer:
    """Build the sub-commands over the services of an installation."""
    app = typer.Typer(help="What rows keep sealed.", no_args_is_help=True)

    @app.command()
    def status() -> None:
        """Count the rows that each data key has sealed; exit 1 if any do not open."""
        counted, broken = asyncio.run(look(open_container))
        for table, rows in counted.items():
            for number, count in rows.items():
                by = "not sealed" if number is None else f"data-{number}"
                typer.echo(f"{table:<20} {by:<12} {count}")
        if broken:
            typer.echo(broken, err=True)
            raise typer.Exit(1)

    @app.command()
    def reseal() -> None:
        """Seal all rows with the newest data key, while servers run; stop and begin as you like."""
        try:
            done = asyncio.run(reseal_all(open_container, typer.echo))
        except SealBroken as refusal:
            typer.echo(str(refusal), err=True)
            raise typer.Exit(1) from None
        for table, count in done.items():
            typer.echo(f"{table:<20} {count} sealed")

    return app


def needed_by(open_container: OpenContainer) -> Callable[[], Collection[str]]:
    """Return what tells the names of the keys that rows are sealed with."""

    async def names() -> Collection[str]:
        async with open_container() as container:
            counted = await (await container.get(CountSeals))()
            return {f"data-{number}" for rows in counted.values() for number in rows}

    return lambda: asyncio.run(names())


async def ensure_opened(container: AsyncContainer) -> None:
    """Leave with a hint where rows are sealed with a key that is not there, or not as it was."""
    try:
        await (await container.get(ProbeSeals))()
    except NotReady as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from None


async def look(open_container: OpenContainer) -> tuple[Counted, str]:
    """Count, open one row for each key, and tell why that failed."""
    async with open_container() as container:
        counted: Counted = await (await container.get(CountSeals))()
        try:
            await (await container.get(ProbeSeals))()
        except NotReady as refusal:
            return counted, str(refusal)
        return counted, ""


async def reseal_all(
    open_container: OpenContainer, tell: Callable[[str], None]
) -> Mapping[str, int]:
    """Go on, a portion at a time, until every row is sealed with the newest key."""
    async with open_container() as container:
        return await reseal_in(container, tell)


async def reseal_in(container: AsyncContainer, tell: Callable[[str], None]) -> Mapping[str, int]:
    """Go on likewise; rows that members are changing wait for the end."""
    reseal, count = await container.get(ResealData), await container.get(CountSeals)
    sealer, done, told = await container.get(Sealer), Counter[str](), 0
    while True:
        try:
            portion = await reseal()
        except SealBroken:
            raise
        except Busy:
            await asyncio.sleep(PAUSE)
            continue
        done.update(portion)
        if done.total() - told >= TOLD_EACH:
            told = done.total()
            tell(f"{told} rows so far")
        if not any(portion.values()):
            if all({*rows} <= {sealer.number} for rows in (await count()).values()):
                return done
            await asyncio.sleep(PAUSE)
