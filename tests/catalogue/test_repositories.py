"""What the repositories of the catalogue promise, in memory and in both databases alike.

What the search knows of the entries is told by test_search: memory has no index of names.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from apps.catalogue.domain.card import CardId, Kind
from apps.catalogue.domain.change import CardChange, ChangeKind
from apps.catalogue.domain.entry import Code, CodeTaken, Entry
from apps.catalogue.domain.group import GroupId
from apps.catalogue.domain.idol import IdolId, Membership
from apps.catalogue.domain.proposal import Aim, ProposalId, ProposalNotFound, ProposalState
from apps.catalogue.domain.release import ReleaseId
from apps.identity.contract import Rank, Role
from tests.catalogue.shelves import (
    A_PROPOSAL,
    ANOTHER_PROPOSAL,
    Shelves,
    a_proposal,
    history_of,
    told,
)
from tests.support.accounts import TICK
from tests.support.builders import A_CARD, ANN, ANOTHER_CARD, BEA, EVE, HOUR, NOON, a_uuid
from tests.support.entries import (
    A_GROUP,
    A_THIRD_CARD,
    AN_IDOL,
    ANOTHER_GROUP,
    ANOTHER_RELEASE,
    JOINED,
    a_card,
    a_group,
    a_release,
    an_idol,
)
from tests.support.memory import KeptAlready
from tests.support.stores import Store, facts, kept

Changes = dict[str, Any]
CHANGES: dict[str, Changes] = {
    "groups": {"name": "NewJeans", "names": ()},
    "idols": {
        "name": "Hanni",
        "names": ("하니", "팜하니"),
        "memberships": (Membership(group_id=A_GROUP, joined_on=JOINED, left_on=None),),
    },
    "releases": {
        "group_id": ANOTHER_GROUP,
        "title": "Ditto",
        "released_on": date(2022, 12, 19),
        "names": (),
    },
    "cards": {
        "release_id": ANOTHER_RELEASE,
        "idol_ids": (AN_IDOL,),
        "kind": Kind.ALBUM,
        "retailer": None,
        "version": None,
        "number": None,
        "image_url": None,
        "names": (),
    },
}
ENTRIES: dict[str, Callable[..., Entry[Any]]] = {
    "groups": lambda number, /, **given: a_group(GroupId(a_uuid(number, of=11)), **given),
    "idols": lambda number, /, **given: an_idol(IdolId(a_uuid(number, of=12)), **given),
    "releases": lambda number, /, **given: a_release(ReleaseId(a_uuid(number, of=13)), **given),
    "cards": lambda number, /, **given: a_card(CardId(a_uuid(number, of=2)), **given),
}
NOBODYS = a_uuid(404)


@pytest.fixture(params=["groups", "idols", "releases", "cards"])
async def kind(request: pytest.FixtureRequest, shelves: Shelves) -> str:
    """The repository under test, by its name; some entries of each kind are kept."""
    await shelves.print(cards=True)
    chosen: str = request.param
    return chosen


async def all_of(shelves: Shelves, kind: str) -> dict[Code, dict[str, Any]]:
    """Every entry of a kind by its code, read in a unit of its own."""
    async with shelves.work:
        found = {
            "groups": shelves.groups.by_code,
            "idols": shelves.idols.by_code,
            "releases": shelves.releases.by_code,
            "cards": shelves.cards.by_code,
        }
        return {code: facts(each) for code, each in (await found[kind]()).items()}


async def keep(shelves: Shelves, kind: str, *, new: Any = (), changed: Any = ()) -> None:
    """Write entries of a kind, in a unit of their own."""
    async with shelves.work:
        writes: dict[str, Any] = {
            "groups": shelves.groups.keep,
            "idols": shelves.idols.keep,
            "releases": shelves.releases.keep,
            "cards": shelves.cards.keep,
        }
        await writes[kind](new=new, changed=changed)


async def test_entries_come_back_as_they_were_kept_by_their_codes(
    shelves: Shelves, kind: str
) -> None:
    count = 3 if kind == "cards" else 2
    entries = [ENTRIES[kind](number) for number in range(1, count + 1)]
    assert await all_of(shelves, kind) == {each.code: facts(each) for each in entries}


async def test_new_and_changed_entries_are_kept_together(shelves: Shelves, kind: str) -> None:
    before = await all_of(shelves, kind)
    new, changed = ENTRIES[kind](9), ENTRIES[kind](1, **CHANGES[kind])
    await keep(shelves, kind, new=[new], changed=[changed])
    told_now = {new.code: facts(new), changed.code: facts(changed)}
    assert await all_of(shelves, kind) == before | told_now
    await keep(shelves, kind)
    await keep(shelves, kind, changed=[ENTRIES[kind](1)])
    assert await all_of(shelves, kind) == before | {new.code: facts(new)}
    unlike = {name for name in facts(changed) if facts(changed)[name] == before[changed.code][name]}
    assert unlike <= {"id", "code", "merged_into"}, "each other field was changed and back"


async def test_what_was_kept_is_read_in_the_same_unit(shelves: Shelves, kind: str) -> None:
    async with shelves.work:
        await keep(shelves, kind, new=[ENTRIES[kind](9)])
        assert Code(ENTRIES[kind](9).code) in await all_of(shelves, kind)


async def test_a_code_stands_for_one_entry(shelves: Shelves, kind: str) -> None:
    entry, before = ENTRIES[kind], await all_of(shelves, kind)
    taken = entry(2).code
    for new, changed in (
        ([entry(9, code=taken)], []),
        ([], [entry(1, code=taken)]),
        ([entry(8, code=Code("twin")), entry(9, code=Code("twin"))], []),
    ):
        with pytest.raises(CodeTaken):
            await keep(shelves, kind, new=new, changed=changed)
    now = await all_of(shelves, kind)
    assert {code: now[code] for code in before} == before


async def test_no_id_is_kept_twice(shelves: Shelves, kind: str) -> None:
    """It is no refusal, since ids are never given twice: the fault would be ours."""
    before = await all_of(shelves, kind)
    with pytest.raises((KeptAlready, IntegrityError)):
        await keep(shelves, kind, new=[ENTRIES[kind](1, code=Code("another"))])
    assert await all_of(shelves, kind) == before


async def test_cards_are_locked_as_far_as_they_exist(shelves: Shelves) -> None:
    await shelves.print(cards=True)
    async with shelves.work:
        found = await shelves.cards.lock([ANOTHER_CARD, CardId(NOBODYS), A_CARD])
        assert {id: facts(card) for id, card in found.items()} == {
            id: facts(a_card(id)) for id in (A_CARD, ANOTHER_CARD)
        }
        assert not await shelves.cards.lock([])
        changed = a_card(A_CARD, **CHANGES["cards"])
        await shelves.cards.keep(new=[], changed=[changed])
        again = await shelves.cards.lock([A_CARD])
        assert facts(again[A_CARD]) == facts(changed), "a lock shows what was just kept"


async def test_a_card_is_known_by_its_code(shelves: Shelves) -> None:
    await shelves.print(cards=True)
    async with shelves.work:
        assert await shelves.cards.has(a_card().code)
        assert not await shelves.cards.has(Code("card-9"))


async def test_whatever_was_merged_into_a_card_follows_it(shelves: Shelves) -> None:
    await shelves.print(cards=True)
    for one, into in ((A_CARD, ANOTHER_CARD), (ANOTHER_CARD, A_THIRD_CARD)):
        async with shelves.work:
            cards = await shelves.cards.lock([one, into])
            cards[one].merge(cards[into], at=NOON)
            await shelves.cards.merge(cards[one])
            locked = await shelves.cards.lock([A_CARD, one])
            assert {card.merged_into for card in locked.values()} == {into}
    for id, merged_into in (
        (A_CARD, A_THIRD_CARD),
        (ANOTHER_CARD, A_THIRD_CARD),
        (A_THIRD_CARD, None),
    ):
        now = await kept(shelves.cards, id, by=shelves.work)
        assert now == facts(a_card(id, merged_into=merged_into))
    async with shelves.work:
        assert await shelves.cards.has(a_card(A_CARD).code), "merged cards keep their codes"
        assert {*await shelves.cards.lock([A_THIRD_CARD])} == {A_THIRD_CARD}, "no more than asked"


@pytest.mark.parametrize(
    "proposal",
    [
        a_proposal(),
        a_proposal(aim=Aim.ADDITION, card_id=None, confirmed_by=(), note=None),
        a_proposal(state=ProposalState.OPEN, fields={}, decided_by=None, decided_at=None),
    ],
    ids=["correction", "addition", "empty"],
)
async def test_a_proposal_comes_back_as_it_was_added(shelves: Shelves, proposal: Any) -> None:
    await shelves.print(cards=True)
    async with shelves.work:
        await shelves.proposals.add(proposal)
    async with shelves.work:
        assert facts(await shelves.proposals.lock(A_PROPOSAL)) == facts(proposal)


async def test_a_proposal_comes_back_as_it_was_saved(shelves: Shelves) -> None:
    await shelves.print(cards=True)
    fresh: Changes = {"state": ProposalState.OPEN, "decided_by": None, "decided_at": None}
    async with shelves.work:
        await shelves.proposals.add(a_proposal(confirmed_by=(), **fresh))
    for number, member in enumerate((EVE, BEA)):
        rank = Rank(id=member, role=Role.USER, trust_level=2, completed_trades=5)
        async with shelves.work:
            proposal = await shelves.proposals.lock(A_PROPOSAL)
            proposal.confirm(rank, at=NOON + number * HOUR)
            await shelves.proposals.save(proposal)
            assert facts(await shelves.proposals.lock(A_PROPOSAL)) == facts(proposal)
        assert await kept(shelves.proposals, A_PROPOSAL, by=shelves.work) == facts(proposal)
    assert proposal.state is ProposalState.ACCEPTED


async def test_a_proposal_that_was_never_made_is_refused(shelves: Shelves) -> None:
    with pytest.raises(ProposalNotFound):
        async with shelves.work:
            await shelves.proposals.lock(ProposalId(NOBODYS))


async def test_no_proposal_is_kept_twice(shelves: Shelves) -> None:
    await shelves.print(cards=True)
    async with shelves.work:
        await shelves.proposals.add(a_proposal())
    with pytest.raises((KeptAlready, IntegrityError)):
        async with shelves.work:
            await shelves.proposals.add(a_proposal(note="another", confirmed_by=()))
    assert await kept(shelves.proposals, A_PROPOSAL, by=shelves.work) == facts(a_proposal())


async def test_the_history_tells_every_change_in_its_order(shelves: Shelves, store: Store) -> None:
    await shelves.print(cards=True)
    async with shelves.work:
        await shelves.proposals.add(a_proposal(ANOTHER_PROPOSAL))
    entered = CardChange(
        kind=ChangeKind.ENTERED, before=None, after=a_card(), by=None, at=NOON + TICK
    )
    corrected = CardChange(
        kind=ChangeKind.CORRECTED,
        before=a_card(),
        after=a_card(**CHANGES["cards"]),
        by=BEA,
        proposal_id=ANOTHER_PROPOSAL,
        at=NOON,
    )
    merged = replace(
        corrected, kind=ChangeKind.MERGED, after=a_card(merged_into=ANOTHER_CARD), by=ANN
    )
    for changes in ([entered, corrected], [], [merged]):
        async with shelves.work:
            await shelves.history.keep(changes)
    assert await history_of(store) == [told(each) for each in (entered, corrected, merged)]
