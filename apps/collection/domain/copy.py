"""A copy: one physical card held by one member, and promised to one agreement at most (D.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, Self, TypedDict

from apps.catalogue.contract import CardId
from apps.collection.domain.copy_events import (
    AgreementId,
    CopyEntered,
    CopyId,
    CopyListed,
    CopyRemoved,
    CopyUnlisted,
    CopyWorsened,
)
from apps.shared.domain.errors import Conflict, DomainError, NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate


class CopyNotFound(NotFound):
    """There is no such copy in that member's hands."""


class CopyNotForTrade(DomainError):
    """Only a copy that its owner lists for trade can be offered or asked for."""


class CopyAlreadyPromised(Conflict):
    """This copy is promised already; a copy is promised once at a time."""


class CopyOnItsWay(Conflict):
    """This copy is in the mail, or has not come yet; until then it stays as it is."""


class Condition(StrEnum):
    """How well a card is preserved, from best to worst."""

    MINT = "mint"
    NEAR_MINT = "near_mint"
    LIGHT = "light"
    MARKED = "marked"
    DAMAGED = "damaged"

    @property
    def wear(self) -> int:
        """How many conditions are better."""
        return WORSE_AND_WORSE.index(self)


WORSE_AND_WORSE = tuple(Condition)


def suits(condition: Condition, worst: Condition | None) -> bool:
    """Tell whether a copy is preserved as well as somebody asks for."""
    return worst is None or condition.wear <= worst.wear


class CopyState(StrEnum):
    """Where a copy is; promised and in_transit are never stored, but follow from its promise."""

    HELD = "held"
    PROMISED = "promised"
    IN_TRANSIT = "in_transit"
    EXPECTED = "expected"
    GONE = "gone"


class CopyChanges(TypedDict, total=False):
    """What to change of a copy; what is left out stays."""

    condition: Condition
    for_trade: bool
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A copy as others may count on it while it is locked."""

    id: CopyId
    owner_id: MemberId
    state: CopyState
    for_trade: bool
    agreement_id: AgreementId | None


@dataclass(kw_only=True, eq=False)
class Copy(Aggregate[CopyId]):
    """Whether it is promised stands in its promises, so ending a promise touches no copy."""

    card_id: CardId
    owner_id: MemberId
    condition: Condition
    state: CopyState
    for_trade: bool
    note: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def enter(
        cls,
        id: CopyId,
        *,
        card_id: CardId,
        owner_id: MemberId,
        condition: Condition,
        for_trade: bool,
        note: str | None,
        at: datetime,
    ) -> Self:
        """Put a card that a member has in hand into the binder."""
        copy = cls(
            id=id,
            card_id=card_id,
            owner_id=owner_id,
            condition=condition,
            state=CopyState.HELD,
            for_trade=for_trade,
            note=note,
            created_at=at,
            updated_at=at,
        )
        copy.record(CopyEntered(copy=id, card=card_id, owner=owner_id, for_trade=for_trade, at=at))
        if for_trade:
            copy.record(copy._listed(at))
        return copy

    def change(self, changes: CopyChanges, *, state: CopyState, at: datetime) -> None:
        """Take over what is told; a promised copy may only get worse, and that is told on.

        `state` is what its promise makes of it. Raises CopyOnItsWay and CopyAlreadyPromised.
        """
        self._ensure_here(state)
        condition = changes.get("condition", self.condition)
        worse = condition.wear - self.condition.wear
        if state is CopyState.PROMISED and worse < 0:
            raise CopyAlreadyPromised(copy_ids=[self.id])
        unlisted = self.for_trade and not changes.get("for_trade", True)
        listed = not self.for_trade and changes.get("for_trade", False)
        self.condition = condition
        self.for_trade = changes.get("for_trade", self.for_trade)
        self.note = changes.get("note", self.note)
        self.updated_at = at
        if unlisted:
            self.record(CopyUnlisted(copy=self.id, at=at))
        if listed or (self.for_trade and worse < 0):
            self.record(self._listed(at))
        if worse > 0:
            self.record(CopyWorsened(copy=self.id, owner=self.owner_id, at=at))

    def remove(self, *, state: CopyState, at: datetime) -> None:
        """Take it out of the binder; its chain stays. Raises as a change does."""
        self._ensure_here(state)
        if state is CopyState.PROMISED:
            raise CopyAlreadyPromised(copy_ids=[self.id])
        self.state, self.for_trade, self.updated_at = CopyState.GONE, False, at
        self.record(CopyUnlisted(copy=self.id, at=at))
        self.record(CopyRemoved(copy=self.id, at=at))

    def _listed(self, at: datetime) -> CopyListed:
        return CopyListed(copy=self.id, card=self.card_id, owner=self.owner_id, at=at)

    def _ensure_here(self, state: CopyState) -> None:
        if state in {CopyState.IN_TRANSIT, CopyState.EXPECTED}:
            raise CopyOnItsWay(copy_ids=[self.id])


def ensure_offered(
    holdings: Mapping[CopyId, Holding], copies: Sequence[CopyId], *, by: MemberId, side: str
) -> None:
    """Hold that one member has all these copies, for trade and free.

    `side` is the member of the request they stand in. Raises CopyNotFound, CopyNotForTrade.
    """
    missing = [
        place
        for place, copy in enumerate(copies)
        if copy not in holdings or holdings[copy].owner_id != by
    ]
    if missing:
        raise CopyNotFound(
            errors=[
                {"pointer": f"/{side}/{place}", "code": "not-found", "detail": "No such copy."}
                for place in missing
            ]
        )
    kept = [c for c in copies if not holdings[c].for_trade or holdings[c].state != CopyState.HELD]
    if kept:
        raise CopyNotForTrade(copy_ids=kept)


def ensure_free(
    holdings: Mapping[CopyId, Holding],
    copies: Sequence[CopyId],
    *,
    asker: MemberId,
    but_for: AgreementId | None = None,
) -> None:
    """Hold that none of these copies is promised, unless under the agreement that is revised.

    Only the owner is told to which agreement. Raises CopyAlreadyPromised.
    """
    taken = [
        holdings[copy] for copy in copies if holdings[copy].agreement_id not in {None, but_for}
    ]
    if not taken:
        return
    if all(each.owner_id == asker for each in taken):
        raise CopyAlreadyPromised(
            copy_ids=[each.id for each in taken],
            trade_ids=sorted({each.agreement_id for each in taken if each.agreement_id}),
        )
    raise CopyAlreadyPromised(copy_ids=[each.id for each in taken])


class CopyRepository(Protocol):
    """All copies that somebody holds."""

    async def add(self, entity: Copy, /) -> None:
        """Keep a new copy."""
        ...

    async def add_all(self, entities: Sequence[Copy], /) -> None:
        """Keep new copies, in one statement however many they are."""
        ...

    async def save(self, entity: Copy, /) -> None:
        """Keep what changed."""
        ...

    async def lock(self, id: CopyId, *, of: MemberId) -> tuple[Copy, CopyState]:
        """Return the member's copy, locked, and its state as promised; raise CopyNotFound."""
        ...

    async def lock_all(self, *, of: MemberId) -> None:
        """Let nobody else promise or change what a member holds, as it stands now."""
        ...

    async def let_go(self, *, of: MemberId, at: datetime) -> None:
        """Let all copies that a member holds and has not promised be gone, and their notes."""
        ...

    async def count(self, *, of: MemberId) -> int:
        """Return how many copies a member holds."""
        ...

    async def follow(self, card: CardId, *, into: CardId) -> None:
        """Let all copies of a merged card be copies of the surviving one."""
        ...
