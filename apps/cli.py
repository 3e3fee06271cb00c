"""The `kcs` command: one group of sub-commands per concern."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import httpx
import typer
import uvicorn
from dishka import AsyncContainer
from pydantic import ValidationError

from apps.catalogue.presentation import command as catalogue
from apps.demo.members import load_members
from apps.demo.person import StepFailed
from apps.demo.swap import play_swap
from apps.identity.infrastructure.keys import KeysMissing, KeysUnfit
from apps.main import create_app, create_container
from apps.operations.presentation import command as operations
from apps.settings import Settings
from apps.shared.application.readiness import NotReady, Readiness
from apps.shared.presentation.request_id import log_with_request_ids
from apps.trading.presentation import command as trades

DEMO_CATALOGUE = Path(__file__).parent.parent / "demo" / "catalogue"

Host = Annotated[str | None, typer.Option(help="Listen on this address (default: HOST).")]
Port = Annotated[int | None, typer.Option(help="Listen on this port (default: PORT).")]
WithDemo = Annotated[bool, typer.Option("--with-demo", help="Load the demo first.")]
Url = Annotated[str, typer.Option(help="Where the service is.")]

main = typer.Typer(
    help="KCardSwap: swap K-pop photocards.", no_args_is_help=True, pretty_exceptions_enable=False
)
demo = typer.Typer(help="Try the service out.", no_args_is_help=True)


def run() -> None:
    """Run the command; what an operator has to mend is told in a line, not in a trace."""
    try:
        main()
    except ValidationError as fault:
        for each in fault.errors():
            name = "_".join(str(part) for part in each["loc"]).upper()
            typer.echo(f"{name}: {each['msg']}.", err=True)
        raise SystemExit(1) from None
    except (KeysMissing, KeysUnfit) as fault:
        typer.echo(str(fault), err=True)
        raise SystemExit(1) from None


@asynccontextmanager
async def open_container() -> AsyncIterator[AsyncContainer]:
    """Lend the services of the installation that the environment describes."""
    container = create_container(Settings())
    try:
        yield container
    finally:
        await container.close()


@asynccontextmanager
async def open_ready() -> AsyncIterator[AsyncContainer]:
    """Lend them only where the database can be used; else leave with a hint."""
    async with open_container() as container:
        try:
            _ = await (await container.get(Readiness))()
        except NotReady as refusal:
            typer.echo(str(refusal), err=True)
            raise typer.Exit(1) from None
        yield container


main.add_typer(catalogue.commands(open_ready), name="catalogue")
main.add_typer(trades.commands(open_ready), name="trades")
main.add_typer(demo, name="demo")
operations.add_commands(main, open_ready)


@main.command()
def serve(host: Host = None, port: Port = None, *, with_demo: WithDemo = False) -> None:
    """Serve the API until interrupted."""
    settings = Settings()
    log_with_request_ids()
    asyncio.run(ensure_ready())
    if with_demo:
        load()
    name = host or settings.host
    address = f"http://{f'[{name}]' if ':' in name else name}:{port or settings.port}"
    typer.echo(f"API            {address}/api/v1")
    typer.echo(f"Documentation  {address}/docs")
    uvicorn.run(
        create_app(settings),
        host=host or settings.host,
        port=port or settings.port,
        server_header=False,
        log_config=None,
        log_level="warning",
    )


async def ensure_ready() -> None:
    """Leave with a hint where the database could not be used anyway."""
    async with open_ready():
        pass


@main.command()
def openapi() -> None:
    """Print the description of the API, as the service serves it."""
    typer.echo(json.dumps(create_app().openapi(), indent=2, ensure_ascii=False))


@demo.command()
def load() -> None:
    """Load the demo catalogue and two members to sign in as; what is there already stays."""
    if Settings().env == "production":
        typer.echo("Demo members have a password everybody knows; not in production.", err=True)
        raise typer.Exit(1)
    report = asyncio.run(catalogue.run(open_ready, DEMO_CATALOGUE))
    if report.refused:
        catalogue.tell_refused(report.refused)
        raise typer.Exit(1)
    for person in asyncio.run(members()):
        typer.echo(f"Demo member    {person}")


async def members() -> list[str]:
    """Load the demo members through the API, without a server."""
    app = create_app()
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://demo") as http,
    ):
        return await load_members(http)


@demo.command()
def swap(url: Url = "http://127.0.0.1:8000") -> None:
    """Play the main job against a running service with two fresh members, step by step."""
    try:
        asyncio.run(play(url))
    except (StepFailed, httpx.HTTPError) as failure:
        typer.echo(f"FAILED: {type(failure).__name__}: {failure}", err=True)
        raise typer.Exit(1) from None


async def play(url: str) -> None:
    """Talk to the service over HTTP."""
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        await play_swap(http, typer.echo)
