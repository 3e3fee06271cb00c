"""Appeals: once, within two weeks, decided by a third moderator, over HTTP (T22)."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from apps.identity.application.ports import Mailer
from apps.identity.infrastructure.standings import StandingModel
from tests.identity.stage import Postbox, serving
from tests.support.deals import owners, told
from tests.support.disputes import WEEK, Quarrel, a_moderator, a_quarrel, ensure_well
from tests.support.site import Member, Site

TWO_WEEKS = 2 * WEEK
A_MINUTE = timedelta(minutes=1)


@pytest.fixture
async def bench(site: Site) -> list[Member]:
    """Three moderators."""
    return [await a_moderator(site, name) for name in ("mia", "max", "moe")]


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
    assert (shown["state"], shown["allowed_actions"]) == ("appealed", [])
    assert (shown["appeal"]["by"], shown["appeal"]["outcome"]) == (str(ann.id), None)
    assert shown == (await bea.get(f"{quarrel.deal.path}/dispute")).json()
    for party in (ann, bea):
        assert told(await quarrel.appeal(party)) == (409, "invalid-case-step")
    (case,) = (await bench[2].get("/admin/appeals")).json()["items"]
    assert (case["id"], case["state"]) == (shown["id"], "appealed")
    assert case["appealed_at"] == shown["appeal"]["made_at"]
    assert (await bench[0].get(await quarrel.path())).json()["allowed_actions"] == []
    assert (await bench[2].get(await quarrel.path())).json()["allowed_actions"] == ["review"]


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


async def test_a_third_moderator_changes_the_fault_and_moves_no_copy(
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
    assert changed.json()["state"] == "closed"
    appeal = changed.json()["appeal"]
    assert (appeal["outcome"], appeal["decided_by"]) == ("changed", str(bench[2].id))
    assert (await quarrel.at_fault(), await owners(site, *copies)) == ({bea.id}, moved)
    assert moved == [bea.id, ann.id]
    shown = (await ann.get(quarrel.deal.path)).json()
    assert [party["at_fault"] for party in shown["parties"]] == [False, True]
    case = (await ann.get(f"{quarrel.deal.path}/dispute")).json()
    assert (case["appeal"]["at_fault"], case["appeal"]["decided_by"]) == ([str(bea.id)], None)
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
    ensure_well([await quarrel.appeal(quarrel.deal.other), await quarrel.review(bench[2])])
    assert await quarrel.at_fault() == {quarrel.deal.author.id}
    assert "fault_changed" not in await quarrel.deal.history()


async def test_fault_may_be_nobodys_after_all(quarrel: Quarrel, bench: list[Member]) -> None:
    ensure_well([await quarrel.appeal(quarrel.deal.author)])
    ensure_well([await quarrel.review(bench[2], "changed", at_fault=[])])
    assert await quarrel.at_fault() == set()


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
    ensure_well([await quarrel.review(bench[2], "changed", at_fault=at_fault)])
    assert await frauds(ann) == (0, None)
    assert await frauds(bea) == ((1, when) if whose else (0, None))


async def frauds(member: Member) -> tuple[int, datetime | None]:
    """How many disputes the member has lost, and when the last one for a fraud."""
    rows = select(StandingModel).where(StandingModel.id == member.id)
    (row,) = await member.site.ask(rows)
    return row.disputes_lost, row.last_fraud_at
