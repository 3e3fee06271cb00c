"""What other contexts may know about copies, and ask of their holders."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from apps.catalogue.contract import CardId, CardView
from apps.collection.domain.copy import (
    WORSE_AND_WORSE,
    AgreementId,
    Condition,
    CopyAlreadyPromised,
    CopyId,
    CopyNotForTrade,
    CopyState,
    CopyUnlisted,
    CopyWorsened,
    Holding,
    ensure_free,
    ensure_offered,
    suits,
)
from apps.collection.domain.want_group import SurplusNotAccepted, WantGroupId
from apps.shared.domain.ids import MemberId

__all__ = [
    "WORSE_AND_WORSE",
    "AgreementId",
    "CardView",
    "Condition",
    "CopyAlreadyPromised",
    "CopyId",
    "CopyNotForTrade",
    "CopyState",
    "CopyUnlisted",
    "CopyWorsened",
    "Exchange",
    "Holding",
    "Holdings",
    "OfferedCopy",
    "OpenLists",
    "OpenWant",
    "Prospect",
    "SurplusNotAccepted",
    "Transfer",
    "WantGroupId",
    "Wants",
    "ensure_free",
    "ensure_offered",
    "suits",
]


class Holdings(Protocol):
    """Used inside the caller's unit of work; lock copies before anything else but members (P5)."""

    async def lock(self, copies: Collection[CopyId]) -> Mapping[CopyId, Holding]:
        """Let nobody else promise or change these copies, and tell how they now stand."""
        ...

    async def promise(self, copies: Collection[CopyId], *, under: AgreementId) -> None:
        """Note their owner's consent to hand all of these locked, free copies over (P2)."""
        ...

    async def expect(
        self, moves: Mapping[MemberId, Collection[CopyId]], *, under: AgreementId
    ) -> None:
        """All have consented: each receiver may count on these promised copies (P8)."""
        ...

    async def dispatch(self, copies: Collection[CopyId], *, under: AgreementId) -> None:
        """These promised copies are on their way by mail: in transit, until they arrive."""
        ...

    async def release(self, agreements: Collection[AgreementId]) -> None:
        """End every live promise under these agreements; the copies are free again (P6)."""
        ...

    async def hand_over(
        self, moves: Mapping[MemberId, Collection[CopyId]], *, under: AgreementId
    ) -> None:
        """Fulfil these promises and no others: each locked copy is now its receiver's (P7)."""
        ...

    async def let_go(self, *, of: MemberId) -> None:
        """Who has left for good keeps nothing that nobody counts on (P10)."""
        ...

    async def cards(self, copies: Collection[CopyId]) -> Mapping[CopyId, CardView]:
        """Tell which card each copy is one of."""
        ...


class Wants(Protocol):
    """What members look for, kept in step with what they are promised and get (P8)."""

    async def ensure_room(
        self, member: MemberId, copies: Collection[CopyId], *, under: AgreementId
    ) -> None:
        """Raise SurplusNotAccepted where these copies are more than a want group has slots for.

        What the agreement has promised already does not count: it is these copies.
        """
        ...

    async def settle(self, moves: Mapping[MemberId, Collection[CopyId]]) -> None:
        """These copies have arrived: lower the counts, and close the groups that are full."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """Somebody who wants some of the cards that are offered, and offers some that are wanted."""

    member: MemberId
    takes: int
    """How many of the cards offered they want."""
    gives: int
    """How many of the cards wanted they offer."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """A copy that is for trade and free, and a want group of somebody else that names its card."""

    copy: CopyId
    card: CardId
    condition: Condition
    giver: MemberId
    group: WantGroupId
    receiver: MemberId
    rank: int
    min_condition: Condition | None
    slots: int
    """How many more of its cards the group has room for (P8), which may be none."""


class Exchange(Protocol):
    """Who could hand what to whom, by the lists as they are at this moment.

    Nobody is named who is suspended or has left, no copy that is promised, and nobody as a receiver
    of a card that they list for trade themselves. Answers are capped, and the newest lists come
    first; the same lists give the same answer.
    """

    async def prospects(
        self,
        *,
        givers: Collection[MemberId],
        receivers: Collection[MemberId],
        without: Collection[MemberId],
        rows: int,
        both: int,
        takers: int = 0,
        sources: int = 0,
    ) -> Sequence[Prospect]:
        """Find who wants what `givers` offer and offers what `receivers` want, `without` some.

        Those are the best `both` of who does both, the best `takers` of who does the first and the
        best `sources` of who does the second. At most so many `rows` are looked at for each, as
        many for one card as for another.
        """
        ...

    async def transfers(
        self, *, givers: Collection[MemberId], receivers: Collection[MemberId], rows: int
    ) -> Sequence[Transfer]:
        """Return what any of these could give to any of those, at most so many `rows` of it."""
        ...

    async def fitting(
        self, copies: Collection[CopyId], *, receivers: Collection[MemberId]
    ) -> Sequence[Transfer]:
        """Return what these copies are to these receivers; in a unit of work, as it sees them."""
        ...

    async def held_back(self, member: MemberId) -> int:
        """Return how many copies of this member are for trade, but promised."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedCopy:
    """A copy that is for trade, held, and promised to nobody."""

    id: CopyId
    card_id: CardId
    owner_id: MemberId
    condition: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWant:
    """A want group with open slots: so many more of these cards are looked for."""

    id: WantGroupId
    member_id: MemberId
    card_ids: tuple[CardId, ...]
    slots: int
    rank: int
    min_condition: Condition | None


class OpenLists(Protocol):
    """What many members at once offer and look for; few statements however many they are."""

    async def offers(self, of: Collection[MemberId]) -> Sequence[OfferedCopy]:
        """Return every copy that any of these could give, by id."""
        ...

    async def wants(self, of: Collection[MemberId]) -> Sequence[OpenWant]:
        """Return every want group of these that is not full, by id."""
        ...

    async def copies(self, ids: Collection[CopyId], *, of: MemberId) -> Collection[CopyId]:
        """Return which of these copies the member has."""
        ...

    async def want_groups(
        self, ids: Collection[WantGroupId], *, of: MemberId
    ) -> Collection[WantGroupId]:
        """Return which of these want groups are the member's."""
        ...
