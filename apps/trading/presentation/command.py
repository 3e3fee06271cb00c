"""Trades on the command line: `kcs trades expire`."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import typer
from dishka import AsyncContainer

from apps.trading.application.end_trade import BATCH, ExpireTrades

OpenContainer = Callable[[], AbstractAsyncContextManager[AsyncContainer]]


def commands(open_container: OpenContainer) -> typer.Typer:
    """Build the sub-commands over the services of an installation."""
    app = typer.Typer(help="Trades as a whole.", no_args_is_help=True)

    @app.callback()
    def trades() -> None:
        """Keep `expire` a sub-command though it is the only one."""

    @app.command()
    def expire() -> None:
        """End proposals that nobody answered in time, and swaps that nobody made."""
        typer.echo(f"{asyncio.run(expire_all(open_container))} trades ended.")

    return app


async def expire_all(open_container: OpenContainer) -> int:
    """Go on, a batch at a time, until nothing is overdue."""
    ended = 0
    async with open_container() as container:
        expire = await container.get(ExpireTrades)
        while (batch := await expire()) == BATCH:
            ended += batch
    return ended + batch
