"""Group orders on the command line: `kcs group-orders hide-rating` and `unmatched`."""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import typer
from dishka import AsyncContainer
from pydantic_core import to_jsonable_python

from apps.group_orders.application.rate_order import HideOrderRating
from apps.group_orders.application.show_transactions import ListUnmatched, UnmatchedView
from apps.identity.contract import ModeratorsOnly, UserNotFound
from apps.shared.domain.ids import MemberId
from apps.trading.contract import OwnCase, RatingId, RatingNotFound

OpenContainer = Callable[[], AbstractAsyncContextManager[AsyncContainer]]
By = Annotated[UUID, typer.Option(help="The moderator who has decided it.")]
Reason = Annotated[str, typer.Option(help="Why.")]
Limit = Annotated[int, typer.Option(min=1, help="How many at most.")]


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

    @app.command()
    def unmatched(limit: Limit = 100) -> None:
        """Show payments of which providers have told and that name no joiner, newest first.

        One a line, as JSON; what was put right or taken back since is left out.
        """
        for view in asyncio.run(all_unmatched(open_container, limit)):
            typer.echo(json.dumps(to_jsonable_python(asdict(view)), ensure_ascii=False))

    return app


async def hide_one(open_container: OpenContainer, rating: UUID, *, by: UUID, reason: str) -> None:
    """Hide it."""
    async with open_container() as container:
        hide = await container.get(HideOrderRating)
        await hide(RatingId(rating), by=MemberId(by), reason=reason)


async def all_unmatched(open_container: OpenContainer, limit: int) -> Sequence[UnmatchedView]:
    """Read them."""
    async with open_container() as container:
        show: ListUnmatched = await container.get(ListUnmatched)
        return await show(limit=limit)
