"""The audit log on the command line: `kcs audit verify`, `kcs audit accept`."""

import asyncio
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Annotated

import typer
from dishka import AsyncContainer

from apps.operations.application.outside_changes import (
    AcceptOutsideChange,
    OutsideChange,
    OutsideChangeNotFound,
    OutsideChanges,
)
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

Number = Annotated[int, typer.Argument(help="As `kcs audit verify` shows it.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept in the audit log.")]


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
            findings, outside = asyncio.run(look(open_container, mark))
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
        tell(outside)
        raise typer.Exit(int(broken or bool(outside)))

    @app.command()
    def accept(number: Number, *, reason: Reason) -> None:
        """Say why a change past the service was right; the audit log keeps it."""
        try:
            asyncio.run(say(open_container, number, reason))
        except (OutsideChangeNotFound, Busy) as refusal:
            typer.echo(str(refusal), err=True)
            raise typer.Exit(1) from None
        typer.echo(f"Change {number} is accepted.")

    return app


def tell(changes: Sequence[OutsideChange]) -> None:
    """Write what was done past the service, and what an operator can say to it."""
    for change in changes[:MOST_TOLD]:
        typer.echo(told(change))
    if changes:
        typer.echo(
            f"{len(changes)} changes were made past the service; for each that was right:"
            " kcs audit accept NUMBER --reason WHY"
        )


def told(change: OutsideChange) -> str:
    """Write one on a line."""
    parts = (change.row_key or "all rows", change.columns and f"({change.columns})")
    what = " ".join(filter(None, (change.verb, change.relation, *parts)))
    by = f" by {change.who}" if change.who else ""
    return f"Change {change.number} of {change.at.isoformat(timespec='seconds')}: {what}{by}"


async def look(
    open_container: OpenContainer, noted: Mark | None
) -> tuple[Findings, Sequence[OutsideChange]]:
    """Verify the audit log of this installation, and find what was done past it."""
    async with open_container() as container:
        verify = await container.get(VerifyAuditLog)
        changes: OutsideChanges = await container.get(OutsideChanges)
        return await verify(noted=noted), await changes()


async def say(open_container: OpenContainer, number: int, reason: str) -> None:
    """Accept one."""
    async with open_container() as container:
        await (await container.get(AcceptOutsideChange))(number, reason=reason)
