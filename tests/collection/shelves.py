"""The repositories of collection, and what is kept in them, with everything filled in."""

from dataclasses import dataclass, replace
from typing import Any

from apps.catalogue.contract import CardId
from apps.collection.contract import AgreementId, CopyId, Holdings
from apps.collection.domain.copy import (
    Condition,
    Copy,
    CopyRepository,
)
from apps.collection.domain.want_group import (
    WantGroup,
    WantGroupId,
    WantGroupRepository,
)
from apps.identity.domain.user import UserRepository
from apps.shared.application.work import UnitOfWork
from tests.support.accounts import TICK, open_accounts
from tests.support.builders import (
    A_CARD,
    ANNS,
    ANOTHER_CARD,
    NOON,
    a_copy,
    a_uuid,
    a_want_group,
)
from tests.support.entries import A_THIRD_CARD, Printer
from tests.support.stores import Store, filled, kept

UNDER = AgreementId(a_uuid(1, of=4))
A_WISH, ANOTHER_WISH, A_THIRD_WISH, BEAS_WISH = (
    WantGroupId(a_uuid(number, of=6)) for number in (1, 2, 3, 4)
)
NOBODYS = a_uuid(404)


@dataclass
class Shelves:
    """The repositories, over a catalogue of three cards and three members."""

    work: UnitOfWork
    users: UserRepository
    holdings: Holdings
    copies: CopyRepository
    wants: WantGroupRepository

    @classmethod
    async def of(cls, store: Store) -> "Shelves":
        shelves = await filled(cls, store)
        await open_accounts(shelves.users, shelves.work)
        await (await filled(Printer, store)).all()
        return shelves

    async def hold(self, *copies: Copy) -> None:
        async with self.work:
            await self.copies.add_all(copies)

    async def want(self, *groups: WantGroup) -> None:
        async with self.work:
            for group in groups:
                await self.wants.add(group)

    async def wanted(self, id: WantGroupId = A_WISH) -> tuple[CardId, ...]:
        """The cards of a want group, in their order."""
        cards: tuple[CardId, ...] = (await kept(self.wants, id, by=self.work))["card_ids"]
        return cards


def a_full_copy(id: CopyId = ANNS, **given: Any) -> Copy:
    copy = a_copy(id, condition=Condition.NEAR_MINT, note="셀카\nsleeved", at=NOON - TICK)
    return replace(copy, **({"updated_at": NOON + TICK} | given))


def a_full_wish(id: WantGroupId = A_WISH, **given: Any) -> WantGroup:
    """Its cards stand in an order of their own."""
    told: dict[str, Any] = {
        "card_ids": (A_THIRD_CARD, A_CARD, ANOTHER_CARD),
        "count": 2,
        "rank": 5,
        "min_condition": Condition.LIGHT,
        "at": NOON - TICK,
    }
    return replace(a_want_group(id, **(told | given)), updated_at=NOON + TICK)
