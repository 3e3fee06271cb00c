"""The audit log on the command line: `kcs audit verify`."""

import asyncio
import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated

import typer
from dishka import AsyncContainer

from apps.shared.application.audit_chain import Findings, Mark, VerifyAuditLog
from apps.shared.domain.errors import Busy

OpenContainer = Callable[[], AbstractAsyncContextManager[AsyncContainer]]

MOST_TOLD = 20
NOTED = re.compile(r"([1-9][0-9]{0,9}):([0-9a-f]{64})")


def mark_of(text: str | None) -> Mark | None:
    """Read what this command has printed before."""
    if text is None:
        return None
    told = NOTED.fullmatch(text)
    if told is None:
        raise typer.BadParameter("write it as the command has printed it: NUMBER:HASH")
    return int(told[1]), told[2]


Noted = Annotated[
    str | None,
    typer.Option(
        metavar="NUMBER:HASH", help="An end that was printed before; it must still be there."
    ),
]


def commands(open_container: OpenContainer) -> typer.Typer:
    """Build the sub-commands over the services of an installation."""
    app = typer.Typer(help="Who did what.", no_args_is_help=True)

    @app.callback()
    def log() -> None:
        """Who did what."""

    @app.command()
    def verify(*, noted: Noted = None) -> None:
        """Tell whether the audit log is as it was written; exit 1 if anybody was at it."""
        mark = mark_of(noted)
        try:
            findings = asyncio.run(look(open_container, mark))
        except Busy as away:
            typer.echo(str(away), err=True)
            raise typer.Exit(1) from None
        for fault in findings.faults[:MOST_TOLD]:
            typer.echo(fault)
        if len(findings.faults) > MOST_TOLD:
            typer.echo(f"And {len(findings.faults) - MOST_TOLD} faults more.")
        broken = bool(findings.faults)
        number, hash = findings.end
        verdict = "BROKEN" if broken else "whole"
        typer.echo(f"The audit log is {verdict}: {findings.entries} entries.")
        if number and not broken:
            typer.echo(f"It ends at {number}:{hash}")
        raise typer.Exit(int(broken))

    return app


async def look(open_container: OpenContainer, noted: Mark | None) -> Findings:
    """Verify the audit log of this installation."""
    async with open_container() as container:
        verify = await container.get(VerifyAuditLog)
        return await verify(noted=noted)
