"""The `kcs` command: one group of sub-commands per concern."""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from sqlite3 import DatabaseError
from typing import Annotated

import httpx
import typer
from dishka import AsyncContainer, Provider
from pydantic import ValidationError

from apps.backups import open_backups
from apps.catalogue.presentation import command as catalogue
from apps.checks import CHECKS, PATIENCE, UNFIT, check_connections
from apps.demo import command as playing
from apps.demo.members import load_members
from apps.group_orders.presentation import command as group_orders
from apps.identity.infrastructure.key_folder import FolderChest
from apps.identity.presentation import command as accounts
from apps.identity.presentation import key_command as keys
from apps.identity.presentation import user_command as users
from apps.main import by_the_databases_clock, create_app, create_container
from apps.market.presentation import command as market
from apps.matching.infrastructure.bench import ProcessBench
from apps.matching.presentation import command as matching
from apps.matching.presentation import history_command as rounds
from apps.matching.wiring import want_list_solver
from apps.operations.presentation import (
    audit,
    backups,
    configuration,
    data,
    events,
    figures,
    health,
    jobs,
    roles,
)
from apps.operations.presentation import command as operations
from apps.operations.presentation.configuration import in_one_line
from apps.operations.wiring import migrate as migrate_at
from apps.operations.wiring import schema_commands
from apps.outside import TracingUnfit, tracing_of, unhurried
from apps.rehearsal import propose_ring, season
from apps.settings import Settings
from apps.shared.application.jobs import Worker
from apps.shared.application.readiness import NotReady, Readiness
from apps.shared.domain.errors import Busy
from apps.shared.infrastructure.clock import DatabaseClock, SystemClock
from apps.shared.infrastructure.privileges import SCRIPT
from apps.shared.infrastructure.tracing import traced
from apps.shared.presentation.exposition import Endpoint, expose, exposed
from apps.shared.presentation.logs import write_logs
from apps.shared.presentation.server import CannotListen, leave_when_told, listen, tell_address
from apps.shared.presentation.server import serve as serve_on
from apps.shared.presentation.shift import employ, work_until_told
from apps.trading.presentation import command as trades
from apps.trading.presentation import rating_command as ratings
from apps.trading.presentation.state_page import state_page

ROOT = Path(__file__).parent.parent
DEMO_CATALOGUE = ROOT / "demo" / "catalogue"

Host = Annotated[str | None, typer.Option(help="Listen on this address (default: HOST).")]
Port = Annotated[
    int | None, typer.Option(help="Listen on this port (default: PORT).", min=0, max=65535)
]
WithDemo = Annotated[bool, typer.Option("--with-demo", help="Load the demo first.")]
Migrate = Annotated[
    bool, typer.Option("--migrate", help="Bring the schema up to date first (MIGRATE_ON_START).")
]
Once = Annotated[bool, typer.Option("--once", help="Leave when nothing is due any more.")]

logger = logging.getLogger("kcs")

main = typer.Typer(
    help="KCardSwap: swap K-pop photocards.", no_args_is_help=True, pretty_exceptions_enable=False
)
demo = typer.Typer(help="Try the service out.", no_args_is_help=True)
docs = typer.Typer(help="Pages that are written from the code.", no_args_is_help=True)


def run() -> None:
    """Run the command; what an operator has to mend is told in a line, not in a trace."""
    try:
        main()
    except ValidationError as fault:
        for line in configuration.lines_of(fault):
            typer.echo(line, err=True)
        raise SystemExit(1) from None
    except (*UNFIT, CannotListen, TracingUnfit) as fault:
        typer.echo(str(fault), err=True)
        raise SystemExit(1) from None
    except (OSError, DatabaseError) as fault:  # a folder or file that cannot be used
        typer.echo(in_one_line(fault), err=True)
        raise SystemExit(1) from None


@asynccontextmanager
async def open_container(*overrides: Provider) -> AsyncIterator[AsyncContainer]:
    """Lend the services of the installation that the environment describes."""
    container = create_container(unhurried(Settings()), *overrides)
    try:
        yield container
    finally:
        await container.close()


@asynccontextmanager
async def open_ready(*overrides: Provider) -> AsyncIterator[AsyncContainer]:
    """Lend them only where the database can be used; else leave with a hint."""
    async with open_container(*overrides) as container:
        try:
            _ = await (await container.get(Readiness))(patience=PATIENCE)
        except NotReady as refusal:
            typer.echo(str(refusal), err=True)
            raise typer.Exit(1) from None
        yield container


@asynccontextmanager
async def open_on_time() -> AsyncIterator[AsyncContainer]:
    """Lend them so that time limits go by the database's clock."""
    async with open_ready(by_the_databases_clock(), *traced(tracing_of(os.environ))) as container:
        await (await container.get(DatabaseClock)).follow()
        yield container


def open_audited() -> AbstractAsyncContextManager[AsyncContainer]:
    """Lend them for what is told to the log as well."""
    settings = Settings()
    write_logs(settings.log_format, debug=settings.debug)
    return open_ready()


def open_chest() -> FolderChest:
    """Open the key folder of the installation that the environment describes."""
    return FolderChest(Settings().data_dir / "keys", SystemClock())


main.add_typer(configuration.commands(Settings, CHECKS, UNFIT), name="config")
main.add_typer(accounts.commands(open_audited), name="members")
main.add_typer(keys.commands(open_chest, data.needed_by(open_ready)), name="keys")
main.add_typer(users.commands(open_audited), name="users")
main.add_typer(catalogue.commands(open_ready), name="catalogue")
main.add_typer(ratings.commands(open_ready), name="ratings")
main.add_typer(group_orders.commands(open_ready), name="group-orders")
main.add_typer(audit.commands(open_ready), name="audit")
main.add_typer(backups.commands(open_backups), name="backup")
main.add_typer(data.commands(open_ready), name="data")
main.add_typer(events.commands(open_ready), name="events")
main.add_typer(trades.commands(open_on_time), name="trades")
main.add_typer(jobs.commands(open_ready), name="jobs")
market.add(main, open_ready)
match = matching.commands(want_list_solver, ProcessBench)
rounds.add_history(match, open_ready)
main.add_typer(match, name="match")
main.add_typer(demo, name="demo")
main.add_typer(docs, name="docs")
db = schema_commands(lambda: Settings().database_url, docs)
figures.add_commands(db, open_ready)
roles.add_commands(db, SCRIPT)
main.add_typer(db, name="db")
operations.add_commands(main, open_ready)


@main.command()
def serve(
    host: Host = None, port: Port = None, *, with_demo: WithDemo = False, migrate: Migrate = False
) -> None:
    """Serve the API until interrupted."""
    settings = Settings()
    write_logs(settings.log_format, debug=settings.debug)
    tracing = tracing_of(os.environ)
    leave_when_told()
    if migrate or settings.migrate_on_start:
        bring_up_to_date()
    asyncio.run(ensure_ready())
    if with_demo:
        load()
    if settings.worker_embedded:
        app = create_app(settings, by_the_databases_clock(), tracing=tracing)
        employ(app)
    else:
        app = create_app(settings, tracing=tracing)
    expose(app, Endpoint.at(settings.metrics_host, settings.metrics_port))
    taken = listen(host or settings.host, port if port is not None else settings.port)
    tell_address(taken.getsockname(), settings.log_format)
    serve_on(
        app,
        taken,
        drain_s=settings.drain_s,
        grace_s=settings.shutdown_grace_s,
        trusted_proxies=settings.trusted_proxies,
    )


@main.command()
def worker(*, once: Once = False) -> None:
    """Do what is due, until interrupted: time limits, and jobs that others have left."""
    settings = Settings()
    write_logs(settings.log_format, debug=settings.debug)
    leave_when_told()
    metrics = None if once else Endpoint.at(settings.metrics_host, settings.metrics_port)
    asyncio.run(work(metrics, grace_s=settings.shutdown_grace_s, once=once))


async def work(metrics: Endpoint | None, *, grace_s: int, once: bool) -> None:
    """Work on the services of this installation."""
    async with open_on_time() as container, exposed(container, metrics):
        await check_connections()
        await data.ensure_opened(container)
        logger.info("Working")
        try:
            await work_until_told(await container.get(Worker), grace_s=grace_s, once=once)
        except Busy as away:
            typer.echo(str(away), err=True)
            raise typer.Exit(1) from None


def bring_up_to_date() -> None:
    """Migrate as `kcs db upgrade` does; of several starters one does the work."""
    migrate_at(Settings().database_url, logger.info)


@main.command()
def healthcheck(host: Host = None, port: Port = None) -> None:
    """Exit 0 where the server of this installation is ready; else say why not and exit 1."""
    settings = Settings()
    if why := health.why_not_ready(
        health.address_of(host or settings.host, port if port is not None else settings.port)
    ):
        typer.echo(why, err=True)
        raise typer.Exit(1)


async def ensure_ready() -> None:
    """Leave with a hint where the database could not be used anyway."""
    async with open_ready() as container:
        await check_connections()
        await data.ensure_opened(container)


@main.command()
def openapi() -> None:
    """Print the description of the API, as the service serves it."""
    typer.echo(json.dumps(create_app().openapi(), indent=2, ensure_ascii=False))


@docs.command()
def trade_states() -> None:
    """Print the page about the states of a trade, from the table of its steps."""
    typer.echo(state_page(), nl=False)


@demo.command()
def load() -> None:
    """Load the demo catalogue and members with histories; what is there already stays."""
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
    container: AsyncContainer = app.state.dishka_container
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://demo") as http,
    ):
        return await load_members(http, partial(season, container))


async def make_ring(gifts: Mapping[str, str]) -> str:
    """Propose a ring in this installation."""
    async with open_ready() as container:
        return await propose_ring(container, gifts)


async def count_broken() -> int:
    """Count the rows that break an invariant."""
    return sum((await operations.look(open_ready)).values())


playing.add_commands(demo, propose=make_ring, count_broken=count_broken, clock=SystemClock())
