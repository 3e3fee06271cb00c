"""Taking one's binder out as CSV (GET /me/copies/export)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from apps.collection.infrastructure import stock
from apps.shared.presentation import downloads
from apps.shared.presentation.downloads import CsvDownload
from tests.catalogue.demo import fill
from tests.support.counting import a_counting_site
from tests.support.deals import a_deal, told
from tests.support.lists import exported, rows_of
from tests.support.site import Member, Site


async def card_of(site: Site, code: str) -> dict[str, Any]:
    items = (await site.client.get("/api/v1/cards", params={"limit": 100})).json()["items"]
    return next(card for card in items if card["code"] == code)


@pytest.fixture
async def ann(site: Site) -> Member:
    await fill(site)
    return await site.join("ann")


async def add(member: Member, code: str, **more: Any) -> str:
    card = await card_of(member.site, code)
    body = {"card_id": card["id"], "condition": "mint", "for_trade": True} | more
    answer = await member.post("/me/copies", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_binder_is_a_file_for_a_spreadsheet(ann: Member) -> None:
    first = await add(ann, "omg-both", note='a "blue" one,\r\n두 번째 줄')
    second = await add(ann, "omg-minji-ld", condition="light", for_trade=False)
    answer = await ann.get("/me/copies/export")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="copies.csv"'
    assert answer.content.decode() == (
        "code,group,idols,release,kind,retailer,version,number,condition,for_trade,note,id\r\n"
        "omg-both,NewJeans,Hanni|Minji,OMG,unit,,,,mint,true,"
        f'"a ""blue"" one,\r\n두 번째 줄",{first}\r\n'
        f"omg-minji-ld,NewJeans,Minji,OMG,lucky_draw,Soundwave,A ver.,2,light,false,,{second}\r\n"
    )


async def test_an_empty_binder_is_a_row_of_columns(ann: Member) -> None:
    text = await exported(ann)
    assert (rows_of(text), text.count("\r\n")) == ([], 1)


async def test_a_note_is_no_formula(ann: Member) -> None:
    for note in ("=HYPERLINK(A1)", "+1", "-1", "@x", "\tx", "\r=1", "'=1"):
        await add(ann, "omg-hanni", note=note)
    notes = [row["note"] for row in rows_of(await exported(ann))]
    assert notes == ["'=HYPERLINK(A1)", "'+1", "'-1", "'@x", "'\tx", "'\r=1", "''=1"]


async def test_all_live_copies_are_mine_and_in_the_file_oldest_first(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock, "PORTION", 2)
    deal = await a_deal(site)
    ann = deal.author
    copies = [*deal.give, *[await ann.hold() for _ in range(5)]]
    await ann.delete(f"/me/copies/{copies.pop(3)}")
    for count in range(3):
        rows = rows_of(await exported(ann))
        assert [row["id"] for row in rows] == [str(copy) for copy in copies], count
        copies.append(await ann.hold())
    await deal.complete()
    assert {row["id"] for row in rows_of(await exported(ann))} == {
        str(copy) for copy in (*copies, *deal.take)
    } - {str(copy) for copy in deal.give}


async def test_a_file_is_for_who_is_signed_in_and_takes_no_parameters(ann: Member) -> None:
    stranger = await ann.site.client.get("/api/v1/me/copies/export")
    assert told(stranger) == (401, "unauthenticated")
    assert told(await ann.get("/me/copies/export", limit=1)) == (400, "unknown-parameter")


async def test_a_portion_costs_three_questions(
    url: str, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_counting_site(url, keys) as site:
        ann = await site.join("ann")
        costs = []
        for _ in range(2):
            costs.append(await site.cost(ann.get("/me/copies/export")))
            for _ in range(4):
                await ann.hold()
        assert costs == [2, 4]
        monkeypatch.setattr(stock, "PORTION", 4)
        assert await site.cost(ann.get("/me/copies/export")) == 1 + 2 * 3 + 1


async def portions(*texts: str) -> AsyncIterator[str]:
    for text in texts:
        yield text


async def test_who_does_not_take_a_portion_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "PATIENCE", 0.05)
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)
        if len(sent) == 3:
            await asyncio.sleep(60)

    download = await CsvDownload.of(portions("one", "two", "three"), name="list.csv")
    async with asyncio.timeout(10):
        await download.stream_response(send)
    assert [message.get("body") for message in sent] == [None, b"one", b"two"]
    assert sent[-1]["more_body"]


async def test_what_goes_wrong_at_first_is_told_before_anything_is_sent() -> None:
    async def broken() -> AsyncIterator[str]:
        raise ZeroDivisionError
        yield ""

    with pytest.raises(ZeroDivisionError):
        await CsvDownload.of(broken(), name="list.csv")
