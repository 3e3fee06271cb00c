"""What the repositories of the catalogue promise to two who meet; memory has one task at a time."""

from pathlib import Path
from typing import Any

import pytest

from apps.catalogue.domain.card import Card
from apps.catalogue.domain.proposal import CardProposal
from apps.shared.application.work import ChangedMeanwhile
from tests.catalogue.shelves import A_PROPOSAL, Shelves, a_proposal
from tests.support.builders import A_CARD
from tests.support.entries import a_card
from tests.support.site import Site, elsewhere
from tests.support.stores import LOCKED, UNLOCKED, Waiting, facts, in_turn
from tests.support.weakening import an_unguarded_site


async def with_a_proposal(site: Site) -> Shelves:
    """The small catalogue, and a proposal about it."""
    shelves = await Shelves.of(site)
    await shelves.print(cards=True)
    async with shelves.work:
        await shelves.proposals.add(a_proposal())
    return shelves


async def rewrite(shelves: Shelves, what: str, *, patience: float) -> Waiting:
    """Lock a card or a proposal and change it, while somebody else asks for the same lock."""
    if what == "card":

        async def locked() -> Card:
            return (await shelves.cards.lock([A_CARD]))[A_CARD]

        async def keep(card: Card) -> None:
            card.version = "new"
            await shelves.cards.keep(new=[], changed=[card])

        return await in_turn(shelves.work, locked, keep, patience=patience)

    async def save(proposal: CardProposal) -> None:
        proposal.note = "new"
        await shelves.proposals.save(proposal)

    return await in_turn(
        shelves.work, lambda: shelves.proposals.lock(A_PROPOSAL), save, patience=patience
    )


@pytest.mark.parametrize(
    ("what", "after"),
    [("card", a_card(version="new")), ("proposal", a_proposal(note="new"))],
    ids=["card", "proposal"],
)
async def test_who_locks_waits_and_sees_what_became_of_it(
    site: Site, what: str, after: object
) -> None:
    waiting = await rewrite(await with_a_proposal(site), what, patience=LOCKED)
    assert waiting.waited
    assert waiting.found == facts(after)


@pytest.mark.parametrize(
    ("what", "before"), [("card", a_card()), ("proposal", a_proposal())], ids=["card", "proposal"]
)
async def test_without_locks_nobody_waits(
    postgresql: str, keys: Path, what: str, before: object
) -> None:
    async with an_unguarded_site(postgresql, keys) as site:
        waiting = await rewrite(await with_a_proposal(site), what, patience=UNLOCKED)
    assert not waiting.waited
    assert waiting.found == facts(before)


async def test_a_proposal_that_somebody_else_saved_meanwhile_is_locked_as_it_is_now_or_not_saved(
    postgresql: str, keys: Path
) -> None:
    """Read past the locks; on SQLite there is one writer at a time in any case."""
    async with Site(postgresql, keys) as site:
        shelves = await with_a_proposal(site)
        keeper: Any = shelves.proposals

        async def write(note: str) -> None:
            async with shelves.work:
                proposal = await shelves.proposals.lock(A_PROPOSAL)
                proposal.note = note
                await shelves.proposals.save(proposal)

        with pytest.raises(ChangedMeanwhile):
            async with shelves.work:
                seen = await keeper.get(A_PROPOSAL)
                await elsewhere(write("first"))
                seen.note = "lost"
                await keeper.save(seen)
        async with shelves.work:
            assert (await keeper.get(A_PROPOSAL)).note == "first"
            await elsewhere(write("second"))
            assert (await shelves.proposals.lock(A_PROPOSAL)).note == "second"
