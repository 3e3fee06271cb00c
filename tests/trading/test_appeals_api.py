"""Appeals: once, within two weeks, decided by other moderators, over HTTP (T22)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from apps.identity.application.ports import Mailer
from apps.identity.infrastructure.standings import StandingModel
from apps.shared.domain.ids import MemberId
from tests.identity.stage import Postbox, serving
from tests.support.deals import owners, told
from tests.support.disputes import PLEA, WEEK, Quarrel, a_moderator, a_quarrel, ensure_well
from tests.support.site import Member, Site

TWO_WEEKS = 2 * WEEK
A_MINUTE = timedelta(minutes=1)


@pytest.fixture
async def bench(site: Site) -> list[Member]:
    """Four moderators, two of whom have decided."""
    return [await a_moderator(site, name) for name in ("mia", "max", "moe", "may")]


@pytest.fixture
async def quarrel(site: Site, bench: list[Member]) -> Quarrel:
    """Decided: Ann was at fault, and the copies have changed hands."""
    quarrel = await a_quarrel(site, heard=True)
    fault = {"at_fault": [str(quarrel.deal.author.id)]}
    ensure_well([await quarrel.decide(each, "complete_all", **fault) for each in bench[:2]])
    return quarrel


async def test_a_party_appeals_once(quarrel: Quarrel, bench: list[Member]) -> None:
    ann, bea = quarrel.deal.author, quarrel.deal.other
    shown = (await quarrel.appeal(ann)).json()
    assert (shown["state"], shown["allowed_actions"]) == ("appealed", ["state"])
    assert (shown["appeal"]["by"], shown["appeal"]["outcome"]) == (str(ann.id), None)
    assert shown == (await bea.get(f"{quarrel.deal.path}/dispute")).json()
    for party in (ann, bea):
        assert told(await quarrel.appeal(party)) == (409, "invalid-case-step")
    (case,) = (await bench[2].get("/admin/appeals")).json()["items"]
    assert (case["id"], case["state"]) == (shown["id"], "appealed")
    assert case["appealed_at"] == shown["appeal"]["made_at"]
    assert (await bench[0].get(await quarrel.path())).json()["allowed_actions"] == []
    assert (await bench[2].get(await quarrel.path())).json()["allowed_actions"] == [
        "assign",
        "review",
    ]


async def test_it_is_too_late_after_two_weeks(quarrel: Quarrel) -> None:
    await quarrel.grow_old(TWO_WEEKS)
    shown = (await quarrel.deal.author.get(f"{quarrel.deal.path}/dispute")).json()
    assert shown["allowed_actions"] == []
    late = await quarrel.appeal(quarrel.deal.author)
    assert (*told(late), late.json()["until"]) == (409, "appeal-too-late", shown["appeal_until"])


async def test_just_before_it_is_not(quarrel: Quarrel) -> None:
    await quarrel.grow_old(TWO_WEEKS - A_MINUTE)
    ensure_well([await quarrel.appeal(quarrel.deal.author)])


async def test_what_is_not_decided_cannot_be_appealed(site: Site) -> None:
    quarrel = await a_quarrel(site, number=1)
    early = await quarrel.appeal(quarrel.deal.author)
    assert (*told(early), early.json()["state"]) == (409, "invalid-case-step", "open")


async def test_only_who_was_found_at_fault_appeals(quarrel: Quarrel) -> None:
    ann, bea = quarrel.deal.author, quarrel.deal.other
    shown = (await bea.get(f"{quarrel.deal.path}/dispute")).json()
    assert shown["allowed_actions"] == []
    assert told(await quarrel.appeal(bea)) == (403, "not-at-fault")
    assert (await ann.get(f"{quarrel.deal.path}/dispute")).json()["allowed_actions"] == ["appeal"]
    ensure_well([await quarrel.appeal(ann)])


async def test_where_nobody_was_at_fault_any_party_appeals(site: Site, bench: list[Member]) -> None:
    for number, side in enumerate(("author", "other")):
        quarrel = await a_quarrel(site, heard=True, number=number)
        ensure_well([await quarrel.decide(bench[0])])
        ensure_well([await quarrel.appeal(getattr(quarrel.deal, side))])


async def test_parties_are_heard_again(quarrel: Quarrel, bench: list[Member]) -> None:
    """And may say as much again as before."""
    ann, bea, path = quarrel.deal.author, quarrel.deal.other, f"{quarrel.deal.path}/statements"
    assert told(await bea.post(path, PLEA)) == (409, "invalid-case-step")
    ensure_well([await quarrel.appeal(ann)])
    ensure_well([await bea.post(path, PLEA) for _ in range(10)])
    assert told(await bea.post(path, PLEA)) == (409, "enough-said")
    ensure_well([await ann.post(path, PLEA)])
    assert len((await bench[2].get(await quarrel.path())).json()["statements"]) == 13
    ensure_well([await quarrel.review(bench[2])])
    assert told(await ann.post(path, PLEA)) == (409, "invalid-case-step")


async def test_two_others_change_the_fault_and_move_no_copy(
    site: Site, quarrel: Quarrel, bench: list[Member]
) -> None:
    ann, bea = quarrel.deal.author, quarrel.deal.other
    copies = (*quarrel.deal.give, *quarrel.deal.take)
    assert told(await quarrel.review(bench[2])) == (409, "invalid-case-step")
    ensure_well([await quarrel.appeal(ann)])
    moved = await owners(site, *copies)
    for before in bench[:2]:
        assert told(await quarrel.review(before)) == (403, "decided-before")
    changed = await quarrel.review(bench[2], "changed", at_fault=[str(bea.id)])
    assert (changed.json()["state"], changed.json()["awaiting_confirmation"]) == ("appealed", True)
    assert (await quarrel.at_fault(), await quarrel.deal.state()) == ({ann.id}, "resolved")
    for party in (ann, bea):
        waits = (await party.get(f"{quarrel.deal.path}/dispute")).json()["appeal"]
        assert (waits["outcome"], waits["at_fault"], waits["reason"]) == (None, [], None)
    (line,) = (await bench[3].get("/admin/appeals")).json()["items"]
    assert line["awaiting_confirmation"]
    for before in bench[:2]:
        assert told(await quarrel.review(before, "changed", at_fault=[str(bea.id)])) == (
            403,
            "decided-before",
        )
    again = await quarrel.review(bench[2], "changed", at_fault=[str(bea.id)])
    assert told(again) == (409, "second-moderator-needed")
    assert told(await quarrel.review(bench[3])) == (409, "other-decision-pending")
    changed = await quarrel.review(bench[3], "changed", at_fault=[str(bea.id)])
    assert (changed.json()["state"], changed.json()["awaiting_confirmation"]) == ("closed", False)
    appeal = changed.json()["appeal"]
    assert (appeal["outcome"], appeal["decided_by"]) == ("changed", str(bench[2].id))
    assert appeal["confirmed_by"] == str(bench[3].id)
    assert (await quarrel.at_fault(), await owners(site, *copies)) == ({bea.id}, moved)
    assert moved == [bea.id, ann.id]
    shown = (await ann.get(quarrel.deal.path)).json()
    assert [party["at_fault"] for party in shown["parties"]] == [False, True]
    case = (await ann.get(f"{quarrel.deal.path}/dispute")).json()
    assert (case["appeal"]["at_fault"], case["appeal"]["decided_by"]) == ([str(bea.id)], None)
    assert case["appeal"]["confirmed_by"] is None
    assert case["decision"]["at_fault"] == [str(ann.id)], "what was decided at first"
    assert sorted((await quarrel.deal.history())[-3:]) == [
        "appeal_decided",
        "decision_appealed",
        "fault_changed",
    ]
    assert told(await quarrel.review(bench[2])) == (409, "invalid-case-step")
    assert told(await quarrel.appeal(bea)) == (409, "invalid-case-step")
    assert (await bench[2].get("/admin/appeals")).json()["items"] == []


async def test_a_decision_is_upheld(quarrel: Quarrel, bench: list[Member]) -> None:
    ensure_well([await quarrel.appeal(quarrel.deal.author)])
    assert (await quarrel.review(bench[2])).json()["state"] == "closed"
    assert await quarrel.at_fault() == {quarrel.deal.author.id}
    assert "fault_changed" not in await quarrel.deal.history()


async def test_fault_may_be_nobodys_after_all(quarrel: Quarrel, bench: list[Member]) -> None:
    ensure_well([await quarrel.appeal(quarrel.deal.author)])
    assert (await quarrel.review(bench[2], "changed", at_fault=[])).json()["state"] == "closed"
    assert await quarrel.at_fault() == set()


async def test_one_clears_one_of_two(site: Site, bench: list[Member]) -> None:
    quarrel = await a_quarrel(site, heard=True)
    ann, bea = quarrel.deal.author, quarrel.deal.other
    both: dict[str, Any] = {"at_fault": [str(ann.id), str(bea.id)]}
    ensure_well([await quarrel.decide(each, **both) for each in bench[:2]])
    ensure_well([await quarrel.appeal(bea)])
    changed = await quarrel.review(bench[2], "changed", at_fault=[str(ann.id)])
    assert (changed.json()["state"], await quarrel.at_fault()) == ("closed", {ann.id})


async def test_fault_where_the_decision_found_none_takes_two(
    site: Site, bench: list[Member]
) -> None:
    quarrel = await a_quarrel(site, heard=True)
    ann = quarrel.deal.author
    ensure_well([await quarrel.decide(bench[0]), await quarrel.appeal(quarrel.deal.other)])
    fault: dict[str, Any] = {"outcome": "changed", "at_fault": [str(ann.id)]}
    for moderator, found in ((bench[1], set[MemberId]()), (bench[2], {ann.id})):
        ensure_well([await quarrel.review(moderator, **fault)])
        assert await quarrel.at_fault() == found


async def test_who_takes_an_appeal_over_starts_anew(quarrel: Quarrel, bench: list[Member]) -> None:
    path, bea = await quarrel.path(), quarrel.deal.other
    ensure_well([await quarrel.appeal(quarrel.deal.author)])
    ensure_well([await quarrel.review(bench[2], "changed", at_fault=[str(bea.id)])])
    assert told(await bench[0].post(f"{path}/assign")) == (403, "decided-before")
    ensure_well([await bench[2].post(f"{path}/assign")])
    assert (await bench[2].get(path)).json()["awaiting_confirmation"]
    taken = (await bench[3].post(f"{path}/assign")).json()
    assert (taken["assigned_to"], taken["awaiting_confirmation"]) == (str(bench[3].id), False)
    assert (await quarrel.review(bench[3])).json()["state"] == "closed"


async def test_who_is_at_fault_is_named_where_that_changes(
    site: Site, quarrel: Quarrel, bench: list[Member]
) -> None:
    ensure_well([await quarrel.appeal(quarrel.deal.author)])
    ann, eve = str(quarrel.deal.author.id), str((await site.join("eve")).id)
    same = await quarrel.review(bench[2], "changed", at_fault=[ann])
    assert told(same) == (422, "appeal-unclear")
    assert told(await quarrel.review(bench[2], at_fault=[ann])) == (422, "appeal-unclear")
    stranger = await quarrel.review(bench[2], "changed", at_fault=[eve])
    assert told(stranger) == (422, "not-a-party")
    assert (await quarrel.case()).state == "appealed"
    assert await quarrel.at_fault() == {quarrel.deal.author.id}


async def test_parties_are_told_by_mail(url: str, keys: object) -> None:
    postbox = Postbox()
    async with Site(url, keys, serving(Mailer, postbox)) as site:  # type: ignore[arg-type]
        bench = [await a_moderator(site, name) for name in ("mia", "moe")]
        quarrel = await a_quarrel(site, heard=True)
        ann, bea = [
            f"{party.id.hex}@kcs.test" for party in (quarrel.deal.author, quarrel.deal.other)
        ]
        postbox.mails.clear()
        ensure_well([await quarrel.decide(bench[0]), await quarrel.appeal(quarrel.deal.author)])
        ensure_well([await quarrel.review(bench[1])])
        decided, appealed, again = (
            "A dispute is decided",
            "A decision is appealed",
            "An appeal is decided",
        )
        assert postbox.subjects(ann) == [decided, again]
        assert postbox.subjects(bea) == [decided, appealed, again]


@pytest.mark.parametrize("whose", ["bea", None])
async def test_a_fraud_that_an_appeal_takes_back_is_counted_for_nobody_or_the_other(
    quarrel: Quarrel, bench: list[Member], whose: str | None
) -> None:
    """R8: nor does its date keep anybody at level 0."""
    ann, bea = quarrel.deal.author, quarrel.deal.other
    lost, when = await frauds(ann)
    assert (lost, when is not None) == (1, True)
    assert await frauds(bea) == (0, None)
    ensure_well([await quarrel.appeal(ann)])
    at_fault = [str(bea.id)] if whose else []
    they = bench[2:] if whose else bench[2:3]
    ensure_well([await quarrel.review(each, "changed", at_fault=at_fault) for each in they])
    assert await frauds(ann) == (0, None)
    assert await frauds(bea) == ((1, when) if whose else (0, None))


async def frauds(member: Member) -> tuple[int, datetime | None]:
    """How many disputes the member has lost, and when the last one for a fraud."""
    rows = select(StandingModel).where(StandingModel.id == member.id)
    (row,) = await member.site.ask(rows)
    return row.disputes_lost, row.last_fraud_at
