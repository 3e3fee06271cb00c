"""The market on the command line: a picture of a card, and snapshots as CSV."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import typer
from dishka import AsyncContainer
from sqlalchemy import select, update
from typer.testing import CliRunner, Result

from apps.catalogue.infrastructure.models import CardModel, ReleaseModel
from apps.market.presentation.csv_export import COLUMNS
from apps.market.presentation.showing_command import add_showing
from tests.market.test_market_api import MONDAY, RAW, plant
from tests.support.site import Site

SVG = "{http://www.w3.org/2000/svg}"


async def run(site: Site, *words: str) -> Result:
    """In a thread, as the command has an event loop of its own."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[AsyncContainer]:
        async with Site(site.settings.database_url, site.settings.data_dir) as own:
            yield own.app.state.dishka_container

    app = typer.Typer()
    add_showing(app, opened)
    return await asyncio.to_thread(CliRunner().invoke, app, list(words))


def row(day: int, card: Any, **more: Any) -> dict[str, Any]:
    return {"day": MONDAY + timedelta(days=day), "card_id": card} | RAW | more


SPAN = ("--since", str(MONDAY), "--until", str(MONDAY + timedelta(days=9)))


async def test_a_card_is_drawn_with_gaps_where_nothing_may_be_told(
    site: Site, tmp_path: Path
) -> None:
    card, other = await site.some_cards(2)
    await site.change(update(ReleaseModel).values(title="<Tom & Jerry>\uffff"))
    few = {"wanted": 4, "wanters": 4}
    await plant(
        site,
        *(row(day, card, **(few if day in {3, 6} else {})) for day in (0, 1, 2, 3, 4, 6, 7)),
        row(1, other, wanted=90_000, wanters=70_000),
    )
    (code,) = await site.ask(select(CardModel.code).where(CardModel.id == card))
    out = tmp_path / "card.svg"
    for name in (str(card), code):
        done = await run(site, "chart", name, *SPAN, "--out", str(out))
        assert done.exit_code == 0, done.output
        assert done.stdout == ""
    drawing = ET.fromstring(out.read_text())
    title, words = (drawing.findtext(f"{SVG}{tag}") or "" for tag in ("title", "desc"))
    assert title == f"Group, Idol, <Tom & Jerry>\ufffd ({code})"
    assert "wanted: 30 on 2026-03-02, 30 on 2026-03-09." in words
    assert "free for trade: 15 on 2026-03-02" in words
    lines = {
        name: [
            len((line.get("points") or "").split())
            for line in drawing.iter(f"{SVG}polyline")
            if line.get("class") == name
        ]
        for name in ("free", "wanted")
    }
    assert lines == {"free": [5, 2], "wanted": [3]}
    bars = [each for each in drawing.iter(f"{SVG}rect") if each.get("class") == "completions"]
    assert len(bars) == 7
    assert {each.get("height") for each in bars} == {bars[0].get("height")}
    points = [each.get("class") for each in drawing.iter(f"{SVG}circle")]
    assert points == ["wanted", "wanted"], "days by themselves: the 5th, and the 8th"
    texts = ["".join(each.itertext()) for each in drawing.iter(f"{SVG}text")]
    assert {"free for trade", "wanted", "swapped that day", "0", "30", "2026-03-02"} <= {*texts}
    assert any("fewer than five members" in text for text in texts)


async def test_what_cannot_be_told_is_said_and_an_unknown_card_is_an_error(site: Site) -> None:
    (card,) = await site.some_cards(1)
    empty = await run(site, "chart", str(card))
    assert empty.exit_code == 0
    assert "Nothing may be told of these days." in empty.stdout
    assert not [*ET.fromstring(empty.stdout).iter(f"{SVG}polyline")]
    for words in (("--until", "9999-12-31"), ("--until", "0001-01-05")):
        assert (await run(site, "chart", str(card), *words)).exit_code == 0, words
    mixed = await run(site, "chart", str(card), "--since", "2026-03-02", "--until", "2026-03-01")
    assert (mixed.exit_code, type(mixed.exception)) == (2, SystemExit)
    wrong = await run(site, "chart", "no-such-card")
    assert (wrong.exit_code, wrong.stderr) == (1, "There is no card no-such-card.\n")


async def test_snapshots_are_exported_without_what_may_not_be_told(
    site: Site, tmp_path: Path
) -> None:
    card, other, few = sorted(await site.some_cards(3))
    await site.change(update(CardModel).where(CardModel.id == other).values(code="=1+1"))
    await plant(
        site,
        row(0, card, waiters=4),
        row(0, other, completers=4),
        row(0, few, **dict.fromkeys(RAW, 4)),
        row(1, card),
    )
    out = tmp_path / "market.csv"
    done = await run(site, "export", "--until", str(MONDAY), "--out", str(out))
    assert done.exit_code == 0, done.output
    raw = out.read_bytes().decode()
    assert raw.count("\r\n") == raw.count("\n") == 3
    head, first, second = csv.reader(io.StringIO(raw, newline=""))
    assert head == list(COLUMNS)
    figures = ["40", "20", "15", "10", "30", "25", "5", "10", "5", "5"]
    assert first[:2] == ["2026-03-02", str(card)]
    assert first[3:] == [*figures, ""]
    assert second[1:] == [str(other), "'=1+1", *figures[:-2], "", "", "50"]
    everything = await run(site, "export")
    assert everything.stdout.count("\n") == 4
    assert everything.stdout.startswith(",".join(COLUMNS))


async def test_any_number_of_snapshots_is_exported(site: Site, monkeypatch: Any) -> None:
    """A portion at a time, none twice and none left out."""
    monkeypatch.setattr("apps.market.presentation.showing_command.PORTION", 3)
    (card,) = await site.some_cards(1)
    await plant(site, *(row(day, card) for day in range(10)))
    done = await run(site, "export")
    lines = done.stdout.splitlines()[1:]
    assert [line[:10] for line in lines] == [str(MONDAY + timedelta(days=day)) for day in range(10)]
