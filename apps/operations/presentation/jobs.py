"""Jobs on the command line: `kcs jobs list`, `kcs jobs retry`."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Annotated
from uuid import UUID

import typer
from dishka import AsyncContainer

from apps.shared.application.jobs import JobState, JobView, ListJobs, RetryJob
from apps.shared.domain.errors import DomainError

OpenContainer = Callable[[], AbstractAsyncContextManager[AsyncContainer]]
State = Annotated[JobState | None, typer.Option(help="Only those in this state.")]
Limit = Annotated[int, typer.Option(help="At most so many, newest first.", min=1, max=1000)]


def commands(open_container: OpenContainer) -> typer.Typer:
    """Build the sub-commands over the services of an installation."""
    app = typer.Typer(help="What workers have to do, and did.", no_args_is_help=True)

    @app.command("list")
    def list_jobs(*, state: State = None, limit: Limit = 100) -> None:
        """List jobs: id, state, kind, attempts, when they are due or held until, last error."""
        for each in asyncio.run(found(open_container, state, limit)):
            typer.echo(line_of(each))

    @app.command()
    def retry(id: UUID) -> None:
        """Make a job that was given up due again; exit 1 where it was not."""
        try:
            asyncio.run(tried_anew(open_container, id))
        except DomainError as refusal:
            typer.echo(str(refusal), err=True)
            raise typer.Exit(1) from None
        typer.echo(f"{id} is ready.")

    return app


def line_of(job: JobView) -> str:
    """Write one job in a line."""
    at = (job.leased_until or job.run_at).isoformat(timespec="seconds").replace("+00:00", "Z")
    kind = f"{job.kind}/{job.key}" if job.key else job.kind
    line = f"{job.id}  {job.state:<7}  {kind:<24}  {job.attempts:>3}  {at}  {job.last_error or ''}"
    return line.rstrip()


async def found(
    open_container: OpenContainer, state: JobState | None, limit: int
) -> Sequence[JobView]:
    """Ask the database of this installation."""
    async with open_container() as container:
        ask: ListJobs = await container.get(ListJobs)
        return await ask(state=state, limit=limit)


async def tried_anew(open_container: OpenContainer, id: UUID) -> None:
    """Tell the database of this installation."""
    async with open_container() as container:
        retry: RetryJob = await container.get(RetryJob)
        await retry(id)
