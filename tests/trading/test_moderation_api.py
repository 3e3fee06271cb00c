"""What moderators who are no party see of disputes and decide, over HTTP (T22)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from uuid_utils.compat import uuid7

from apps.operations.infrastructure.invariants import broken
from apps.trading.domain.moves import State
from apps.trading.domain.terms import DisputeKind
from apps.trading.infrastructure.cases import DisputeCaseModel
from apps.trading.infrastructure.notes import TradeNoteModel
from tests.support.deals import ensure_sound, owners, promises, told
from tests.support.disputes import (
    PLEA,
    WEEK,
    Quarrel,
    a_moderator,
    a_quarrel,
    ensure_well,
)
from tests.support.site import Member, Site

MOVED = "a copy changed hands once by a trade that was completed or a leg let stand"


@pytest.fixture
async def mia(site: Site) -> Member:
    return await a_moderator(site, "mia")


@pytest.fixture
async def max_(site: Site) -> Member:
    return await a_moderator(site, "max", role="admin")


@pytest.fixture
async def quarrel(site: Site) -> Quarrel:
    return await a_quarrel(site, heard=True)


async def test_only_moderators_see_cases(site: Site, quarrel: Quarrel, mia: Member) -> None:
    path, eve = await quarrel.path(), await site.join("eve")
    for member in (eve, quarrel.deal.author):
        for answer in (
            await member.get("/admin/cases"),
            await member.get("/admin/appeals"),
            await member.get(path),
            await member.post(f"{path}/assign"),
            await quarrel.decide(member),
            await quarrel.review(member),
        ):
            assert told(answer) == (403, "moderators-only")
    shown = (await mia.get(path)).json()
    assert shown["allowed_actions"] == ["assign", "decide"]
    assert [leg["id"] for leg in shown["trade"]["legs"]] == await quarrel.legs()
    assert (shown["trade"]["state"], shown["trade"]["allowed_actions"]) == ("disputed", [])
    assert [each["text"] for each in shown["statements"]] == [PLEA["text"], "We did."]


async def test_a_moderator_who_is_a_party_has_no_say(site: Site, mia: Member) -> None:
    quarrel = await a_quarrel(site, heard=True, author=mia)
    path = await quarrel.path()
    for answer in (
        await mia.get(path),
        await mia.post(f"{path}/assign"),
        await quarrel.decide(mia),
    ):
        assert told(answer) == (403, "own-case")
    assert await quarrel.deal.state() is State.DISPUTED
    other = await a_moderator(site, "max")
    foreign = await a_quarrel(site, heard=True, number=1)
    await foreign.grow_old(WEEK + timedelta(seconds=1))
    await quarrel.grow_old(WEEK + timedelta(seconds=1))
    for asked in ({}, {"state": "open"}, {"overdue": "true"}):
        for reader, quarrels in ((mia, [foreign]), (other, [quarrel, foreign])):
            listed = (await reader.get("/admin/cases", **asked)).json()["items"]
            assert [each["trade_id"] for each in listed] == [str(each.deal.id) for each in quarrels]
    ensure_well([await quarrel.decide(other)])
    await quarrel.appeal(quarrel.deal.other)
    assert (await mia.get("/admin/appeals")).json()["items"] == []
    assert len((await other.get("/admin/appeals")).json()["items"]) == 1
    assert told(await quarrel.review(mia)) == (403, "own-case")


async def test_moderators_read_what_the_parties_told_each_other(
    quarrel: Quarrel, mia: Member, max_: Member
) -> None:
    """The last hundred notes, oldest first; parties read them where they always do."""
    ann, bea, path = quarrel.deal.author, quarrel.deal.other, f"{quarrel.deal.path}/notes"
    for author, text in ((ann, "At the station?"), (bea, "Call 0912 345 678.")):
        assert (await author.post(path, {"text": text})).status_code == 201
    notes = (await mia.get(await quarrel.path())).json()["notes"]
    assert notes == (await ann.get(path)).json()["items"]
    assert [note["text"] for note in notes] == ["At the station?", "Call 0912 345 678."]
    assert told(await max_.get(path)) == (404, "not-found")
    assert "notes" not in (await ann.get(f"{quarrel.deal.path}/dispute")).json()
    (first,) = await quarrel.site.ask(select(TradeNoteModel).limit(1))
    same = {"trade_id": first.trade_id, "author_id": first.author_id}
    more = [
        {"id": uuid7(), "text": str(number), "created_at": first.created_at, **same}
        for number in range(99)
    ]
    await quarrel.site.change(insert(TradeNoteModel).values(more))
    notes = (await mia.get(await quarrel.path())).json()["notes"]
    assert [notes[0]["text"], notes[1]["text"], notes[-1]["text"]] == [
        "Call 0912 345 678.",
        "0",
        "98",
    ]


async def test_the_queue_is_read_oldest_first(site: Site, mia: Member) -> None:
    quarrels = [await a_quarrel(site, heard=True, number=number) for number in range(3)]
    ids = [str((await quarrel.case()).id) for quarrel in quarrels]
    await quarrels[1].grow_old(WEEK + timedelta(seconds=1))

    async def listed(**asked: object) -> list[str]:
        read: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = (await mia.get("/admin/cases", limit=2, **asked, **cursor)).json()
            read += [case["id"] for case in page["items"]]
            if page["next_cursor"] is None:
                return read
            cursor = {"cursor": page["next_cursor"]}

    assert await listed() == ids
    assert await listed(overdue="true") == [ids[1]]
    ensure_well([await quarrels[1].decide(mia)])
    assert await listed(overdue="true") == []
    assert await listed(state="open") == [ids[0], ids[2]]
    assert await listed(state=["decided", "open"]) == ids
    page = (await mia.get("/admin/cases", state="decided")).json()
    assert page["items"][0].keys() >= {"trade_id", "kind", "assigned_to", "opened_at", "overdue"}


async def test_nothing_is_decided_before_both_have_answered_or_a_week_is_over(
    site: Site, mia: Member
) -> None:
    quarrel = await a_quarrel(site)
    until = (await mia.get(await quarrel.path())).json()["evidence_until"]
    early = await quarrel.decide(mia)
    assert (*told(early), early.json()["decidable_at"]) == (409, "evidence-pending", until)
    await quarrel.grow_old()
    ensure_well([await quarrel.decide(mia)])


async def test_what_did_not_arrive_may_do_so_for_another_week(
    quarrel: Quarrel, mia: Member
) -> None:
    lost = update(DisputeCaseModel).values(kind=DisputeKind.NOT_ARRIVED)
    await quarrel.site.change(lost)
    assert told(await quarrel.decide(mia)) == (409, "evidence-pending")
    await quarrel.grow_old()
    ensure_well([await quarrel.decide(mia)])


async def test_without_fault_one_moderator_decides_and_copies_are_released(
    site: Site, quarrel: Quarrel, mia: Member
) -> None:
    ann, bea, (mine,), (hers,) = (
        quarrel.deal.author,
        quarrel.deal.other,
        quarrel.deal.give,
        quarrel.deal.take,
    )
    shown = (await quarrel.decide(mia)).json()
    assert (shown["state"], shown["awaiting_confirmation"]) == ("decided", False)
    assert (shown["decision"]["decided_by"], shown["assigned_to"]) == (str(mia.id), str(mia.id))
    assert shown["trade"]["state"] == "resolved"
    assert await owners(site, mine, hers) == [ann.id, bea.id]
    assert await promises(site, mine, hers) == {mine: [], hers: []}
    assert (await ann.get(quarrel.deal.path)).json()["state"] == "resolved"
    case = (await ann.get(f"{quarrel.deal.path}/dispute")).json()
    assert case["decision"]["verdict"] == "void"
    assert (case["decision"]["decided_by"], case["decision"]["confirmed_by"]) == (None, None)
    assert (case["appeal_until"] is not None, case["allowed_actions"]) == (True, ["appeal"])
    assert told(await quarrel.decide(mia)) == (409, "invalid-case-step")
    await ensure_sound(site)
    found = await broken(await site.engine())
    del found["a card shows at least one idol and can be found"]  # the small catalogue has no names
    assert found == dict.fromkeys(found, 0)


async def test_legs_that_stand_change_hands(site: Site, quarrel: Quarrel, mia: Member) -> None:
    ann, (mine,), (hers,) = quarrel.deal.author, quarrel.deal.give, quarrel.deal.take
    _, to_ann = await quarrel.legs()
    ensure_well([await quarrel.decide(mia, "complete_legs", legs=[to_ann])])
    assert await owners(site, mine, hers) == [ann.id, ann.id]
    assert await promises(site, mine, hers) == {mine: [], hers: []}
    legs = (await ann.get(quarrel.deal.path)).json()["legs"]
    assert [leg["state"] for leg in legs] == ["due", "received"]
    assert "trade_resolved" in await quarrel.deal.history()
    assert (await broken(await site.engine()))[MOVED] == 0


async def test_all_is_completed(site: Site, quarrel: Quarrel, mia: Member) -> None:
    ensure_well([await quarrel.decide(mia, "complete_all")])
    assert await owners(site, *quarrel.deal.give, *quarrel.deal.take) == [
        quarrel.deal.other.id,
        quarrel.deal.author.id,
    ]


@pytest.mark.parametrize(
    ("verdict", "states"), [("return", ["due", "returned"]), ("void", ["due", "received"])]
)
async def test_what_was_received_moves_no_copy_where_nothing_stands(
    site: Site, quarrel: Quarrel, mia: Member, verdict: str, states: list[str]
) -> None:
    """Ann has confirmed that she has got Bea's cards, and keeps none of them by that."""
    ann, bea, (mine,), (hers,) = (
        quarrel.deal.author,
        quarrel.deal.other,
        quarrel.deal.give,
        quarrel.deal.take,
    )
    ensure_well([await quarrel.decide(mia, verdict)])
    assert [leg["state"] for leg in (await ann.get(quarrel.deal.path)).json()["legs"]] == states
    assert await owners(site, mine, hers) == [ann.id, bea.id]
    assert await promises(site, mine, hers) == {mine: [], hers: []}
    assert (await broken(await site.engine()))[MOVED] == 0


async def test_a_decision_names_its_legs_and_parties_of_this_trade_only(
    site: Site, quarrel: Quarrel, mia: Member
) -> None:
    other = await a_quarrel(site, heard=True, number=1)
    theirs, eve = (await other.legs())[0], str(other.deal.author.id)
    assert told(await quarrel.decide(mia, "complete_legs")) == (422, "decision-unclear")
    legs = (await quarrel.legs())[:1]
    assert told(await quarrel.decide(mia, "void", legs=legs)) == (422, "decision-unclear")
    strange = await quarrel.decide(mia, "complete_legs", legs=[theirs])
    assert told(strange) == (422, "not-a-party")
    assert told(await quarrel.decide(mia, at_fault=[eve])) == (422, "not-a-party")
    assert await quarrel.deal.state() is State.DISPUTED


async def test_fault_takes_two_moderators(quarrel: Quarrel, mia: Member, max_: Member) -> None:
    ann = quarrel.deal.author
    fault: dict[str, Any] = {"at_fault": [str(ann.id)]}
    first = (await quarrel.decide(mia, **fault)).json()
    assert (first["state"], first["awaiting_confirmation"]) == ("open", True)
    assert first["trade"]["state"] == "disputed"
    assert (first["decision"]["decided_by"], first["decision"]["decided_at"]) == (str(mia.id), None)
    assert (await ann.get(f"{quarrel.deal.path}/dispute")).json()["decision"] is None
    assert (await mia.get("/admin/cases")).json()["items"][0]["awaiting_confirmation"]
    assert told(await quarrel.decide(mia, **fault)) == (409, "second-moderator-needed")
    others: list[dict[str, Any]] = [
        {},
        {"at_fault": [str(quarrel.deal.other.id)]},
        {"verdict": "return", **fault},
    ]
    for other in others:
        assert told(await quarrel.decide(max_, **other)) == (409, "other-decision-pending")
    assert (await quarrel.at_fault(), await quarrel.deal.state()) == (set(), State.DISPUTED)
    second = (await quarrel.decide(max_, **fault, reason="So do I.")).json()
    assert (second["state"], second["trade"]["state"]) == ("decided", "resolved")
    decision = second["decision"]
    assert (decision["decided_by"], decision["confirmed_by"]) == (str(mia.id), str(max_.id))
    assert await quarrel.at_fault() == {ann.id}


async def test_a_moderator_may_think_better_of_it(quarrel: Quarrel, mia: Member) -> None:
    ensure_well([await quarrel.decide(mia, at_fault=[str(quarrel.deal.author.id)])])
    assert (await quarrel.decide(mia)).json()["state"] == "decided"
    assert await quarrel.at_fault() == set()


async def test_who_takes_a_case_over_starts_anew(
    quarrel: Quarrel, mia: Member, max_: Member
) -> None:
    path = await quarrel.path()
    fault: dict[str, Any] = {"at_fault": [str(quarrel.deal.author.id)]}
    assert (await mia.post(f"{path}/assign")).json()["assigned_to"] == str(mia.id)
    ensure_well([await quarrel.decide(mia, **fault), await mia.post(f"{path}/assign")])
    assert (await mia.get(path)).json()["awaiting_confirmation"]
    taken = (await max_.post(f"{path}/assign")).json()
    assert (taken["assigned_to"], taken["decision"]) == (str(max_.id), None)
    assert (await quarrel.decide(max_)).json()["state"] == "decided"
    assert told(await max_.post(f"{path}/assign")) == (409, "invalid-case-step")
