"""Who reads the outbox, on the command line: `kcs events list-consumers`, `reset`, `deliver`."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any, TypeVar

import typer
from dishka import AsyncContainer

from apps.shared.application.outbox import (
    DeliverEvents,
    ListConsumers,
    NoSuchConsumer,
    RenumberEvents,
    ResetConsumer,
)
from apps.shared.domain.errors import Busy

Answer = TypeVar("Answer")
OpenContainer = Callable[[], AbstractAsyncContextManager[AsyncContainer]]
Name = Annotated[str, typer.Argument(help="As `list-consumers` shows it.")]


def commands(open_container: OpenContainer) -> typer.Typer:
    """Build the sub-commands over the services of an installation."""
    app = typer.Typer(help="Public events, and who is told of them.", no_args_is_help=True)

    @app.command("list-consumers")
    def list_consumers() -> None:
        """Show every consumer, how many events it has before it, and when it last had any."""
        progress = asyncio.run(run(open_container, ListConsumers))
        for each in progress:
            moved = each.moved_at.isoformat(timespec="seconds") if each.moved_at else "never"
            typer.echo(f"{each.consumer:<24} {each.waiting:>8} waiting   last moved {moved}")
        if not progress:
            typer.echo("Nobody reads the outbox.")

    @app.command()
    def reset(name: Name) -> None:
        """Have a consumer told everything anew, from the first event on."""
        try:
            asyncio.run(run(open_container, ResetConsumer, name))
        except (NoSuchConsumer, Busy) as refusal:
            typer.echo(str(refusal), err=True)
            raise typer.Exit(1) from None
        typer.echo(f"{name} starts from the beginning.")

    @app.command()
    def renumber() -> None:
        """Take the events over, after a dump was restored into another PostgreSQL."""
        asyncio.run(run(open_container, RenumberEvents))
        typer.echo("The events are numbered by this database.")

    @app.command()
    def deliver() -> None:
        """Hand each consumer its next events, once; exit 1 where one of them fails."""
        try:
            typer.echo(f"{asyncio.run(run(open_container, DeliverEvents))} events delivered.")
        except ExceptionGroup as failures:
            for failure in failures.exceptions:
                told = (f"{type(failure).__name__}: {failure}", *getattr(failure, "__notes__", ()))
                typer.echo(" ".join(told), err=True)
            raise typer.Exit(1) from None

    return app


async def run(
    open_container: OpenContainer, step: type[Callable[..., Awaitable[Answer]]], *given: Any
) -> Answer:
    """Take one step of this installation."""
    async with open_container() as container:
        told: Answer = await (await container.get(step))(*given)
        return told
