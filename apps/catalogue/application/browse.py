"""The catalogue as everybody may read it, signed in or not."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from apps.catalogue.contract import CardId, CardView, GroupId, GroupRef, IdolId, Kind, ReleaseId
from apps.shared.application.pages import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """A group with all its names."""

    id: GroupId
    code: str
    name: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipView:
    """In a group from one day to another, or until further notice."""

    group: GroupRef
    joined_on: date
    left_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdolView:
    """An idol with all names, and all memberships in the order in which they began."""

    id: IdolId
    code: str
    name: str
    names: tuple[str, ...]
    memberships: tuple[MembershipView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseView:
    """A release with all its titles."""

    id: ReleaseId
    code: str
    group: GroupRef
    title: str
    released_on: date
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which cards to show: what is left empty does not narrow, of several values one suffices."""

    query: str | None = None
    groups: tuple[GroupId, ...] = ()
    idols: tuple[IdolId, ...] = ()
    releases: tuple[ReleaseId, ...] = ()
    kinds: tuple[Kind, ...] = ()
    retailers: tuple[str, ...] = ()


class FindGroups(Protocol):
    """Groups in the order of their codes; with a query, those with a name for each word (K1)."""

    async def __call__(
        self, *, query: str | None, after: str | None, limit: int
    ) -> Page[GroupView]:
        """Return one page; its key is the code."""
        ...


class ShowGroup(Protocol):
    """One group."""

    async def __call__(self, group_id: GroupId) -> GroupView:
        """Raise GroupNotFound."""
        ...


class FindIdols(Protocol):
    """Idols in the order of their codes, also former members of the groups asked for."""

    async def __call__(
        self, *, query: str | None, groups: tuple[GroupId, ...], after: str | None, limit: int
    ) -> Page[IdolView]:
        """Return one page; its key is the code."""
        ...


class ShowIdol(Protocol):
    """One idol, with the groups they are or were in."""

    async def __call__(self, idol_id: IdolId) -> IdolView:
        """Raise IdolNotFound."""
        ...


class FindReleases(Protocol):
    """Releases in the order of their codes."""

    async def __call__(
        self, *, query: str | None, groups: tuple[GroupId, ...], after: str | None, limit: int
    ) -> Page[ReleaseView]:
        """Return one page; its key is the code."""
        ...


class ShowRelease(Protocol):
    """One release."""

    async def __call__(self, release_id: ReleaseId) -> ReleaseView:
        """Raise ReleaseNotFound."""
        ...


class FindCards(Protocol):
    """Cards in the order of their codes; each word of a query must match one of their names.

    Those are the names of the card's group, release and idols, its own, and its version and
    retailer, in whatever script or spelling (K1).
    """

    async def __call__(self, wish: Wish, *, after: str | None, limit: int) -> Page[CardView]:
        """Return one page; its key is the code."""
        ...


class ShowCard(Protocol):
    """One card; a merged one is found under the id of the surviving one."""

    async def __call__(self, card_id: CardId) -> CardView:
        """Raise CardNotFound, Moved."""
        ...
