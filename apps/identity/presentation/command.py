"""Members on the command line: `kcs members suspend`, `reinstate` and `remove`."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated

import typer
from dishka import AsyncContainer

from apps.identity.application.departures import (
    FindAccount,
    ReinstateMember,
    RemoveMember,
    SuspendMember,
)
from apps.shared.domain.errors import DomainError

OpenContainer = Callable[[], AbstractAsyncContextManager[AsyncContainer]]
Decision = type[SuspendMember] | type[ReinstateMember] | type[RemoveMember]

Who = Annotated[str, typer.Argument(metavar="NICKNAME_OR_ID", help="The member.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept in the log.")]


def commands(open_container: OpenContainer) -> typer.Typer:
    """Build the sub-commands over the services of an installation."""
    app = typer.Typer(help="Who takes part.", no_args_is_help=True)

    @app.command()
    def suspend(who: Who, reason: Reason) -> None:
        """Keep a member out: sessions end, proposals lapse, agreements are called off."""
        decide(SuspendMember, who, reason)
        typer.echo(f"{who} is suspended.")

    @app.command()
    def reinstate(who: Who, reason: Reason) -> None:
        """Let a suspended member in again; what has ended stays ended."""
        decide(ReinstateMember, who, reason)
        typer.echo(f"{who} may sign in again.")

    @app.command()
    def remove(who: Who, reason: Reason) -> None:
        """Let a member leave for good, with all copies that nobody counts on."""
        decide(RemoveMember, who, reason)
        typer.echo(f"{who} is removed.")

    def decide(decision: Decision, who: str, reason: str) -> None:
        try:
            asyncio.run(carry_out(open_container, decision, who, reason))
        except DomainError as refusal:
            typer.echo(str(refusal), err=True)
            raise typer.Exit(1) from refusal

    return app


async def carry_out(
    open_container: OpenContainer, decision: Decision, who: str, reason: str
) -> None:
    """Find the member, and decide."""
    async with open_container() as container:
        member = await (await container.get(FindAccount))(who)
        await (await container.get(decision))(member, reason=reason)
