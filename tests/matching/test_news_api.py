"""A change of a list leads to new matches, which are told to those who are in them."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from dishka import Provider, Scope
from sqlalchemy import delete, select, update

from apps.identity.contract import MemberErased
from apps.matching.application.find_matches import FindMatches, Found
from apps.matching.application.tell_matches import (
    ForgetMember,
    ForgetNotices,
    Searches,
    TellMatches,
    WatchLists,
)
from apps.matching.infrastructure.notices import MatchNoticeModel, MatchSearchModel
from apps.shared.application.outbox import DeliverEvents, ResetConsumer
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.outbox import OutboxModel
from tests.support.deals import a_deal
from tests.support.delivery import drain
from tests.support.departures import remove, suspend
from tests.support.site import Member, Site
from tests.support.suggested import a_market, want

Change = Callable[[Member, Member], Awaitable[None]]


class Failing(FindMatches):
    """Fails the first time."""

    calls: list[MemberId] = []

    async def __call__(self, me: MemberId, **more: Any) -> Found:
        self.calls.append(me)
        if len(self.calls) == 1:
            raise LookupError
        return await FindMatches.__call__(self, me, **more)


async def settle(site: Site) -> int:
    """Let what was changed be heard of, and searched as if it had rested for a while."""
    await drain(site)
    await site.change(update(MatchSearchModel).values(due_at=(await site.clock()).now()))
    return await (await site.port(TellMatches))()


async def news(site: Site) -> list[dict[str, Any]]:
    """What was published of matches, in order."""
    told = select(OutboxModel.payload).where(OutboxModel.kind == "match_found")
    return await site.ask(told.order_by(OutboxModel.position))


async def test_both_of_a_new_pair_are_told_once(site: Site) -> None:
    ann, bea = await a_market(site)
    assert await settle(site) == 2
    told = await news(site)
    assert sorted(each["member"] for each in told) == sorted([str(ann.id), str(bea.id)])
    for each in told:
        assert each["match"] == "pair"
        assert each["parties"][0] == each["member"]
        assert len(each["cards"]) == 1
    assert await settle(site) == 0, "nothing has changed"
    await ann.hold()
    assert await settle(site) == 1
    assert await news(site) == told, "nothing new for anybody"


def members_of(told: list[dict[str, Any]]) -> Counter[str]:
    return Counter(each["member"] for each in told)


async def test_what_a_service_reads_the_outbox_with_can_be_built_at_any_moment(site: Site) -> None:
    """Asking for one service while another is built would wait for ever."""
    deliver = await asyncio.wait_for(site.port(DeliverEvents), 10)
    assert "matching.lists" in [consumer.name for consumer in deliver.consumers]
    assert await site.port(WatchLists) in deliver.consumers


async def test_many_changes_of_a_member_lead_to_one_search(site: Site) -> None:
    ann = await site.join("ann")
    for card in await site.some_cards(5):
        await ann.hold(card)
        await drain(site)
    (row,) = await site.ask(select(MatchSearchModel))
    assert (row.member_id, row.changes) == (ann.id, 5)
    now = (await site.clock()).now()
    assert timedelta() < row.due_at - now <= timedelta(seconds=10), "it rests for a while first"
    assert await (await site.port(TellMatches))() == 0
    assert await settle(site) == 1


async def raised(_: Member, bea: Member) -> None:
    """Bea, who takes mint copies only, takes what Ann has."""
    (group,) = (await bea.get("/me/wants")).json()["items"]
    await bea.patch(f"/me/wants/{group['id']}", {"min_condition": None})


async def listed(ann: Member, _: Member) -> None:
    (copy,) = (await ann.get("/me/copies")).json()["items"]
    await ann.patch(f"/me/copies/{copy['id']}", {"for_trade": True})


async def better(ann: Member, _: Member) -> None:
    (copy,) = (await ann.get("/me/copies")).json()["items"]
    await ann.patch(f"/me/copies/{copy['id']}", {"condition": "mint"})


async def wanted(ann: Member, bea: Member) -> None:
    await want(bea, *[copy["card"]["id"] for copy in (await ann.get("/me/copies")).json()["items"]])


async def unlisted_before(ann: Member, _: Member) -> None:
    (copy,) = (await ann.get("/me/copies")).json()["items"]
    await ann.patch(f"/me/copies/{copy['id']}", {"for_trade": False})


async def picky_before(ann: Member, bea: Member) -> None:
    (group,) = (await bea.get("/me/wants")).json()["items"]
    (copy,) = (await ann.get("/me/copies")).json()["items"]
    await ann.patch(f"/me/copies/{copy['id']}", {"condition": "light"})
    await bea.patch(f"/me/wants/{group['id']}", {"min_condition": "mint"})


async def closed_before(_: Member, bea: Member) -> None:
    (group,) = (await bea.get("/me/wants")).json()["items"]
    await bea.delete(f"/me/wants/{group['id']}")


@pytest.mark.parametrize(
    ("before", "change"),
    [
        (unlisted_before, listed),
        (picky_before, raised),
        (picky_before, better),
        (closed_before, wanted),
    ],
)
async def test_each_change_that_makes_a_match_is_told_of(
    site: Site, before: Change, change: Change
) -> None:
    ann, bea = await a_market(site)
    await before(ann, bea)
    await settle(site)
    assert not await news(site)
    await change(ann, bea)
    assert await settle(site) == 1, "who changed something is searched"
    assert members_of(await news(site)) == {str(ann.id): 1, str(bea.id): 1}


async def test_a_promise_that_ends_is_a_change_of_all_parties(site: Site) -> None:
    ann, bea = await a_market(site)
    (copy,) = (await bea.get("/me/copies")).json()["items"]
    eve = await site.join("eve")
    deal = await a_deal(site, author=bea, other=eve, give=[copy["id"]])
    await settle(site)
    assert not await news(site)
    assert (await deal.reject()).status_code == 200
    assert await settle(site) == 2
    assert members_of(await news(site)) == {str(ann.id): 1, str(bea.id): 1}


async def test_a_ring_is_told_to_all_of_its_members_and_what_each_would_get(site: Site) -> None:
    members = await a_market(site, size=3)
    await settle(site)
    told = await news(site)
    assert members_of(told) == {str(member.id): 1 for member in members}
    gains = [card for each in told for card in each["cards"]]
    assert len(set(gains)) == 3
    assert {each["match"] for each in told} == {"ring"}


async def test_who_would_get_something_else_is_told_again(site: Site) -> None:
    ann, bea = await a_market(site)
    await settle(site)
    more, other = (await site.some_cards(8))[6:]
    await ann.hold(more), await want(bea, more)
    await settle(site)
    assert len(await news(site)) == 2, "one copy each, as before"
    await bea.hold(other), await want(ann, other)
    await settle(site)
    assert members_of(await news(site)) == {str(ann.id): 2, str(bea.id): 2}


async def test_what_is_told_anew_tells_members_nothing_anew(site: Site) -> None:
    await a_market(site)
    await settle(site)
    told = await news(site)
    await (await site.port(ResetConsumer))("matching.lists")
    assert await settle(site) == 2
    assert await news(site) == told
    await site.change(delete(MatchNoticeModel))  # the control: it is these rows that know
    await (await site.port(ResetConsumer))("matching.lists")
    await settle(site)
    assert len(await news(site)) == 2 * len(told)


async def test_what_changes_while_it_is_searched_is_searched_again(site: Site) -> None:
    ann, bea = await a_market(site)
    await unlisted_before(ann, bea)
    await drain(site)
    now = (await site.clock()).now()
    await site.change(update(MatchSearchModel).values(due_at=now))
    searches, tell = await site.port(Searches), await site.port(TellMatches)  # type: ignore[type-abstract]
    begun = await searches.due(at=now, limit=10)
    found = [await tell.find(search.member) for search in begun]
    assert not any(each.matches for each in found)
    await listed(ann, bea)
    await drain(site)
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        for search in begun:
            await searches.done(search)
    left = await site.ask(select(MatchSearchModel.member_id))
    assert left == [ann.id]
    assert await settle(site) == 1
    assert len(await news(site)) == 2


async def test_a_search_that_fails_stops_no_other_and_is_tried_again(url: str, keys: Path) -> None:
    failing = Provider(scope=Scope.APP)
    failing.provide(Failing, provides=FindMatches)
    async with Site(url, keys, failing) as site:
        await a_market(site)
        Failing.calls.clear()
        with pytest.raises(ExceptionGroup):
            await settle(site)
        assert len(await news(site)) == 2, "the other one's search found the pair"
        assert await settle(site) == 1
        assert len(await news(site)) == 2


async def test_nothing_is_kept_of_who_is_erased_or_for_ever(site: Site) -> None:
    ann, bea = await a_market(site)
    await settle(site)
    await bea.hold()
    await drain(site)
    forget = await site.port(ForgetMember)
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        await forget(MemberErased(member=bea.id, at=(await site.clock()).now()))
    assert await site.ask(select(MatchNoticeModel.member_id)) == [ann.id]
    assert not await site.ask(select(MatchSearchModel.member_id))
    assert await (await site.port(ForgetNotices))() == 0
    old = (await site.clock()).now() - timedelta(days=91)
    await site.change(update(MatchNoticeModel).values(told_at=old))
    assert await (await site.port(ForgetNotices))() == 1
    assert not await site.ask(select(MatchNoticeModel.member_id))


@pytest.mark.parametrize("goes", [remove, suspend])
async def test_who_is_gone_or_suspended_is_searched_in_vain_and_told_nothing(
    site: Site, goes: Callable[[Member], Awaitable[None]]
) -> None:
    ann, _ = await a_market(site)
    await drain(site)
    await goes(ann)
    assert await settle(site) == 2
    assert await news(site) == []
    assert not await site.ask(select(MatchSearchModel.member_id))
