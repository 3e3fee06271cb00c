"""Whoever asks twice under one Idempotency-Key is answered twice and served once."""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from apps.shared.application.replies import KeyedRequest, Replies
from apps.shared.application.work import UnitOfWork
from apps.shared.infrastructure.replies import IdempotencyKeyModel
from apps.trading.infrastructure.models import TradeModel
from tests.support.site import API, Member, Site, elsewhere, proposal

REPLAYED = "Idempotency-Replayed"


async def a_proposal(site: Site) -> tuple[Member, dict[str, Any]]:
    ann, bea = await site.join("ann"), await site.join("bea")
    return ann, proposal(bea, give=[await ann.hold()], take=[await bea.hold()])


async def keyed(member: Member, body: object, key: str, path: str = "/trades") -> Any:
    return await member.send("POST", path, body, headers={"Idempotency-Key": key})


async def test_fifty_requests_at_once_under_one_key_have_one_effect(site: Site) -> None:
    ann, body = await a_proposal(site)
    answers = await asyncio.gather(*(keyed(ann, body, "once") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({(answer.text, answer.headers["Location"]) for answer in answers}) == 1
    assert Counter(answer.headers.get(REPLAYED) for answer in answers) == {None: 1, "true": 49}
    assert await site.ask(select(func.count()).select_from(TradeModel)) == [1]


async def test_without_a_key_the_second_request_is_refused_on_its_own_merits(site: Site) -> None:
    """The control: it is the key that makes the second answer a success."""
    ann, body = await a_proposal(site)
    answers = [await ann.post("/trades", body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 409]


async def test_a_key_belongs_to_one_body_one_member_and_one_path(site: Site) -> None:
    ann, body = await a_proposal(site)
    assert (await keyed(ann, body, "mine")).status_code == 201
    other = await keyed(ann, body | {"place": "Taipei"}, "mine")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    copy = {"card_id": str((await site.some_cards(1))[0]), "condition": "mint", "for_trade": True}
    assert (await keyed(ann, copy, "mine", "/me/copies")).headers.get(REPLAYED) is None
    eve = await site.join("eve")
    assert (await keyed(eve, copy, "mine", "/me/copies")).headers.get(REPLAYED) is None


async def test_a_refusal_is_not_kept_so_that_its_cause_can_be_mended(site: Site) -> None:
    ann, body = await a_proposal(site)
    assert (await keyed(ann, body | {"take": body["give"]}, "try")).status_code == 422
    assert (await keyed(ann, body, "try")).status_code == 201


async def test_an_answer_without_a_body_is_replayed_as_well(site: Site) -> None:
    ann, body = await a_proposal(site)
    trade = (await ann.post("/trades", body)).json()["id"]
    answers = [await keyed(ann, None, "back", f"/trades/{trade}/withdraw") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].text == answers[1].text


@pytest.mark.parametrize(("key", "status"), [("k" * 255, 201), ("k" * 256, 400), ("", 400)])
async def test_a_key_has_1_to_255_characters(site: Site, key: str, status: int) -> None:
    ann, body = await a_proposal(site)
    assert (await keyed(ann, body, key)).status_code == status


@pytest.mark.parametrize("id", ["%00", "x" * 2_000, "%F0%9F", "first"])
async def test_a_key_on_a_path_that_leads_nowhere_is_refused_for_the_path(
    site: Site, id: str
) -> None:
    ann = await site.join("ann")
    assert (await keyed(ann, {"revision": 1}, "odd", f"/trades/{id}/accept")).status_code == 422
    assert await site.ask(select(func.count()).select_from(IdempotencyKeyModel)) == [0]


async def test_a_key_is_plain_text(site: Site) -> None:
    ann, body = await a_proposal(site)
    headers = {"Idempotency-Key": "schl\xfcssel".encode("latin-1")}
    answer = await ann.send("POST", "/trades", body, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["header"]) == (400, "Idempotency-Key")


async def test_after_a_day_a_key_is_new_again(site: Site) -> None:
    ann, body = await a_proposal(site)
    trade = (await keyed(ann, body, "daily")).json()["id"]
    await ann.post(f"/trades/{trade}/withdraw")
    (made,) = await site.ask(select(IdempotencyKeyModel.created_at))
    await site.run(
        "UPDATE idempotency_keys SET created_at = "
        f"'{(made - timedelta(hours=25)).strftime('%Y-%m-%d %H:%M:%S.%f')}'"
    )
    again = await keyed(ann, body, "daily")
    assert (again.status_code, again.headers.get(REPLAYED)) == (201, None)
    assert again.json()["id"] != trade


async def test_a_twin_that_waits_too_long_is_told_that_the_first_is_under_way(
    postgresql: str, keys: Path
) -> None:
    async with Site(postgresql, keys) as site:
        ann, body = await a_proposal(site)
        first = KeyedRequest(
            member_id=ann.id, method="POST", path=f"{API}/trades", key="slow", digest=b""
        )
        async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
            await (await site.port(Replies)).reserve(first)  # type: ignore[type-abstract]
            twin = await elsewhere(keyed(ann, body, "slow"))
        assert (twin.status_code, twin.json()["code"]) == (409, "idempotency-in-progress")


async def test_of_two_keys_nobody_could_say_which_one_counts(site: Site) -> None:
    ann, body = await a_proposal(site)
    twice = [("Idempotency-Key", "one"), ("Idempotency-Key", "two")]
    headers = [("Authorization", f"Bearer {ann.token}"), *twice]
    answer = await site.client.post(f"{API}/trades", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


async def test_a_key_has_one_effect_because_a_path_has_one_spelling(site: Site) -> None:
    ann, body = await a_proposal(site)
    trade = (await ann.post("/trades", body)).json()["id"]
    note = {"text": "At noon?"}
    assert (await keyed(ann, note, "say", f"/trades/{trade}/notes")).status_code == 201
    for spelling in (trade.upper(), trade.replace("-", ""), f"urn:uuid:{trade}", f"{{{trade}}}"):
        answer = await keyed(ann, note, "say", f"/trades/{spelling}/notes")
        assert (answer.status_code, answer.json()["code"]) == (422, "validation-failed")
        assert answer.json()["errors"][0]["parameter"] == "trade_id"
