"""Bringing a binder up to a list, and what its lines are taken for (POST /me/copies/import, K3)."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from apps.collection.presentation.copy_lists import LONGEST_LIST
from tests.catalogue.demo import SMALL, fill
from tests.support.deals import a_deal, told
from tests.support.lists import a_list, exported, imported, outcomes, rows_of, send
from tests.support.site import Member, Site

THREE = a_list(
    "omg-hanni,mint,true,", "omg-hanni,light,false,bent", "omg-minji-ld,near_mint,true,sleeved"
)


@pytest.fixture
async def ann(site: Site) -> Member:
    await fill(site)
    return await site.join("ann")


async def test_nothing_is_created_before_it_is_asked_for(ann: Member) -> None:
    for query in ({}, {"dry_run": "true"}):
        answer = await send(ann, THREE, **query)
        assert answer.status_code == 200, answer.text
        report = answer.json()
        assert (report["dry_run"], report["created"], report["room"]) == (True, 0, 1_000)
        counts = {"resolved": 3, "doubtful": 0, "unknown": 0, "held": 0, "new": 3}
        assert report["counts"] == {"lines": 3} | counts
        assert outcomes(report) == [(place, "resolved", True) for place in (2, 3, 4)]
        assert [line["copy_id"] for line in report["lines"]] == [None] * 3
        assert await ann.binder() == set()


async def test_what_is_resolved_is_created(ann: Member) -> None:
    report = await imported(ann, THREE)
    assert (report["dry_run"], report["created"], report["room"]) == (False, 3, 1_000)
    copies = (await ann.get("/me/copies")).json()["items"][::-1]
    assert [copy["id"] for copy in copies] == [line["copy_id"] for line in report["lines"]]
    entered = [
        (each["card"]["code"], each["condition"], each["for_trade"], each["note"])
        for each in copies
    ]
    assert entered == [
        ("omg-hanni", "mint", True, None),
        ("omg-hanni", "light", False, "bent"),
        ("omg-minji-ld", "near_mint", True, "sleeved"),
    ]
    (found,) = report["lines"][0]["candidates"]
    assert found == {"card": copies[0]["card"], "score": 1.0, "why": ["code"]}


async def test_the_same_list_twice_creates_nothing_new(ann: Member) -> None:
    first = await imported(ann, THREE)
    second = await imported(ann, THREE)
    assert (second["created"], second["counts"]["held"]) == (0, 3)
    ids = [[line["copy_id"] for line in report["lines"]] for report in (first, second)]
    assert ids[0] == ids[1]
    assert len(await ann.binder()) == 3
    longer = await imported(ann, THREE + "omg-hanni,mint,true,\n")
    assert outcomes(longer)[-2:] == [(4, "resolved", False), (5, "resolved", True)]
    assert len(await ann.binder()) == 4


async def test_what_was_listed_or_noted_otherwise_meanwhile_is_recognised(ann: Member) -> None:
    copy = (await imported(ann, THREE))["lines"][0]["copy_id"]
    await ann.patch(f"/me/copies/{copy}", {"for_trade": False, "note": "for Bea"})
    assert (await imported(ann, THREE))["created"] == 0
    assert (await ann.get(f"/me/copies/{copy}")).json()["note"] == "for Bea"


async def test_an_exported_list_creates_nothing_where_it_comes_from(ann: Member) -> None:
    await imported(ann, THREE)
    text = await exported(ann)
    report = await imported(ann, text)
    assert (report["created"], report["counts"]["held"]) == (0, 3)
    assert [line["candidates"][0]["why"] for line in report["lines"]] == [["id"]] * 3
    edited = text.replace(",mint,", ",damaged,").replace("omg-hanni", "no-such-card")
    assert (await imported(ann, edited))["created"] == 0
    twice = await send(ann, text + text.partition("\r\n")[2], dry_run="false")
    assert told(twice) == (422, "duplicate-ids")
    assert [fault["pointer"] for fault in twice.json()["errors"]] == ["/5", "/6", "/7"]
    assert await exported(ann) == text


async def test_a_list_longer_than_a_json_body_is_taken(ann: Member) -> None:
    """A full binder with long notes comes back in one piece."""
    lines = [f"omg-hanni,mint,true,{'하' * 400}" for _ in range(300)]
    text = "\n".join(["code,condition,for_trade,note", *lines])
    assert len(text.encode()) > ann.site.settings.max_body_bytes
    assert (await imported(ann, text))["created"] == 300


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("NewJeans,Minji,OMG,Weverse Shop,Message Card ver.", "another idol"),
        ("NewJeans,Hanni,OMG,,a b c d e f g h", "more words than are looked for"),
    ],
)
async def test_what_does_not_name_every_part_in_its_place_is_never_taken_for_certain(
    ann: Member, line: str, why: str
) -> None:
    header = "group,idols,release,retailer,version,condition\n"
    report = await imported(ann, f"{header}{line},mint\n")
    assert (report["created"], report["counts"]["resolved"]) == (0, 0), why


async def test_an_exported_list_fills_an_empty_binder_to_the_byte(ann: Member) -> None:
    notes = ["=1", "'=1", "\r", 'a,"b"\r\nc', "'", " x ", "", None, "하니 🐰"]
    card = (await ann.get("/cards", q="omg hanni")).json()["items"][0]["id"]
    entry = {"card_id": card, "condition": "mint", "for_trade": True}
    items = [entry | {"note": note} for note in notes]
    assert (await ann.post("/me/copies/batch", {"items": items})).status_code == 201
    await imported(ann, THREE)
    bea = await ann.site.join("bea")
    text = await exported(ann)
    assert (await imported(bea, text))["created"] == len(await ann.binder()) > len(notes)
    again = await exported(bea)
    for mine, theirs in zip(rows_of(text), rows_of(again), strict=True):
        again = again.replace(theirs["id"], mine["id"])
    assert again == text
    assert (await imported(bea, text))["created"] == 0


async def test_somebody_elses_or_a_made_up_id_is_as_none(ann: Member) -> None:
    bea = await ann.site.join("bea")
    await imported(bea, THREE)
    theirs = min(await bea.binder())
    for id in (theirs, str(uuid4())):
        text = a_list(f"omg-both,mint,true,{id}", columns="code,condition,for_trade,id")
        report = await imported(ann, text, dry_run=True)
        assert (report["lines"][0]["copy_id"], report["counts"]["new"]) == (None, 1), id
        nameless = a_list(f"mint,{id}", columns="condition,id")
        assert outcomes(await imported(ann, nameless)) == [(2, "unknown", False)]
    assert len(await bea.binder()) == 3


async def test_a_removed_copy_comes_back_once(ann: Member) -> None:
    await imported(ann, THREE)
    text = await exported(ann)
    gone = rows_of(text)[0]["id"]
    await ann.delete(f"/me/copies/{gone}")
    report = await imported(ann, text)
    assert outcomes(report) == [
        (2, "resolved", True),
        (3, "resolved", False),
        (4, "resolved", False),
    ]
    assert report["lines"][0]["copy_id"] != gone
    assert (await imported(ann, text))["created"] == 0


async def test_a_copy_handed_over_is_not_made_again(site: Site) -> None:
    deal = await a_deal(site)
    ann, text = deal.author, await exported(deal.author)
    await deal.complete()
    report = await imported(ann, text)
    assert (outcomes(report), report["created"]) == ([(2, "doubtful", False)], 0)
    assert report["lines"][0]["candidates"][0]["why"] == ["handed_over"]
    assert await ann.binder() == {str(copy) for copy in deal.take}
    eve = await site.join("eve")  # of whose copies it was never one
    assert outcomes(await imported(eve, text)) == [(2, "resolved", True)]


async def test_words_are_resolved_doubtful_or_unknown(ann: Member) -> None:
    columns = "card,condition"
    text = a_list(
        "soundwave 민지,mint", "hanni omg,mint", "karina,mint", "!?,mint", columns=columns
    )
    report = await imported(ann, text)
    assert outcomes(report) == [
        (2, "resolved", True),
        (3, "doubtful", False),
        (4, "unknown", False),
        (5, "unknown", False),
    ]
    assert (report["created"], len(await ann.binder())) == (1, 1)
    assert [each["card"]["code"] for each in report["lines"][0]["candidates"]] == ["omg-minji-ld"]
    candidates = [
        (each["card"]["code"], each["score"], each["why"])
        for each in report["lines"][1]["candidates"]
    ]
    assert candidates == [
        ("omg-both", 0.5, ["idols", "release"]),
        ("omg-hanni", 0.5, ["idols", "release"]),
    ]
    assert (await imported(ann, text))["created"] == 0


async def test_a_card_may_be_told_by_what_stands_on_it(ann: Member) -> None:
    columns = "group,idols,release,retailer,condition"
    text = a_list("뉴진스,Minji,오엠지,Soundwave,mint", columns=columns)
    (line,) = (await imported(ann, text))["lines"]
    assert line["candidates"][0]["card"]["code"] == "omg-minji-ld"
    assert line["candidates"][0]["why"] == ["idols", "retailer", "names"]


async def test_an_unknown_code_is_not_guessed_at(ann: Member) -> None:
    text = a_list("omg-hani,Hanni,mint", columns="code,card,condition")
    report = await imported(ann, text)
    assert (outcomes(report), report["lines"][0]["candidates"]) == ([(2, "unknown", False)], [])


async def test_an_import_fits_into_the_binder_or_creates_nothing(url: str, keys: Path) -> None:
    async with Site(url, keys, copies_count_max=2) as site:
        await fill(site)
        ann = await site.join("ann")
        report = await imported(ann, THREE, dry_run=True)
        assert (report["room"], report["counts"]["new"]) == (2, 3)
        answer = await send(ann, THREE, dry_run="false")
        assert told(answer) == (422, "limit-exceeded")
        assert answer.json()["limit_key"] == "copies_count_max"
        assert await ann.binder() == set()
        assert (await imported(ann, THREE.rpartition("omg-minji")[0]))["created"] == 2


async def test_so_many_texts_are_looked_for(ann: Member) -> None:
    rows = [f"nobody {number},mint" for number in range(51)]
    assert (await send(ann, a_list(*rows[:50], *rows[:50], columns="card,condition"))).is_success
    answer = await send(ann, a_list(*rows, columns="card,condition"))
    assert told(answer) == (422, "too-many-searches")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/52"]


@pytest.mark.parametrize(
    ("content", "status", "code", "pointer"),
    [
        (b"code,condition\nomg-hanni,new\n", 422, "list-refused", "/2/condition"),
        (b"code\nomg-hanni\n", 422, "list-refused", "/1/condition"),
        (b'code,condition\n"omg-hanni,mint\n', 400, "not-csv", "/2"),
        (b"code,condition\n\xff,mint\n", 400, "not-csv", "/2"),
        (b"", 422, "validation-failed", ""),
    ],
)
async def test_a_malformed_list_is_refused_as_a_whole(
    ann: Member, content: bytes, status: int, code: str, pointer: str
) -> None:
    answer = await send(ann, content, dry_run="false")
    assert told(answer) == (status, code)
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_list_is_sent_as_csv_and_bounded_as_every_body(ann: Member) -> None:
    for kind in ("text/csv", "text/csv; charset=utf-8; header=present", "Text/CSV"):
        headers, content = {"Content-Type": kind}, THREE.encode()
        answer = await ann.send("POST", "/me/copies/import", content=content, headers=headers)
        assert answer.status_code == 200, kind
    for kind in ("application/json", "text/plain", ""):
        answer = await ann.send(
            "POST", "/me/copies/import", content=THREE.encode(), headers={"Content-Type": kind}
        )
        assert told(answer) == (415, "unsupported-media-type"), kind
        assert "text/csv" in answer.json()["detail"]
    assert told(await send(ann, b"x" * (LONGEST_LIST + 1))) == (413, "payload-too-large")
    for value in ("perhaps", "0", "no", "FALSE", ""):
        assert told(await send(ann, THREE, dry_run=value)) == (422, "validation-failed"), value
    assert told(await send(ann, THREE, dryrun="false")) == (400, "unknown-parameter")


async def test_a_key_tells_an_import_from_its_dry_run(ann: Member) -> None:
    async def keyed(key: str, **query: str) -> Any:
        headers = {"Content-Type": "text/csv", "Idempotency-Key": key}
        path, content = "/me/copies/import", THREE.encode()
        return await ann.send("POST", path, content=content, headers=headers, params=query)

    assert (await keyed("one")).status_code == 200
    assert told(await keyed("one", dry_run="false")) == (422, "idempotency-key-reused")
    answers = [await keyed("two", dry_run="false") for _ in range(2)]
    assert [answer.json()["created"] for answer in answers] == [3, 3]
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert len(await ann.binder()) == 3


def test_the_small_catalogue_is_the_one_these_tests_speak_of() -> None:
    assert "omg-minji-ld,omg,minji,lucky_draw,Soundwave" in SMALL["cards.csv"]
