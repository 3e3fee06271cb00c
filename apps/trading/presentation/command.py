"""Trades on the command line: `kcs trades expire`, `delivered` and `neighbours`."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer
from dishka import AsyncContainer

from apps.shared.domain.errors import DomainError
from apps.shared.domain.ids import Clock, MemberId
from apps.trading.application.end_trade import BATCH, ExpireTrades
from apps.trading.application.find_neighbours import FindNeighbours, Neighbour
from apps.trading.application.fulfil_trade import NoteDelivery
from apps.trading.domain.legs import LegId
from apps.trading.domain.terms import TradeId

OpenContainer = Callable[[], AbstractAsyncContextManager[AsyncContainer]]


def commands(open_container: OpenContainer) -> typer.Typer:
    """Build the sub-commands over the services of an installation."""
    app = typer.Typer(help="Trades as a whole.", no_args_is_help=True)

    @app.command()
    def expire() -> None:
        """End proposals that nobody answered in time, and swaps that nobody made."""
        typer.echo(f"{asyncio.run(expire_all(open_container))} trades ended.")

    @app.command()
    def delivered(
        trade: UUID,
        leg: UUID,
        at: Annotated[datetime | None, typer.Option(help="When, in UTC; now unless told.")] = None,
    ) -> None:
        """Note what a carrier says: a leg has arrived, and its receiver is to say so too."""
        try:
            asyncio.run(note_delivery(open_container, TradeId(trade), LegId(leg), at))
        except DomainError as refusal:
            typer.echo(str(refusal), err=True)
            raise typer.Exit(1) from None

    @app.command()
    def neighbours(member: UUID) -> None:
        """List members who have written down an address that this one has too, and how many."""
        for each in asyncio.run(find_neighbours(open_container, MemberId(member))):
            typer.echo(f"{each.member_id}  {each.places}")

    return app


async def find_neighbours(open_container: OpenContainer, of: MemberId) -> Sequence[Neighbour]:
    """Look for them."""
    async with open_container() as container:
        find: FindNeighbours = await container.get(FindNeighbours)
        return await find(of)


async def note_delivery(
    open_container: OpenContainer, trade: TradeId, leg: LegId, told: datetime | None
) -> None:
    """Take over a delivery."""
    async with open_container() as container:
        now = (await container.get(Clock)).now()
        at = min(told.replace(tzinfo=UTC), now) if told else now
        await (await container.get(NoteDelivery))(trade, leg, delivered_at=at)


async def expire_all(open_container: OpenContainer) -> int:
    """Go on, a batch at a time, until nothing is overdue."""
    ended = 0
    async with open_container() as container:
        expire = await container.get(ExpireTrades)
        while (batch := await expire()) == BATCH:
            ended += batch
    return ended + batch
