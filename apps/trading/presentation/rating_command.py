"""Ratings on the command line: `kcs ratings hide` and `remind`."""

import asyncio
from typing import Annotated
from uuid import UUID

import typer

from apps.identity.contract import UserNotFound
from apps.shared.domain.ids import MemberId
from apps.trading.application.rate_trade import HideRating
from apps.trading.application.remind_to_rate import RemindToRate
from apps.trading.domain.moderator import ModeratorsOnly, OwnCase
from apps.trading.domain.rating import RatingId, RatingNotFound
from apps.trading.presentation.command import OpenContainer

By = Annotated[UUID, typer.Option(help="The moderator who has decided it.")]
Reason = Annotated[str, typer.Option(help="Why.")]


def commands(open_container: OpenContainer) -> typer.Typer:
    """Build the sub-commands over the services of an installation."""
    app = typer.Typer(help="Ratings of trades.", no_args_is_help=True)

    @app.command()
    def hide(rating: UUID, by: By, reason: Reason) -> None:
        """Take a rating out of sight, by decision of a moderator; its row stays."""
        try:
            asyncio.run(hide_one(open_container, rating, by=by, reason=reason))
        except (RatingNotFound, UserNotFound, ModeratorsOnly, OwnCase) as refusal:
            typer.echo(str(refusal), err=True)
            raise typer.Exit(1) from None
        typer.echo("It is hidden.")

    @app.command()
    def remind() -> None:
        """Mail those who have not rated a trade that is over for a day, or for ten."""
        typer.echo(f"{asyncio.run(remind_all(open_container))} reminders sent.")

    return app


async def hide_one(open_container: OpenContainer, rating: UUID, *, by: UUID, reason: str) -> None:
    """Hide it."""
    async with open_container() as container:
        hide = await container.get(HideRating)
        await hide(RatingId(rating), by=MemberId(by), reason=reason)


async def remind_all(open_container: OpenContainer) -> int:
    """Remind everybody."""
    async with open_container() as container:
        return await (await container.get(RemindToRate))()
