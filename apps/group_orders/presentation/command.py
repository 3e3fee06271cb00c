"""Group orders on the command line: `kcs group-orders hide-rating`."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated
from uuid import UUID

import typer
from dishka import AsyncContainer

from apps.group_orders.application.rate_order import HideOrderRating
from apps.identity.contract import ModeratorsOnly, UserNotFound
from apps.shared.domain.ids import MemberId
from apps.trading.contract import OwnCase, RatingId, RatingNotFound

OpenContainer = Callable[[], AbstractAsyncContextManager[AsyncContainer]]
By = Annotated[UUID, typer.Option(help="The moderator who has decided it.")]
Reason = Annotated[str, typer.Option(help="Why.")]


def commands(open_container: OpenContainer) -> typer.Typer:
    """Build the sub-commands over the services of an installation."""
    app = typer.Typer(help="Group orders.", no_args_is_help=True)

    @app.callback()
    def several() -> None:
        """Group orders."""

    @app.command()
    def hide_rating(rating: UUID, by: By, reason: Reason) -> None:
        """Take a rating out of sight, by decision of a moderator; its row stays."""
        try:
            asyncio.run(hide_one(open_container, rating, by=by, reason=reason))
        except (RatingNotFound, UserNotFound, ModeratorsOnly, OwnCase) as refusal:
            typer.echo(str(refusal), err=True)
            raise typer.Exit(1) from None
        typer.echo("It is hidden.")

    return app


async def hide_one(open_container: OpenContainer, rating: UUID, *, by: UUID, reason: str) -> None:
    """Hide it."""
    async with open_container() as container:
        hide = await container.get(HideOrderRating)
        await hide(RatingId(rating), by=MemberId(by), reason=reason)
