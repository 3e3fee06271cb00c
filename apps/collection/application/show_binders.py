"""What binders look like to their owners and to others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.catalogue.contract import CardId, CardView
from apps.collection.domain.copy import Condition, CopyState
from apps.collection.domain.copy_events import AgreementId, CopyId
from apps.collection.domain.want_group import WantGroupId
from apps.shared.application.pages import Page
from apps.shared.domain.ids import MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRef:
    """Who it is, by id and nickname; a member who left has no nickname."""

    id: MemberId
    nickname: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyView:
    """A copy; the note is for its owner's eyes only."""

    id: CopyId
    card: CardView
    owner_id: MemberId
    condition: Condition
    state: CopyState
    for_trade: bool
    note: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderView:
    """Somebody who would give this card away."""

    id: CopyId
    owner: MemberRef
    condition: Condition
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverView:
    """One link of a chain of custody; null stands for whoever has left or is hidden."""

    giver: MemberRef | None
    receiver: MemberRef | None
    agreement_id: AgreementId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WantGroupView:
    """What a member looks for."""

    id: WantGroupId
    cards: Sequence[CardView]
    count: int
    open_slots: int
    rank: int
    min_condition: Condition | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SeekerView:
    """Somebody who looks for this card, perhaps among others."""

    id: WantGroupId
    member: MemberRef
    count: int
    open_slots: int
    rank: int
    min_condition: Condition | None
    created_at: datetime


class ShowCopy(Protocol):
    """One copy, as its owner or as somebody else sees it."""

    async def __call__(self, id: CopyId, *, to: MemberId) -> CopyView:
        """Raise CopyNotFound where nobody holds it any more, or somebody who is hidden (BL2)."""
        ...

    async def mine(self, id: CopyId, *, to: MemberId) -> CopyView:
        """Raise CopyNotFound also where somebody else holds it."""
        ...


class ShowCopies(Protocol):
    """Several of your copies, in the order in which you name them."""

    async def __call__(self, ids: Sequence[CopyId], *, to: MemberId) -> Sequence[CopyView]:
        """Pass over those that are not yours."""
        ...


class ShowChain(Protocol):
    """Through whose hands a copy has gone, oldest first."""

    async def __call__(
        self, id: CopyId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[HandoverView]:
        """Raise CopyNotFound where the copy itself would not be shown; name only who is seen."""
        ...


class ListMyCopies(Protocol):
    """Your binder, newest first."""

    async def __call__(self, me: MemberId, *, after: str | None, limit: int) -> Page[CopyView]:
        """Return one page."""
        ...


class ListCopiesForTrade(Protocol):
    """What a member would give away: for trade and free, newest first."""

    async def __call__(
        self, of: MemberId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[CopyView]:
        """Raise UserNotFound where there is no such member, or a hidden one."""
        ...


class ListHolders(Protocol):
    """Who would give this card away: copies for trade and free, newest first."""

    async def __call__(
        self, card: CardId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[HolderView]:
        """Raise CardUnknown, Moved."""
        ...


class ShowWantGroup(Protocol):
    """One of your want groups."""

    async def __call__(self, id: WantGroupId, *, to: MemberId) -> WantGroupView:
        """Raise WantGroupNotFound, also for somebody else's."""
        ...


class ListWantGroups(Protocol):
    """What a member looks for, newest first."""

    async def __call__(
        self, of: MemberId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[WantGroupView]:
        """Raise UserNotFound where there is no such member, or a hidden one."""
        ...


class ListSeekers(Protocol):
    """Who looks for this card, newest first."""

    async def __call__(
        self, card: CardId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[SeekerView]:
        """Raise CardUnknown, Moved."""
        ...
