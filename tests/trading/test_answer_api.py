"""Answering a proposal and fulfilling what was agreed, over HTTP (T4-T7, T11, T12)."""

from typing import Any

import pytest
from sqlalchemy import select

from apps.identity.infrastructure.standings import StandingModel
from apps.trading.infrastructure.models import TradeEventModel
from tests.support.deals import Deal, a_deal, ensure_sound, owners, promises, told
from tests.support.site import Site

COMMANDS = ("accept", "reject", "withdraw", "confirm")


@pytest.fixture
async def deal(site: Site) -> Deal:
    return await a_deal(site)


async def test_an_acceptance_answers_with_the_trade_as_it_now_is(site: Site, deal: Deal) -> None:
    answer = await deal.accept()
    assert answer.status_code == 200, answer.text
    trade = answer.json()
    assert (trade["state"], trade["turn"], trade["revision"]) == ("accepted", None, 1)
    assert [party["consented"] for party in trade["parties"]] == [True, True]
    assert trade["allowed_actions"] == ["confirm", "cancel", "dispute"]
    assert trade == (await deal.other.get(deal.path)).json()
    assert await promises(site, *deal.give, *deal.take) == {
        deal.give[0]: [deal.id],
        deal.take[0]: [deal.id],
    }


@pytest.mark.parametrize("body", [None, {}, {"reason": None}, {"reason": "Too far", "revision": 1}])
@pytest.mark.parametrize("command", ["reject", "withdraw"])
async def test_a_no_takes_a_reason_a_revision_or_nothing_at_all(
    deal: Deal, command: str, body: dict[str, Any] | None
) -> None:
    who, end = {
        "reject": (deal.other, "rejected"),
        "withdraw": (deal.author, "withdrawn"),
    }[command]
    answer = await who.post(f"{deal.path}/{command}", body)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["turn"]) == (end, None)
    assert answer.json()["allowed_actions"] == []
    assert await promises(deal.author.site, *deal.give) == {deal.give[0]: []}


async def test_an_acceptance_needs_a_revision(deal: Deal) -> None:
    for body in (None, {}, {"revision": None}, {"revision": 0}, {"revision": "one"}):
        answer = await deal.other.post(f"{deal.path}/accept", body)
        assert told(answer) == (422, "validation-failed"), body


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_revision_is_compared_wherever_it_is_sent(deal: Deal, command: str) -> None:
    who = deal.author if command == "withdraw" else deal.other
    if command == "confirm":
        await deal.accept()
    stale = await who.post(f"{deal.path}/{command}", {"revision": 2})
    assert told(stale) == (409, "stale-revision")
    assert stale.json()["revision"] == 1
    assert (await who.post(f"{deal.path}/{command}", {"revision": 1})).status_code == 200


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_member_nobody_knows_is_refused(deal: Deal, command: str) -> None:
    answer = await deal.other.post(f"{deal.path}/{command}", {"revision": 1, "surprise": 1})
    assert told(answer) == (422, "validation-failed")
    assert answer.json()["errors"][0]["pointer"] == "/surprise"


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_stranger_has_nothing_to_answer(site: Site, deal: Deal, command: str) -> None:
    eve = await site.join("eve")
    answer = await eve.post(f"{deal.path}/{command}", {"revision": 1})
    assert told(answer) == (404, "not-found")


@pytest.mark.parametrize(
    ("command", "by_author", "allowed"),
    [
        ("accept", True, ["withdraw"]),
        ("reject", True, ["withdraw"]),
        ("withdraw", False, ["accept", "counter", "reject"]),
        ("confirm", True, ["withdraw"]),
        ("confirm", False, ["accept", "counter", "reject"]),
    ],
)
async def test_out_of_turn_one_is_told_what_one_may_do(
    deal: Deal, command: str, *, by_author: bool, allowed: list[str]
) -> None:
    who = deal.author if by_author else deal.other
    answer = await who.post(f"{deal.path}/{command}", {"revision": 1})
    assert told(answer) == (409, "invalid-transition")
    assert (answer.json()["state"], answer.json()["allowed_actions"]) == ("proposed", allowed)


async def test_an_answer_comes_in_time_or_not_at_all(deal: Deal) -> None:
    await deal.fall_due()
    for command in ("accept", "reject"):
        answer = await deal.other.post(f"{deal.path}/{command}", {"revision": 1})
        assert told(answer) == (409, "invalid-transition")
        assert (answer.json()["state"], answer.json()["allowed_actions"]) == ("proposed", [])
    assert (await deal.other.get(deal.path)).json()["allowed_actions"] == []
    assert (await deal.withdraw()).status_code == 200


async def test_who_asked_for_a_copy_that_went_elsewhere_is_told_and_is_free_again(
    site: Site, deal: Deal
) -> None:
    eve = await site.join("eve")
    second = await a_deal(site, author=eve, other=deal.other, take=deal.take)
    await deal.accept()
    trade = (await eve.get(second.path)).json()
    assert (trade["state"], trade["turn"], trade["allowed_actions"]) == ("lapsed", None, [])
    assert str(deal.author.id) not in str(trade), "nobody is told to whom it went"
    assert await promises(site, *second.give) == {second.give[0]: []}
    again = await second.accept()
    assert (told(again), again.json()["state"]) == ((409, "invalid-transition"), "lapsed")


async def test_who_asked_for_what_its_owner_gave_away_is_told_as_well(site: Site) -> None:
    ann, eve = await site.join("ann"), await site.join("eve")
    wanted = [await ann.hold()]
    asked = await a_deal(site, author=eve, other=ann, take=wanted)
    given = await a_deal(site, author=ann, give=wanted)
    assert await asked.state() == "proposed", "an offer may still come to nothing"
    await given.accept()
    assert await asked.state() == "lapsed"
    assert await promises(site, *asked.give) == {asked.give[0]: []}


async def test_one_cannot_accept_with_a_copy_offered_elsewhere(site: Site, deal: Deal) -> None:
    offered = await a_deal(site, author=deal.other, other=await site.join("eve"), give=deal.take)
    answer = await deal.accept()
    assert told(answer) == (409, "copy-already-promised")
    assert answer.json()["copy_ids"] == [str(deal.take[0])]
    assert answer.json()["trade_ids"] == [str(offered.id)]
    await offered.reject()
    assert (await deal.accept()).status_code == 200


async def test_each_party_confirms_once_and_then_the_copies_change_hands(
    site: Site, deal: Deal
) -> None:
    await deal.accept()
    first = (await deal.confirm(deal.other)).json()
    assert (first["state"], first["allowed_actions"]) == ("fulfilling", ["dispute"])
    assert [leg["state"] for leg in first["legs"]] == ["received", "due"]
    assert told(await deal.confirm(deal.other)) == (409, "invalid-transition")
    assert await owners(site, *deal.give, *deal.take) == [deal.author.id, deal.other.id]
    last = (await deal.confirm(deal.author)).json()
    assert (last["state"], last["allowed_actions"]) == ("completed", [])
    assert [leg["state"] for leg in last["legs"]] == ["received", "received"]
    assert await owners(site, *deal.give, *deal.take) == [deal.other.id, deal.author.id]
    assert await promises(site, *deal.give) == {deal.give[0]: []}
    assert await site.ask(select(StandingModel.completed_trades)) == [1, 1]
    assert told(await deal.confirm(deal.other)) == (409, "invalid-transition")
    await ensure_sound(site)


async def test_what_changed_hands_still_says_who_gave_what(deal: Deal) -> None:
    await deal.complete()
    there, back = (await deal.author.get(deal.path)).json()["legs"]
    assert (there["from"], there["copies"][0]["id"]) == (str(deal.author.id), str(deal.give[0]))
    assert (back["from"], back["copies"][0]["id"]) == (str(deal.other.id), str(deal.take[0]))


async def test_a_history_has_a_row_for_each_step(site: Site) -> None:
    ann, bea, eve = [await site.join(name) for name in ("ann", "bea", "eve")]
    done = await a_deal(site, author=ann, other=bea)
    lost = await a_deal(site, author=eve, other=bea, take=done.take)
    await done.complete()
    assert await done.history() == [
        "trade_proposed", "trade_accepted", "leg_received", "leg_received", "trade_completed",
    ]  # fmt: skip
    assert await lost.history() == ["trade_proposed", "trade_lapsed"]
    refused = await a_deal(site, author=ann, other=bea)
    await bea.post(f"{refused.path}/reject", {"reason": "Too far\nfor me"})
    rows = select(TradeEventModel).where(TradeEventModel.trade_id == refused.id)
    sent, no = await site.ask(rows.order_by(TradeEventModel.id))
    assert (sent.kind, sent.actor_id, sent.reason, sent.revision) == (
        "trade_proposed", ann.id, None, 1,
    )  # fmt: skip
    assert (no.kind, no.actor_id) == ("trade_rejected", bea.id)
    assert no.reason.startswith("sha256:"), "only a commitment to it can never be deleted"
    assert sent.at < no.at
    lapse = select(TradeEventModel).where(TradeEventModel.kind == "trade_lapsed")
    (row,) = await site.ask(lapse)
    assert (row.actor_id, row.reason) == (None, "copy_unavailable")
    back = await a_deal(site, author=ann, other=bea)
    await back.withdraw()
    assert await back.history() == ["trade_proposed", "trade_withdrawn"]


async def test_what_is_refused_leaves_no_history(deal: Deal) -> None:
    for step in (deal.accept(revision=2), deal.confirm(deal.author)):
        assert (await step).status_code == 409
    assert await deal.history() == ["trade_proposed"]
