"""Taking days down, on the command line: `kcs market collect`, `kcs market jobs`."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Annotated

import typer
from dishka import AsyncContainer

from apps.market.application.collect import (
    Collect,
    CollectionState,
    CollectionView,
    ListCollections,
    PlanCollections,
    RepeatCollections,
)
from apps.market.application.index_market import IndexMarket
from apps.market.application.refresh_market import RefreshMarket

OpenContainer = Callable[[], AbstractAsyncContextManager[AsyncContainer]]
A_DAY = ["%Y-%m-%d"]
Day = Annotated[datetime | None, typer.Option(formats=A_DAY, help="This day only.")]
Since = Annotated[datetime | None, typer.Option(formats=A_DAY, help="From this day on.")]
Until = Annotated[datetime | None, typer.Option(formats=A_DAY, help="Up to this day.")]
Again = Annotated[
    bool, typer.Option("--again", help="Take down anew what is done, from the same events.")
]
Failed = Annotated[bool, typer.Option("--failed", help="Only what was given up.")]


def add_collecting(app: typer.Typer, open_container: OpenContainer) -> None:
    """Add the commands to those of the market."""

    @app.command()
    def collect(
        *, day: Day = None, since: Since = None, until: Until = None, again: Again = False
    ) -> None:
        """Take down each day that is over and is not yet, and what has failed.

        Exit 1 where any of these days is not done then.
        """
        days = within(day, since, until)
        if again and not any((day, since, until)):
            raise typer.BadParameter("Say of which days.", param_hint="--again")
        listed = asyncio.run(collected(open_container, *days, again=again))
        for each in listed:
            typer.echo(line(each))
        if any((day, since, until)) and not listed:
            typer.echo("None of these days is over, or there were no events by then.", err=True)
            raise typer.Exit(1)
        raise typer.Exit(int(any(each.state is not CollectionState.DONE for each in listed)))

    @app.command()
    def jobs(
        *, day: Day = None, since: Since = None, until: Until = None, failed: Failed = False
    ) -> None:
        """List what is taken down, or was to be, day by day."""
        for each in asyncio.run(listed(open_container, *within(day, since, until))):
            if not failed or each.state is CollectionState.FAILED:
                typer.echo(line(each))


def within(
    day: datetime | None, since: datetime | None, until: datetime | None
) -> tuple[date, date]:
    """Return the first day and the last; refuse a day beside others."""
    if day and (since or until):
        raise typer.BadParameter("It is one day, or several.", param_hint="--day")
    first, last = day or since, day or until
    if first and last and last < first:
        raise typer.BadParameter("It is before --since.", param_hint="--until")
    return first.date() if first else date.min, last.date() if last else date.max


async def collected(
    open_container: OpenContainer, since: date, until: date, *, again: bool
) -> Sequence[CollectionView]:
    """Read what there is to read, and do what there is to do."""
    async with open_container() as container:
        index, refresh = await container.get(IndexMarket), await container.get(RefreshMarket)
        plan, collect = await container.get(PlanCollections), await container.get(Collect)
        while await index():
            pass
        _ = await refresh()
        while await plan():
            pass
        repeat = await container.get(RepeatCollections)
        _ = await repeat(since, until, failed_only=not again)
        while await done(collect):
            pass
        listing = await container.get(ListCollections)
        return await listing(since, until)


async def done(collect: Collect) -> bool:
    """Do one; whoever fails says so in the list, and others go on."""
    job = await collect.begin()
    if job is None:
        return False
    try:
        return await collect.do(job)
    except Exception:  # noqa: BLE001 - it is written down with its job
        return True


async def listed(
    open_container: OpenContainer, since: date, until: date
) -> Sequence[CollectionView]:
    """Read them."""
    async with open_container() as container:
        listing = await container.get(ListCollections)
        return await listing(since, until)


def line(job: CollectionView) -> str:
    """Say what has become of it."""
    told = f"{job.day}  {job.kind:<10}  {job.state:<7}  attempts {job.attempts}"
    if job.rows is not None:
        told += f"  rows {job.rows}"
    if job.watermark is not None:
        told += f"  events to {job.watermark}"
    return f"{told}  {job.error}" if job.error else told
