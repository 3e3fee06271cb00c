"""Proposing a trade over HTTP: what is answered, and what is refused (T2, D.2)."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.support.deals import a_deal, promises, told
from tests.support.levels import raise_to
from tests.support.site import API, Member, Site, proposal

TRADE = {
    "id", "state", "revision", "turn", "method", "place", "planned_at", "parties", "legs",
    "allowed_actions", "answer_due_at", "act_due_at", "cancellation_asked_by",
    "first_sender", "tracked", "due_at", "presence_verified", "dispute", "created_at", "updated_at",
}  # fmt: skip

LEG = {
    "id", "from", "to", "state", "copies", "ship_by", "must_track", "carrier", "tracking_number",
    "shipped_at", "delivered_at", "received_at", "verified", "auto_received", "disputed",
}  # fmt: skip


@pytest.fixture
async def ann(site: Site) -> Member:
    return await site.join("ann")


@pytest.fixture
async def bea(site: Site) -> Member:
    return await site.join("bea")


async def a_body(ann: Member, bea: Member, **more: Any) -> dict[str, Any]:
    return proposal(bea, give=[await ann.hold()], take=[await bea.hold()]) | more


async def test_a_proposal_is_shown_with_all_that_was_agreed(ann: Member, bea: Member) -> None:
    mine, theirs = await ann.site.some_cards(2)
    given, taken = await ann.hold(mine), await bea.hold(theirs)
    body = proposal(bea, give=[given], take=[taken])
    soon = (await ann.site.clock()).now().replace(microsecond=0) + timedelta(days=2)
    planned = soon.astimezone(timezone(timedelta(hours=8))).isoformat()
    assert planned.endswith("+08:00")
    answer = await ann.post("/trades", body | {"place": "Hongdae, exit 9", "planned_at": planned})
    assert answer.status_code == 201, answer.text
    trade = answer.json()
    assert set(trade) == TRADE
    assert (trade["state"], trade["revision"], trade["turn"]) == ("proposed", 1, str(bea.id))
    assert (trade["method"], trade["place"]) == ("in_person", "Hongdae, exit 9")
    assert trade["planned_at"] == soon.isoformat().replace("+00:00", "Z")
    assert trade["parties"] == [
        {"member_id": str(ann.id), "nickname": "ann", "consented": True, "at_fault": False},
        {"member_id": str(bea.id), "nickname": "bea", "consented": False, "at_fault": False},
    ]
    there, back = trade["legs"]
    assert set(there) == LEG
    assert (there["from"], there["to"], there["state"]) == (str(ann.id), str(bea.id), "due")
    assert (back["from"], back["to"]) == (str(bea.id), str(ann.id))
    (copy,) = there["copies"]
    card = (await ann.get(f"/cards/{mine}")).json()
    assert copy == {"id": str(given), "card": card}
    assert [each["card"]["id"] for each in back["copies"]] == [str(theirs)]
    assert moment(trade["answer_due_at"]) - moment(trade["created_at"]) == timedelta(hours=72)
    assert trade["updated_at"] == trade["created_at"]


async def test_location_leads_to_the_trade_for_both_parties(ann: Member, bea: Member) -> None:
    answer = await ann.post("/trades", await a_body(ann, bea))
    path = answer.headers["Location"].removeprefix(API)
    assert (await ann.get(path)).json() == answer.json()
    seen = (await bea.get(path)).json()
    assert seen.pop("allowed_actions") == ["accept", "counter", "reject"]
    assert seen == {k: v for k, v in answer.json().items() if k != "allowed_actions"}


async def test_a_stranger_sees_no_trade(site: Site) -> None:
    deal, eve = await a_deal(site), await site.join("eve")
    hidden, missing = await eve.get(deal.path), await eve.get(f"/trades/{uuid4()}")
    assert told(hidden) == told(missing) == (404, "not-found")
    differing = {name for name, value in hidden.json().items() if missing.json()[name] != value}
    assert differing == {"instance", "request_id"}


@pytest.mark.parametrize("hours", [24, 168])
async def test_the_author_may_give_more_or_less_time(ann: Member, bea: Member, hours: int) -> None:
    trade = (await ann.post("/trades", await a_body(ann, bea, answer_within_hours=hours))).json()
    due, sent = moment(trade["answer_due_at"]), moment(trade["created_at"])
    assert due - sent == timedelta(hours=hours)


MALFORMED: list[tuple[str, object]] = [
    ("answer_within_hours", 23),
    ("answer_within_hours", 169),
    ("take", []),
    ("give", None),
    ("to", "bea"),
    ("method", "pigeon"),
    ("planned_at", "2026-12-01T14:00:00"),
    ("planned_at", "2026-12-01"),
    ("planned_at", "1796104800"),
    ("planned_at", 1796104800),
    ("planned_at", "0001-01-01T00:00:00+08:00"),
    ("place", ""),
    ("place", "x" * 201),
    ("note", "x" * 501),
    ("surprise", True),
]


async def test_what_departs_from_the_form_is_pointed_at(ann: Member, bea: Member) -> None:
    body = await a_body(ann, bea)
    for member, value in MALFORMED:
        answer = await ann.post("/trades", body | {member: value})
        assert told(answer) == (422, "validation-failed"), member
        assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{member}"]


async def test_twenty_copies_a_side_are_a_trade_and_one_more_is_not(
    ann: Member, bea: Member
) -> None:
    await raise_to(1, ann)
    give = [await ann.hold() for _ in range(21)]
    take = [await bea.hold()]
    refused = await ann.post("/trades", proposal(bea, give=give, take=take))
    assert told(refused) == (422, "validation-failed")
    assert (await ann.post("/trades", proposal(bea, give=give[:20], take=take))).status_code == 201


@pytest.mark.parametrize("method", ["event"])
async def test_cards_change_hands_in_person_only(ann: Member, bea: Member, method: str) -> None:
    answer = await ann.post("/trades", await a_body(ann, bea, method=method))
    assert told(answer) == (422, "method-not-available")


async def test_a_copy_stands_in_a_proposal_once(ann: Member, bea: Member) -> None:
    body = await a_body(ann, bea)
    for twice in ({"give": body["give"] * 2}, {"take": body["take"] * 2}, {"take": body["give"]}):
        assert told(await ann.post("/trades", body | twice)) == (422, "duplicate-ids")


async def test_nobody_trades_with_oneself(ann: Member) -> None:
    body = proposal(ann, give=[await ann.hold()], take=[await ann.hold()])
    assert told(await ann.post("/trades", body)) == (422, "one-sided-trade")


async def test_each_side_gives_what_it_has(ann: Member, bea: Member) -> None:
    body, nobodys = await a_body(ann, bea), str(uuid4())
    eves = str(await (await ann.site.join("eve")).hold())
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"give": [nobodys]}, ["/give/0"]),
        ({"give": [*body["give"], eves]}, ["/give/1"]),
        ({"take": [nobodys, *body["take"], eves]}, ["/take/0", "/take/2"]),
        ({"to": nobodys}, ["/to"]),
    ]
    for change, pointers in cases:
        answer = await ann.post("/trades", body | change)
        assert told(answer) == (404, "not-found")
        errors = answer.json()["errors"]
        assert [error["pointer"] for error in errors] == pointers
        assert {error["code"] for error in errors} == {"not-found"}


async def test_only_what_is_for_trade_is_traded(ann: Member, bea: Member) -> None:
    for side, owner in {"give": ann, "take": bea}.items():
        copy = str(await owner.hold(for_trade=False))
        answer = await ann.post("/trades", await a_body(ann, bea) | {side: [copy]})
        assert told(answer) == (422, "copy-not-for-trade")
        assert answer.json()["copy_ids"] == [copy]


async def test_who_accepts_no_proposals_gets_none(ann: Member, bea: Member) -> None:
    body = await a_body(ann, bea)
    await bea.patch("/me", {"privacy": {"accepts_proposals": False}})
    assert told(await ann.post("/trades", body)) == (403, "proposals-not-accepted")
    back = body | {"to": str(ann.id), "give": body["take"], "take": body["give"]}
    assert (await bea.post("/trades", back)).status_code == 201, "to send is still allowed"


async def test_what_is_promised_is_not_promised_again(site: Site) -> None:
    deal, eve = await a_deal(site), await site.join("eve")
    body = proposal(eve, give=deal.give, take=[await eve.hold()])
    answer = await deal.author.post("/trades", body)
    assert told(answer) == (409, "copy-already-promised")
    assert answer.json()["copy_ids"] == [str(copy) for copy in deal.give]
    assert answer.json()["trade_ids"] == [str(deal.id)]
    body = proposal(deal.author, give=[await eve.hold()], take=deal.give)
    asked = await eve.post("/trades", body)
    assert told(asked) == (409, "copy-already-promised")
    assert asked.json()["copy_ids"] == [str(copy) for copy in deal.give]
    assert "trade_ids" not in asked.json()
    assert str(deal.id) not in asked.text


async def test_a_proposal_freezes_nobody_elses_copy(site: Site) -> None:
    deal, eve = await a_deal(site), await site.join("eve")
    await eve.propose(deal.other, give=[await eve.hold()], take=deal.take)
    assert await promises(site, *deal.give, *deal.take) == {
        deal.give[0]: [deal.id],
        deal.take[0]: [],
    }


async def test_a_pair_has_three_live_trades_at_most(ann: Member, bea: Member) -> None:
    """Trades of one of them with others are none of the pair."""
    deals = [await a_deal(ann.site, author=ann, other=bea) for _ in range(2)]
    deals += [await a_deal(ann.site, author=bea, other=ann)]
    answer = await ann.post("/trades", await a_body(ann, bea))
    assert told(answer) == (422, "limit-exceeded")
    assert limit(answer.json()) == ("live_trades_per_pair", 3, 3, None)
    eve = await ann.site.join("eve")
    for one in (ann, bea):
        assert (await one.post("/trades", await a_body(one, eve))).status_code == 201
    await deals[0].reject()
    assert (await ann.post("/trades", await a_body(ann, bea))).status_code == 201


async def test_a_member_has_so_many_open_proposals_out(url: str, keys: Path) -> None:
    async with Site(url, keys, open_proposals_out=1) as site:
        deal, eve = await a_deal(site), await site.join("eve")
        answer = await deal.author.post("/trades", await a_body(deal.author, eve))
        assert told(answer) == (422, "limit-exceeded")
        assert limit(answer.json()) == ("open_proposals_out", 1, 1, None)
        answer = await deal.other.post("/trades", await a_body(deal.other, eve))
        assert answer.status_code == 201, "who is asked has asked nobody yet"
        await deal.accept()
        answer = await deal.author.post("/trades", await a_body(deal.author, eve))
        assert answer.status_code == 201, "what is agreed is no open proposal any more"


async def test_the_same_swap_is_not_asked_again_at_once(site: Site) -> None:
    deal = await a_deal(site)
    rejected = (await deal.reject()).json()
    body = proposal(deal.other, give=deal.give, take=deal.take)
    answer = await deal.author.post("/trades", body)
    assert told(answer) == (409, "recently-rejected")
    again_at = moment(answer.json()["again_at"])
    assert again_at - moment(rejected["updated_at"]) == timedelta(hours=24)
    more = proposal(deal.other, give=[*deal.give, await deal.author.hold()], take=deal.take)
    assert (await deal.author.post("/trades", more)).status_code == 201


def moment(told: str) -> datetime:
    assert told.endswith("Z")
    return datetime.fromisoformat(told)


def limit(problem: dict[str, Any]) -> tuple[object, ...]:
    return tuple(
        problem[name] for name in ("limit_key", "limit_value", "current_value", "reset_at")
    )


@pytest.mark.parametrize("planned", ["9999-12-31T12:00:00Z", "2099-01-01T00:00:00Z"])
async def test_a_meeting_is_not_planned_for_a_day_that_nobody_waits_for(
    ann: Member, bea: Member, planned: str
) -> None:
    answer = await ann.post("/trades", await a_body(ann, bea, planned_at=planned))
    assert (answer.status_code, answer.json()["code"]) == (422, "planned-too-far")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/planned_at"]


async def test_a_meeting_is_planned_for_a_moment_to_come(ann: Member, bea: Member) -> None:
    past = (await ann.site.clock()).now() - timedelta(minutes=1)
    answer = await ann.post("/trades", await a_body(ann, bea, planned_at=past.isoformat()))
    assert (answer.status_code, answer.json()["code"]) == (422, "planned-in-the-past")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/planned_at"]
