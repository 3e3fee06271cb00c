"""How an event is digested, and what follows on what: docs/trade-history.md, by hand."""

import json
from dataclasses import fields, replace
from datetime import timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest

from apps.trading.domain.chain import Happening, Head, Words
from apps.trading.domain.terms import TradeId
from tests.support.builders import ANN, BEA, NOON, a_uuid

FIRST = Happening(
    previous_hash=None,
    trade_id=TradeId(a_uuid(1, of=5)),
    sequence=1,
    id=a_uuid(2, of=5),
    kind="trade_proposed",
    revision=1,
    actor_id=ANN,
    reason="\u4e8c",
    at=NOON,
)
OTHERWISE: dict[str, Any] = {
    "previous_hash": "0" * 64,
    "trade_id": TradeId(a_uuid(9, of=5)),
    "sequence": 2,
    "id": a_uuid(3, of=5),
    "kind": "trade_accepted",
    "revision": 2,
    "actor_id": BEA,
    "reason": None,
    "at": NOON + timedelta(microseconds=1),
}


def test_each_field_is_tried() -> None:
    assert OTHERWISE.keys() == {each.name for each in fields(Happening)}


@pytest.mark.parametrize("name", OTHERWISE)
def test_whatever_an_event_says_is_in_its_hash(name: str) -> None:
    assert replace(FIRST, **{name: OTHERWISE[name]}).hash != FIRST.hash


def test_the_hash_is_what_the_page_says() -> None:
    told = [
        *(None, str(FIRST.trade_id), 1, str(FIRST.id), "trade_proposed", 1, str(ANN), "\u4e8c"),
        NOON.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
    ]
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    assert FIRST.hash == sha256(text.encode()).hexdigest()
    seoul = timezone(timedelta(hours=9))
    assert replace(FIRST, at=NOON.astimezone(seoul)).hash == FIRST.hash


def test_what_follows_is_the_next_one_with_the_hash_before_it_and_its_own() -> None:
    second = replace(FIRST, sequence=2, previous_hash=FIRST.hash)
    head = Head(1, FIRST.hash)
    assert FIRST.follows(Head(), FIRST.hash)
    assert second.follows(head, second.hash)
    assert not second.follows(head, FIRST.hash)
    assert not second.follows(Head(1, "0" * 64), second.hash)
    assert not second.follows(Head(2, FIRST.hash), second.hash)
    assert not second.follows(Head(), second.hash)
    assert not FIRST.follows(head, FIRST.hash)


def test_words_are_committed_to_with_their_salt() -> None:
    words = Words(salt="5a17", text="too late")
    assert words.commitment == f"sha256:{sha256(b'5a17too late').hexdigest()}"
    assert Words(salt="5a18", text="too late").commitment != words.commitment
    assert Words(salt="5a17", text="too soon").commitment != words.commitment
