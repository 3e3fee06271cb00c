"""Binders as CSV: what is written is read as it was, and no spreadsheet computes any of it."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalogue.contract import (
    CardId,
    CardView,
    GroupId,
    GroupRef,
    IdolId,
    IdolRef,
    Kind,
    ReleaseId,
    ReleaseRef,
)
from apps.collection.application.import_copies import ListedCopy
from apps.collection.application.show_binders import CopyView
from apps.collection.domain.copy import Condition, CopyState
from apps.collection.domain.copy_events import CopyId
from apps.collection.presentation.copy_lists import (
    COLUMNS,
    ListRefused,
    as_meant,
    read_list,
    write_list,
)
from apps.shared.application.tables import NotCsv
from apps.shared.domain.ids import MemberId
from apps.shared.presentation.bodies import printable_lines
from apps.shared.presentation.spreadsheets import harmless

DANGEROUS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
SIGNS = st.sampled_from([*DANGEROUS, *"'\"',;|a1 ", "하", "니", "🐰", "\u2028", "\ufeff"])


def is_fine(note: str) -> bool:
    try:
        return printable_lines(note) == note
    except ValueError:
        return False


names = st.text(SIGNS, min_size=1, max_size=9).map(
    lambda text: "".join(sign for sign in text if sign not in "\t\r\n").strip() or "x"
)
notes = st.none() | st.text(SIGNS | st.characters(exclude_categories=["Cs"]), max_size=20).filter(
    is_fine
)
ids = st.uuids(version=4)


@st.composite
def views(draw: st.DrawFn) -> CopyView:
    card = CardView(
        id=CardId(draw(ids)),
        code=draw(st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True)),
        group=GroupRef(id=GroupId(draw(ids)), name=draw(names)),
        idols=tuple(
            IdolRef(id=IdolId(draw(ids)), name=name) for name in draw(st.lists(names, max_size=3))
        ),
        release=ReleaseRef(id=ReleaseId(draw(ids)), title=draw(names)),
        kind=draw(st.sampled_from(Kind)),
        retailer=draw(st.none() | names),
        version=draw(st.none() | names),
        number=draw(st.none() | names),
        image_url=None,
    )
    return CopyView(
        id=CopyId(draw(ids)),
        card=card,
        owner_id=MemberId(draw(ids)),
        condition=draw(st.sampled_from(Condition)),
        state=CopyState.HELD,
        for_trade=draw(st.booleans()),
        note=draw(notes),
        created_at=datetime(2026, 5, 24, tzinfo=UTC),
        updated_at=datetime(2026, 5, 24, tzinfo=UTC),
    )


async def in_portions(copies: Sequence[CopyView], each: int = 2) -> AsyncIterator[Any]:
    for start in range(0, len(copies), each):
        yield copies[start : start + each]


async def exported(copies: Sequence[CopyView]) -> str:
    return "".join([portion async for portion in write_list(in_portions(copies))])


@given(st.text(SIGNS))
def test_a_text_comes_back_from_behind_its_apostrophe(text: str) -> None:
    assert as_meant(harmless(text)) == text
    assert not harmless(text).startswith(DANGEROUS)


@pytest.mark.parametrize("text", ["'tis", "a=1", "'", "''", "", "하니", " =1"])
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert harmless(text) == as_meant(text) == text


@given(st.lists(views(), max_size=5))
async def test_a_list_says_the_same_when_it_is_read(copies: list[CopyView]) -> None:
    text = await exported(copies)
    lines = read_list(text.encode())
    assert [(line.line, line.copy_id, line.code) for line in lines] == [
        (number, copy.id, copy.card.code) for number, copy in enumerate(copies, 2)
    ]
    assert [(line.condition, line.for_trade, line.note) for line in lines] == [
        (copy.condition, copy.for_trade, copy.note or None) for copy in copies
    ]
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert not [cell for row in rows for cell in row if cell.startswith(DANGEROUS)]
    assert rows[0] == [*COLUMNS]
    assert {len(row) for row in rows} == {len(COLUMNS)}


@given(st.lists(views(), min_size=1, max_size=3))
async def test_what_was_read_is_written_again_byte_by_byte(copies: list[CopyView]) -> None:
    """As after an import elsewhere: the cards are those of the codes, the rest is the list's."""
    text = await exported(copies)
    again = [
        replace(copy, condition=line.condition, for_trade=line.for_trade, note=line.note)
        for copy, line in zip(copies, read_list(text.encode()), strict=True)
    ]
    assert await exported(again) == text


async def test_lines_end_as_the_standard_says() -> None:
    assert await exported([]) == ",".join(COLUMNS) + "\r\n"


PARTS = frozenset({"group", "idols", "version"})
ONE = ListedCopy(
    parts=frozenset(),
    line=2,
    copy_id=None,
    code="omg-hanni",
    words="",
    condition=Condition.NEAR_MINT,
    for_trade=True,
    note=None,
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("code,condition,for_trade\nomg-hanni,near_mint,true\n", ONE),
        ("\ufeffcode,condition,for_trade\r\nomg-hanni,near_mint,true", ONE),
        ("for_trade,condition,code\nTRUE,Near_Mint, OMG-Hanni \n", ONE),
        ("Code,Condition\nomg-hanni,near_mint\n", replace(ONE, for_trade=False)),
        (
            "code,condition,for_trade\n\n,,\n,,\nomg-hanni,near_mint,true\n",
            replace(ONE, line=5),
        ),
        (
            'card,condition,note\nNewJeans  하니,near_mint," kept\r\nsafe "\n',
            replace(ONE, code="", words="newjeans 하니", for_trade=False, note=" kept\r\nsafe "),
        ),
        (
            "group,idols,version,condition\nIVE,Rei|Liz,A ver.,near_mint\n",
            replace(ONE, code="", words="ive rei liz a ver.", parts=PARTS, for_trade=False),
        ),
        (
            f"id,condition\n{UUID(int=7)},near_mint\n",
            replace(ONE, code="", copy_id=CopyId(UUID(int=7)), for_trade=False),
        ),
    ],
)
def test_lists_are_read_as_collectors_write_them(text: str, line: ListedCopy) -> None:
    assert read_list(text.encode()) == [line]


@pytest.mark.parametrize(
    ("text", "pointers", "reason"),
    [
        ("", ["/1/condition"], "missing"),
        ("\n", ["/1/condition"], "missing"),
        ("code\n", ["/1/condition"], "missing"),
        ("code,condition,price\n", ["/1/price"], "no such column"),
        ("code,condition,code\n", ["/1/code"], "twice"),
        ("code;condition\n", ["/1/condition", "/1/code;condition"], "missing"),
        ("code,condition\na,mint\nb\n", ["/3"], "1 cells"),
        ("code,condition\na,mint,1\n", ["/2"], "3 cells"),
        ("code,condition\na,mint\n,mint\n", ["/3"], "names no card"),
        ("code,condition\na,new\nb,\n", ["/2/condition", "/3/condition"], "should be"),
        ("code,condition,for_trade\na,mint,yes\n", ["/2/for_trade"], "should be"),
        ("code,condition,id\na,mint,7\n", ["/2/id"], "UUID"),
        ("code,condition,note\na,mint,b\0\n", ["/2/note"], "Control"),
        ("code,condition\na\0,mint\n", ["/2/code"], "Control"),
        (f"code,condition,note\na,mint,{'x' * 501}\n", ["/2/note"], "500"),
        (f"code,condition\n{'x' * 2_001},mint\n", ["/2/code"], "2000"),
        ("code,condition\n" + "a,mint\n" * 2_001, ["/2002"], "2001 lines"),
    ],
)
def test_a_list_that_departs_from_the_form_is_pointed_at(
    text: str, pointers: list[str], reason: str
) -> None:
    with pytest.raises(ListRefused) as refused:
        read_list(text.encode())
    errors = refused.value.members["errors"]
    assert [error["pointer"] for error in errors] == pointers
    assert reason in errors[0]["detail"]
    assert f"Line {pointers[0].split('/')[1]}" in str(refused.value)


def test_2000_lines_are_read_and_100_faults_are_told() -> None:
    assert len(read_list(b"code,condition\n" + b"a,mint\n" * 2_000)) == 2_000
    with pytest.raises(ListRefused) as refused:
        read_list(b"code,condition\n" + b"a,new\n" * 2_000)
    assert len(refused.value.members["errors"]) == 100


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b'code,condition\na,mint\n"b,mint\n', 3),
        (b'code,condition\n"a"b,mint\n', 2),
        (b"code,condition\na,mint\n\xc7\xcf\xb4\xcf,mint\n", 3),
        ("code,condition\n".encode("utf-16"), 1),
        (b"code,condition\n" + b"x" * 140_000 + b",mint\n", 2),
    ],
)
def test_what_is_no_csv_is_told_by_its_line(content: bytes, line: int) -> None:
    with pytest.raises(NotCsv, match=f"Line {line}:"):
        read_list(content)
