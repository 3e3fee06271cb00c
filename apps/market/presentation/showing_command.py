"""The market on the command line: `kcs market chart CARD`, `kcs market export`."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from dishka import AsyncContainer

from apps.catalogue.contract import CardId, CardView, Catalogue
from apps.market.application.index_market import Calendar
from apps.market.application.show_market import (
    AllSnapshots,
    CardMarketView,
    Days,
    ShowCardMarket,
    SnapshotView,
)
from apps.market.presentation.csv_export import Portion, write_snapshots
from apps.market.presentation.drawing import market_svg
from apps.shared.domain.ids import Clock

OpenContainer = Callable[[], AbstractAsyncContextManager[AsyncContainer]]
PORTION = 1_000
"""Snapshots that are read at once."""
OF_30_DAYS = ("proposals", "proposers", "completions", "completers")
"""What the present market tells of other days as well."""
USUAL = timedelta(days=89)
"""Before the last day, where no first day is told; it begins with the first snapshot there is."""

Out = Annotated[
    Path | None, typer.Option("--out", "-o", help="Write to this file, not to standard output.")
]
Since = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day, as in 2026-05-24.")
]
Until = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day.")]
Card = Annotated[str, typer.Argument(metavar="CARD", help="The id of a card, or its code.")]


def add_showing(app: typer.Typer, open_container: OpenContainer) -> None:
    """Add the commands to those of the market."""

    @app.command()
    def chart(card: Card, *, since: Since = None, until: Until = None, out: Out = None) -> None:
        """Draw supply, demand and swaps of a card over time as SVG; 90 days unless told."""
        drawing = asyncio.run(draw(open_container, card, since=since, until=until))
        if drawing is None:
            typer.echo(f"There is no card {card}.", err=True)
            raise typer.Exit(1)
        if out is None:
            typer.echo(drawing, nl=False)
        else:
            out.write_text(drawing, encoding="utf-8")

    @app.command()
    def export(*, since: Since = None, until: Until = None, out: Out = None) -> None:
        """Write snapshots of all cards as CSV; nothing that tells of fewer than five members."""
        days = Days(since=since and since.date(), until=until and until.date())
        asyncio.run(write(open_container, days, out))


async def draw(
    open_container: OpenContainer, card: str, *, since: datetime | None, until: datetime | None
) -> str | None:
    """Draw it; None where there is no such card."""
    async with open_container() as container:
        found = await known(await container.get(Catalogue), card)
        if found is None:
            return None
        calendar, clock = await container.get(Calendar), await container.get(Clock)
        today = clock.now().astimezone(calendar.zone).date()
        last = min(until.date(), today) if until else today
        usual = date.fromordinal(max(1, last.toordinal() - USUAL.days))
        first = since.date() if since else usual
        if last < first:
            raise typer.BadParameter("There are no days between the two.", param_hint="--since")
        read = await container.get(AllSnapshots)
        days = Days(since=first, until=last)
        told = [
            each
            async for portion in read(cards=[found.id], days=days, portion=PORTION)
            for each in portion
        ]
        if last == today:
            told.append(snapshot_now(await (await container.get(ShowCardMarket))(found.id), today))
    if since is None and told:
        first = told[0].day
    return market_svg(title_of(found), told, first=first, last=last)


def snapshot_now(market: CardMarketView, today: date) -> SnapshotView:
    """Let a curve end with what there is now; what is swapped today is not over yet."""
    figures = replace(market.figures, **dict.fromkeys(OF_30_DAYS))
    return SnapshotView(day=today, card_id=market.card_id, figures=figures, median_wait_h=None)


async def known(catalogue: Catalogue, card: str) -> CardView | None:
    """Find the card that an id or a code stands for."""
    try:
        id = CardId(UUID(card))
    except ValueError:
        return (await catalogue.by_code([card])).get(card)
    return (await catalogue.cards([id])).get(id)


def title_of(card: CardView) -> str:
    """Say which card it is."""
    idols = ", ".join(idol.name for idol in card.idols)
    return f"{card.group.name}, {idols}, {card.release.title} ({card.code})"


async def write(open_container: OpenContainer, days: Days, out: Path | None) -> None:
    """Write portion by portion, so that any number of them fits."""
    async with open_container() as container:
        text = write_snapshots(
            portions(await container.get(AllSnapshots), await container.get(Catalogue), days)
        )
        if out is None:
            async for part in text:
                sys.stdout.write(part)
            return
        with out.open("w", encoding="utf-8", newline="") as file:
            async for part in text:
                file.write(part)


async def portions(read: AllSnapshots, catalogue: Catalogue, days: Days) -> AsyncIterator[Portion]:
    """Put to each portion the cards that it is of."""
    async for snapshots in read(days=days, portion=PORTION):
        yield snapshots, await catalogue.cards({each.card_id for each in snapshots})
