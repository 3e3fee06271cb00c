"""The demo on the command line, once it is loaded: `kcs demo swap`, `ring`, `market` …"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import httpx
import typer

from apps.demo.group_order import play_group_order
from apps.demo.market import play_market
from apps.demo.person import StepFailed
from apps.demo.ring import Propose, play_ring
from apps.demo.swap import play_swap
from apps.shared.domain.errors import DomainError
from apps.shared.domain.ids import Clock

Url = Annotated[str, typer.Option(help="Where the service is.")]
HERE = "http://127.0.0.1:8000"


def add_commands(
    app: typer.Typer,
    *,
    propose: Propose,
    count_broken: Callable[[], Awaitable[int]],
    clock: Clock,
) -> None:
    """Add them; a ring takes who proposes it, and who counts the rows that nothing may break."""

    @app.command()
    def swap(url: Url = HERE) -> None:
        """Play the main job against a running service with two fresh members, step by step."""
        asyncio.run(play(url, lambda http: play_swap(http, typer.echo)))

    @app.command()
    def ring(url: Url = HERE) -> None:
        """Play a ring of three by mail with demo members, against a service over this database."""
        asyncio.run(play(url, play_ring_soundly))

    @app.command()
    def group_order(url: Url = HERE) -> None:
        """Play a group order with demo members, from its opening to delivery and its last cent."""
        asyncio.run(play(url, play_group_order_soundly))

    @app.command()
    def market(url: Url = HERE) -> None:
        """Play a small market with demo members, so that there are figures to be shown."""
        asyncio.run(play(url, lambda http: play_market(http, typer.echo)))

    async def play_group_order_soundly(http: httpx.AsyncClient) -> None:
        await play_group_order(http, clock, typer.echo)
        await ensure_sound()

    async def play_ring_soundly(http: httpx.AsyncClient) -> None:
        await play_ring(http, propose, typer.echo)
        await ensure_sound()

    async def ensure_sound() -> None:
        if broken := await count_broken():
            raise StepFailed(f"{broken} rows break what must always hold: kcs check-invariants.")
        typer.echo("All invariants hold.")


async def play(url: str, game: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    """Talk to the service over HTTP; leave with the first step that fails."""
    try:
        async with httpx.AsyncClient(base_url=url, timeout=30) as http:
            await game(http)
    except (StepFailed, DomainError, httpx.HTTPError) as failure:
        typer.echo(f"FAILED: {type(failure).__name__}: {failure}", err=True)
        raise typer.Exit(1) from None
