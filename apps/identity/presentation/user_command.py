"""Accounts on the command line: `kcs users create`, `promote` and `disable`.

No account is there by default, and no password stands on a command line, where others can read it.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any

import typer
from dishka import AsyncContainer
from pydantic import TypeAdapter, ValidationError

from apps.identity.application.administer import ChangeRole
from apps.identity.application.create_user import CreateUser
from apps.identity.application.departures import FindAccount, SuspendMember
from apps.identity.domain.user import Role
from apps.identity.presentation.schemas import Email, Nickname
from apps.shared.domain.errors import DomainError

OpenContainer = Callable[[], AbstractAsyncContextManager[AsyncContainer]]
Step = Callable[[AsyncContainer], Awaitable[None]]

PASSWORD = "KCS_PASSWORD"  # noqa: S105  the name of a variable
Who = Annotated[str, typer.Argument(metavar="NICKNAME_OR_ID", help="The member.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept in the audit log.")]
Address = Annotated[str, typer.Option(help="The address of the account.")]
Nick = Annotated[str, typer.Option(help="What others call the member.")]
As = Annotated[Role, typer.Option(help="What the account may do.")]


def commands(open_container: OpenContainer) -> typer.Typer:
    """Build the sub-commands over the services of an installation."""
    app = typer.Typer(help="Accounts, the first admin among them.", no_args_is_help=True)

    @app.command()
    def create(email: Address, nickname: Nick, role: As = Role.USER) -> None:
        """Open an account; its password is read from KCS_PASSWORD, or else from standard input."""
        for name, kind, told in (("email", Email, email), ("nickname", Nickname, nickname)):
            refuse_unfit(name, kind, told)
        password = os.environ.get(PASSWORD) or sys.stdin.readline().rstrip("\r\n")

        async def step(container: AsyncContainer) -> None:
            open_account = await container.get(CreateUser)
            await open_account(email=email, nickname=nickname, password=password, role=role)

        carry_out(step)
        typer.echo(f"{nickname} is there, as {role}.")
        if role.is_staff:
            typer.echo("Sign in and set an authenticator up: until then only members' doors open.")

    @app.command()
    def promote(who: Who, role: As) -> None:
        """Give a member another role; all their devices are signed out."""

        async def step(container: AsyncContainer) -> None:
            member = await (await container.get(FindAccount))(who)
            await (await container.get(ChangeRole))(member, role, by=None)

        carry_out(step)
        typer.echo(f"{who} is {role} now.")

    @app.command()
    def disable(who: Who, reason: Reason) -> None:
        """Keep a member out, as `kcs members suspend` does."""

        async def step(container: AsyncContainer) -> None:
            member = await (await container.get(FindAccount))(who)
            await (await container.get(SuspendMember))(member, reason=reason)

        carry_out(step)
        typer.echo(f"{who} is suspended.")

    def carry_out(step: Step) -> None:
        carry_out_in(open_container, step)

    return app


def carry_out_in(open_container: OpenContainer, step: Step) -> None:
    """Take one step over the services of an installation; leave where it is refused."""

    async def run() -> None:
        async with open_container() as container:
            await step(container)

    try:
        asyncio.run(run())
    except DomainError as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from refusal


def refuse_unfit(name: str, kind: Any, told: str) -> None:
    """Leave where the API would not take it, either."""
    try:
        TypeAdapter(kind).validate_python(told)
    except ValidationError as fault:
        typer.echo(f"--{name}: {fault.errors()[0]['msg']}", err=True)
        raise typer.Exit(1) from None
