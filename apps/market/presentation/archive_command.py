"""Months long past, out of the database and back: `kcs archive run`, `kcs archive restore`."""

import asyncio
import csv
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, timedelta
from errno import EEXIST
from filecmp import cmp
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from dishka import AsyncContainer

from apps.market.application.archive_snapshots import (
    ArchiveSnapshots,
    MonthNotEmpty,
    RestoreSnapshots,
    Row,
)
from apps.market.application.index_market import Calendar
from apps.shared.domain.ids import Clock
from apps.shared.infrastructure.disk import sync

OpenContainer = Callable[[], AbstractAsyncContextManager[AsyncContainer]]
LEAST = 3
"""Months that stay in any case: conditions are held against four weeks before."""
MOST = 2**31 - 1
"""What a column holds."""
NAME = "card_snapshots-{month:%Y-%m}.csv"

To = Annotated[Path, typer.Option("--to", help="Write files into this folder.")]
OlderThan = Annotated[
    int, typer.Option(min=LEAST, max=1_200, help="Months that stay, this one not counted.")
]
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A file of such a month.")]


class Unreadable(Exception):
    """This file is not one that was written here; the message says in which line."""


def commands(open_container: OpenContainer) -> typer.Typer:
    """Build the sub-commands over the services of an installation."""
    app = typer.Typer(help="Snapshots of months long past.", no_args_is_help=True)

    @app.command()
    def run(to: To, *, older_than: OlderThan = 24) -> None:
        """Move older months into a CSV file each; a file that is there is never written over."""
        try:
            asyncio.run(archived(open_container, to, older_than))
        except FileExistsError as there:
            typer.echo(
                f"{there.filename} is there already; nothing of its month was moved.", err=True
            )
            raise typer.Exit(1) from None

    @app.command()
    def restore(file: File) -> None:
        """Put a month back as it was."""
        try:
            header, month, rows = read(file)
            asyncio.run(restored(open_container, header, month, rows))
        except (Unreadable, MonthNotEmpty) as refusal:
            typer.echo(f"{file}: {refusal}", err=True)
            raise typer.Exit(1) from None
        typer.echo(f"{file}  rows {len(rows)}")

    return app


async def archived(open_container: OpenContainer, to: Path, months: int) -> None:
    """Move what is older, and say of each month at once what has become of it."""
    async with open_container() as container:
        clock, archive = await container.get(Clock), await container.get(ArchiveSnapshots)
        calendar = await container.get(Calendar)
        before = clock.now().astimezone(calendar.zone).date().replace(day=1)
        for _ in range(months):
            before = (before - timedelta(days=1)).replace(day=1)

        def keep(month: date, columns: Sequence[str], rows: Sequence[Row]) -> None:
            write(to / NAME.format(month=month), columns, rows)

        async for month, rows in archive(before, keep):
            if rows is None:
                typer.echo(f"{month:%Y-%m} stays: not all of its days are taken down.", err=True)
            else:
                typer.echo(f"{to / NAME.format(month=month)}  rows {rows}")


async def restored(
    open_container: OpenContainer, header: Sequence[str], month: date, rows: Sequence[Row]
) -> None:
    """Put the rows of a month back; raise Unreadable where their columns are others."""
    async with open_container() as container:
        restore = await container.get(RestoreSnapshots)
        if [*header] != [*restore.stored.columns]:
            raise Unreadable("Its columns are not those of snapshots.")
        await restore(month, rows)


def write(file: Path, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Write it down, and see it on the disk before anything is deleted; raise FileExistsError.

    It is written beside its name, so that what bears the name is complete whoever is killed. A
    file of before that says the same is as good.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f"{file.name}.new")
    unfinished.unlink(missing_ok=True)  # not emptied: it may be the complete one as well
    try:
        with unfinished.open("x", encoding="utf-8", newline="") as target:
            writer = csv.writer(target)
            writer.writerow(columns)
            writer.writerows(rows)
            target.flush()
            os.fsync(target.fileno())
        publish(unfinished, file)
    finally:
        unfinished.unlink(missing_ok=True)
    sync(file.parent)


def publish(unfinished: Path, file: Path) -> None:
    """Let it appear under its name; raise FileExistsError where something else is there."""
    try:
        os.link(unfinished, file)
    except FileExistsError:
        if not cmp(unfinished, file, shallow=False):
            raise FileExistsError(EEXIST, os.strerror(EEXIST), str(file)) from None


def read(file: Path) -> tuple[Sequence[str], date, Sequence[Row]]:
    """Read its columns, the first day of its month, and its rows; raise Unreadable."""
    try:
        with file.open(encoding="utf-8", newline="") as source:
            header, *lines = csv.reader(source)
        rows = [row_of(dict(zip(header, line, strict=True))) for line in lines]
    except (ValueError, KeyError, csv.Error) as fault:
        raise Unreadable(f"It is no month of snapshots ({fault}).") from None
    months = {day.replace(day=1) for day, *_ in rows}
    if len(months) != 1:
        raise Unreadable("It is not of one month.")
    if len({(day, card) for day, card, *_ in rows}) < len(rows):
        raise Unreadable("It has a card twice on a day.")
    return header, months.pop(), rows


def row_of(told: dict[str, str]) -> tuple[date, UUID, *tuple[int | None, ...]]:
    """Read a line; raise ValueError, or KeyError, for what no snapshot is."""
    day, card = date.fromisoformat(told.pop("day")), UUID(told.pop("card_id"))
    if day.year == date.max.year:
        raise ValueError(f"{day} is not over")
    return day, card, *(number(name, each) for name, each in told.items())


def number(name: str, told: str) -> int | None:
    """Read a figure; only the median of nothing is none."""
    if not told and name == "median_wait_h":
        return None
    if not (told.isascii() and told.isdecimal() and int(told) <= MOST):
        raise ValueError(f"{name} is {told[:20]!r}")
    return int(told)
