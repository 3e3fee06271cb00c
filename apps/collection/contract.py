"""What other contexts may know about copies, and ask of their holders."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from apps.catalogue.contract import CardId, CardView
from apps.collection.domain.copy import (
    WORSE_AND_WORSE,
    Condition,
    CopyAlreadyPromised,
    CopyNotForTrade,
    CopyState,
    Holding,
    ensure_free,
    ensure_offered,
    suits,
)
from apps.collection.domain.copy_events import AgreementId, CopyId, CopyUnlisted, CopyWorsened
from apps.collection.domain.want_group import SurplusNotAccepted, WantGroupId
from apps.shared.domain.ids import MemberId

__all__ = [
    "WORSE_AND_WORSE",
    "AgreementId",
    "Announcement",
    "CardView",
    "Condition",
    "CopyAlreadyPromised",
    "CopyId",
    "CopyNotForTrade",
    "CopyState",
    "CopyUnlisted",
    "CopyWorsened",
    "Deliveries",
    "Exchange",
    "Holding",
    "Holdings",
    "Lists",
    "OfferedCopy",
    "OpenLists",
    "OpenWant",
    "Prospect",
    "SurplusNotAccepted",
    "Transfer",
    "WantGroupId",
    "WantedCard",
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


class Announcement(NamedTuple):
    """That somebody is to get a copy of a card which nobody has in hand yet."""

    agreement_id: AgreementId
    card_id: CardId
    receiver_id: MemberId


class Deliveries(Protocol):
    """Copies that come from outside of here, as those of group orders (G4, G10).

    Used inside the caller's unit of work. Who announces has held the cards; who does anything
    else to copies that were announced has locked what they come with, and nobody else does it.
    """

    async def announce(self, copies: Sequence[Announcement]) -> Sequence[CopyId]:
        """Put an expected copy into each binder, in this order; want slots count on it (P8)."""
        ...

    async def call_off(self, copies: Collection[CopyId]) -> None:
        """Those do not come: gone, and nobody counts on them any more."""
        ...

    async def arrive(self, copies: Collection[CopyId], *, giver: MemberId) -> None:
        """Those are in the hands of their receivers: held, with the first link of their chains.

        Want groups that name their cards are lowered.
        """
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


class Prospect(NamedTuple):
    """Somebody who wants some of the cards that are offered, and offers some that are wanted."""

    member: MemberId
    takes: int
    """How many of the cards offered they want."""
    gives: int
    """How many of the cards wanted they offer."""


class OfferedCopy(NamedTuple):
    """A copy that is for trade, held, and promised to nobody."""

    id: CopyId
    card_id: CardId
    owner_id: MemberId
    condition: Condition


class WantedCard(NamedTuple):
    """A card that a want group names, and that its member does not list for trade."""

    group_id: WantGroupId
    card_id: CardId
    member_id: MemberId
    min_condition: Condition | None
    rank: int
    slots: int
    """How many more of its cards the group has room for (P8), which may be none."""


class Lists(NamedTuple):
    """What some members offer and look for, the newest first."""

    offers: Sequence[OfferedCopy]
    wanted: Sequence[WantedCard]

    def plus(self, others: "Lists") -> "Lists":
        """Return what is in any of them."""
        return Lists([*self.offers, *others.offers], [*self.wanted, *others.wanted])


class Transfer(NamedTuple):
    """A copy that is for trade and free, and a want group of somebody else that names its card."""

    copy: OfferedCopy
    want: WantedCard


class Exchange(Protocol):
    """Who could hand what to whom, by the lists as they are at this moment.

    Nobody is named who is suspended or has left, no copy that is promised, and nobody as a receiver
    of a card that they list for trade themselves. Answers are capped, and the newest lists come
    first; the same lists give the same answer.
    """

    async def lists(self, of: Collection[MemberId], *, rows: int) -> Lists:
        """Return what these offer and what they look for, so many of each at most.

        It is as many copies, and as many want groups, of one member as of another.
        """
        ...

    async def prospects(
        self,
        *,
        haves: Sequence[CardId],
        needs: Sequence[CardId],
        without: Collection[MemberId],
        rows: int,
        both: int,
        takers: int = 0,
        sources: int = 0,
    ) -> Sequence[Prospect]:
        """Find who wants some of `haves` and offers some of `needs`, `without` some members.

        Those are the best `both` of who does both, the best `takers` of who does the first and the
        best `sources` of who does the second. At most so many `rows` are looked at, half of them
        for each, and as many for one card as for another.
        """
        ...

    async def fitting(
        self, copies: Collection[CopyId], *, receivers: Collection[MemberId]
    ) -> Sequence[Transfer]:
        """Return what these copies are to these receivers; in a unit of work, as it sees them."""
        ...

    async def held_back(self, member: MemberId) -> int:
        """Return how many copies of this member are for trade, but promised."""
        ...


class OpenWant(NamedTuple):
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
        """Return every copy that any of these could give, in no order."""
        ...

    async def wants(self, of: Collection[MemberId]) -> Sequence[OpenWant]:
        """Return every want group of these that is not full, in no order; its cards are by id."""
        ...

    async def copies(self, ids: Collection[CopyId], *, of: MemberId) -> Collection[CopyId]:
        """Return which of these copies the member has."""
        ...

    async def want_groups(
        self, ids: Collection[WantGroupId], *, of: MemberId
    ) -> Collection[WantGroupId]:
        """Return which of these want groups are the member's."""
        ...
