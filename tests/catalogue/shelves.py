"""The repositories of the catalogue, and proposals with everything filled in."""

from dataclasses import dataclass
from typing import Any

from pydantic_core import to_jsonable_python
from sqlalchemy import select

from apps.catalogue.domain.card import CardFields, CardRepository, Kind
from apps.catalogue.domain.change import CardChange, CardHistory
from apps.catalogue.domain.group import GroupRepository
from apps.catalogue.domain.idol import IdolRepository
from apps.catalogue.domain.proposal import (
    Aim,
    CardProposal,
    CardProposalRepository,
    ProposalId,
    ProposalState,
)
from apps.catalogue.domain.release import ReleaseRepository
from apps.catalogue.infrastructure.history import CardChangeModel
from apps.identity.domain.user import UserRepository
from apps.shared.application.work import UnitOfWork
from tests.support.accounts import TICK, open_accounts
from tests.support.builders import A_CARD, ANN, BEA, EVE, NOON, a_uuid
from tests.support.entries import A_RELEASE, AN_IDOL, ANOTHER_IDOL, Printer
from tests.support.memory_catalogue import MemoryCardHistory
from tests.support.site import Site
from tests.support.stores import Store, facts, filled

A_PROPOSAL, ANOTHER_PROPOSAL = (ProposalId(a_uuid(number, of=14)) for number in (1, 2))
FIELDS: CardFields = {
    "code": "card-9",
    "release_id": A_RELEASE,
    "idol_ids": (ANOTHER_IDOL, AN_IDOL),
    "kind": Kind.FANSIGN,
    "retailer": "위드뮤",
    "version": None,
    "number": "9",
    "names": ("하니", "selfie"),
}


@dataclass
class Shelves:
    """The repositories, over the accounts of three members."""

    work: UnitOfWork
    users: UserRepository
    groups: GroupRepository
    idols: IdolRepository
    releases: ReleaseRepository
    cards: CardRepository
    proposals: CardProposalRepository
    history: CardHistory

    @classmethod
    async def of(cls, store: Store) -> "Shelves":
        shelves = await filled(cls, store)
        await open_accounts(shelves.users, shelves.work)
        return shelves

    async def print(self, *, cards: bool) -> None:
        """Put the small catalogue into them, with its cards or without."""
        printer = Printer(self.work, self.groups, self.idols, self.releases, self.cards)
        await (printer.all() if cards else printer.all_but_cards())


def a_proposal(id: ProposalId = A_PROPOSAL, **given: Any) -> CardProposal:
    told: dict[str, Any] = {
        "proposer_id": ANN,
        "aim": Aim.CORRECTION,
        "card_id": A_CARD,
        "fields": FIELDS,
        "note": "It says so\non the back.",
        "state": ProposalState.ACCEPTED,
        "confirmed_by": (EVE, BEA),
        "decided_by": BEA,
        "decided_at": NOON + TICK,
        "created_at": NOON - TICK,
    }
    return CardProposal(id=id, **(told | given))


def told(change: CardChange) -> dict[str, Any]:
    """What the history keeps of a change."""
    return {
        "kind": change.kind,
        "actor_id": change.by,
        "proposal_id": change.proposal_id,
        "card_id": change.after.id,
        "before": change.before and to_jsonable_python(facts(change.before)),
        "after": to_jsonable_python(facts(change.after)),
        "at": change.at,
    }


async def history_of(store: Store) -> list[dict[str, Any]]:
    """All that the history keeps, in its order; no Protocol reads it, for nobody shows it yet."""
    if isinstance(store, Site):
        rows = await store.ask(select(CardChangeModel).order_by(CardChangeModel.id))
        return [{name: getattr(row, name) for name in KEPT} for row in rows]
    history = await store.port(CardHistory)  # type: ignore[type-abstract]
    assert isinstance(history, MemoryCardHistory)
    return [told(change) for change in history.changes]


KEPT = ("kind", "actor_id", "proposal_id", "card_id", "before", "after", "at")
