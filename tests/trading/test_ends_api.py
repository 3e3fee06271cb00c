"""How an accepted trade ends before its end, and what time ends (T8-T10, T13)."""

from typing import Any

import pytest
from sqlalchemy import select

from apps.trading.application import end_trade
from apps.trading.application.end_trade import ExpireTrades
from apps.trading.infrastructure.models import TradePartyModel
from tests.support.site import Member, Site

LONG_AGO = "'2026-01-01 00:00:00.000000'"


async def accepted(site: Site, **terms: Any) -> tuple[Member, Member, str]:
    ann, bea = await site.join("ann"), await site.join("bea")
    body = {
        "to": str(bea.id),
        "give": [str(await ann.hold())],
        "take": [str(await bea.hold())],
        "method": "in_person",
    }
    trade = (await ann.post("/trades", body | terms)).json()["id"]
    answer = await bea.post(f"/trades/{trade}/accept", {"revision": 1})
    assert answer.status_code == 200, answer.text
    return ann, bea, trade


async def at_fault(site: Site) -> set[Any]:
    return set(await site.ask(select(TradePartyModel.member_id).where(TradePartyModel.at_fault)))


async def free(member: Member) -> bool:
    copies = (await member.get("/me/copies")).json()["items"]
    return {copy["state"] for copy in copies} == {"held"}


async def expire(site: Site) -> int:
    return await (await site.port(ExpireTrades))()


@pytest.mark.parametrize(("hours", "whose"), [(0, set()), (2, {"ann"})])
async def test_who_calls_it_off_alone_is_at_fault_after_an_hour(
    site: Site, hours: int, whose: set[str]
) -> None:
    ann, bea, trade = await accepted(site)
    if hours:
        await site.run(f"UPDATE trades SET accepted_at = {LONG_AGO}")
    answer = await ann.post(f"/trades/{trade}/cancel", {"reason": "the card is damaged"})
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled"), answer.text
    assert await at_fault(site) == {{"ann": ann.id, "bea": bea.id}[name] for name in whose}
    assert await free(ann)
    assert await free(bea)


async def test_calling_it_off_together_takes_both_and_is_nobodys_fault(site: Site) -> None:
    ann, bea, trade = await accepted(site)
    await site.run(f"UPDATE trades SET accepted_at = {LONG_AGO}")
    body = {"by_agreement": True}
    for _ in range(2):  # saying it twice oneself is not agreeing
        asked = (await ann.post(f"/trades/{trade}/cancel", body)).json()
        assert (asked["state"], asked["cancellation_asked_by"]) == ("accepted", str(ann.id))
    ended = (await bea.post(f"/trades/{trade}/cancel", body)).json()
    assert ended["state"] == "cancelled"
    assert await at_fault(site) == set()
    assert await free(ann)


async def test_agreeing_after_two_days_is_asking_anew(site: Site) -> None:
    ann, bea, trade = await accepted(site)
    await ann.post(f"/trades/{trade}/cancel", {"by_agreement": True})
    await site.run(
        f"UPDATE trade_parties SET cancel_asked_at = {LONG_AGO} WHERE cancel_asked_at IS NOT NULL"
    )
    assert (await bea.get(f"/trades/{trade}")).json()["cancellation_asked_by"] is None
    asked = (await bea.post(f"/trades/{trade}/cancel", {"by_agreement": True})).json()
    assert (asked["state"], asked["cancellation_asked_by"]) == ("accepted", str(bea.id))


async def test_who_asked_to_call_it_off_is_told_only_while_that_can_be_done(site: Site) -> None:
    ann, bea, trade = await accepted(site)
    await ann.post(f"/trades/{trade}/cancel", {"by_agreement": True})
    under_way = (await bea.post(f"/trades/{trade}/confirm")).json()
    assert (under_way["state"], under_way["cancellation_asked_by"]) == ("fulfilling", None)


async def test_once_a_card_has_changed_hands_nobody_can_call_it_off(site: Site) -> None:
    ann, bea, trade = await accepted(site)
    await ann.post(f"/trades/{trade}/confirm")
    refused = await bea.post(f"/trades/{trade}/cancel")
    assert (refused.status_code, refused.json()["code"]) == (409, "invalid-transition")
    assert refused.json()["allowed_actions"] == ["confirm", "dispute"]


async def test_a_proposal_that_nobody_answers_expires_and_frees_its_authors_copies(
    site: Site,
) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    trade = await ann.propose(bea, give=[await ann.hold()], take=[await bea.hold()])
    assert await expire(site) == 0
    await site.run(f"UPDATE trades SET due_at = {LONG_AGO}, answer_due_at = {LONG_AGO}")
    assert await expire(site) == 1
    assert await expire(site) == 0
    assert (await ann.get(f"/trades/{trade}")).json()["state"] == "expired"
    assert await free(ann)


async def test_what_has_lapsed_takes_no_place_among_what_expires(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would take one for ever, and no proposal behind it would end."""
    monkeypatch.setattr(end_trade, "BATCH", 1)
    ann, bea = await site.join("ann"), await site.join("bea")
    unlisted = await bea.hold()
    lapsed = await ann.propose(bea, give=[await ann.hold()], take=[unlisted])
    assert (await bea.patch(f"/me/copies/{unlisted}", {"for_trade": False})).status_code == 200
    assert (await ann.get(f"/trades/{lapsed}")).json()["state"] == "lapsed"
    trade = await ann.propose(bea, give=[await ann.hold()], take=[await bea.hold()])
    await site.run(f"UPDATE trades SET answer_due_at = {LONG_AGO}")
    await site.run(f"UPDATE trades SET due_at = {LONG_AGO} WHERE due_at IS NOT NULL")
    assert await expire(site) == 1
    assert (await ann.get(f"/trades/{trade}")).json()["state"] == "expired"


async def test_a_swap_that_nobody_makes_is_cancelled_at_the_fault_of_both(site: Site) -> None:
    ann, bea, trade = await accepted(site)
    due = (await ann.get(f"/trades/{trade}")).json()["act_due_at"]
    assert due is not None
    await site.run(f"UPDATE trades SET due_at = {LONG_AGO}, accepted_at = {LONG_AGO}")
    assert await expire(site) == 1
    assert (await bea.get(f"/trades/{trade}")).json()["state"] == "cancelled"
    assert await at_fault(site) == {ann.id, bea.id}
    assert await free(ann)
    assert await free(bea)


async def test_a_trade_under_way_is_not_ended_by_time(site: Site) -> None:
    ann, _, trade = await accepted(site)
    await ann.post(f"/trades/{trade}/confirm")
    await site.run(f"UPDATE trades SET accepted_at = {LONG_AGO}")
    assert await expire(site) == 0
    assert (await ann.get(f"/trades/{trade}")).json()["state"] == "fulfilling"


async def test_members_list_their_trades_newest_first_and_those_that_wait_for_them(
    site: Site,
) -> None:
    ann, bea, eve = [await site.join(name) for name in ("ann", "bea", "eve")]
    first = await ann.propose(bea, give=[await ann.hold()], take=[await bea.hold()])
    second = await bea.propose(ann, give=[await bea.hold()], take=[await ann.hold()])
    third = await ann.propose(eve, give=[await ann.hold()], take=[await eve.hold()])
    await eve.post(f"/trades/{third}/reject")

    async def ids(member: Member, **query: Any) -> list[str]:
        answer = await member.get("/trades", **query)
        assert answer.status_code == 200, answer.text
        return [trade["id"] for trade in answer.json()["items"]]

    assert await ids(ann) == [str(third), str(second), str(first)]
    assert await ids(ann, turn="me") == [str(second)]
    assert await ids(ann, state="rejected") == [str(third)]
    assert await ids(ann, state=["rejected", "proposed"], limit=2) == [str(third), str(second)]
    assert await ids(bea, turn="me", state="proposed") == [str(first)]
    assert await ids(eve, state="proposed") == []
    page = (await ann.get("/trades", limit=1)).json()
    rest = (await ann.get("/trades", cursor=page["next_cursor"])).json()
    assert [trade["id"] for trade in rest["items"]] == [str(second), str(first)]
    assert (await ann.get("/trades", turn="you")).status_code == 422
    assert (await ann.get("/trades", state="lost")).status_code == 422
