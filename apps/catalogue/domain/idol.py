"""An idol: one person with one id, whatever groups they were in and when (K1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NewType, Protocol, Self
from uuid import UUID

from apps.catalogue.domain.entry import Entries, Entry, code_of, name_of, names_of
from apps.catalogue.domain.group import GroupId
from apps.shared.domain.errors import DomainError, NotFound

IdolId = NewType("IdolId", UUID)


class IdolNotFound(NotFound):
    """There is no such idol."""


class MembershipEndsBeforeItBegins(DomainError):
    """Nobody leaves a group before the day of joining it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """In a group from one day to another, both included, or until further notice."""

    group_id: GroupId
    joined_on: date
    left_on: date | None = None

    def __post_init__(self) -> None:
        """Raise MembershipEndsBeforeItBegins."""
        if self.left_on and self.left_on < self.joined_on:
            raise MembershipEndsBeforeItBegins

    @property
    def key(self) -> tuple[date, GroupId]:
        """What tells it from the idol's other memberships, and orders them."""
        return self.joined_on, self.group_id


@dataclass(kw_only=True, eq=False)
class Idol(Entry[IdolId]):
    """`name` is the stage name; legal names are nobody's business here."""

    name: str
    memberships: tuple[Membership, ...]

    @property
    def called(self) -> tuple[str, ...]:
        """Its name first."""
        return self.name, *self.names

    @classmethod
    def enter(
        cls,
        id: IdolId,
        *,
        code: str,
        name: str,
        names: Sequence[str] = (),
        memberships: Sequence[Membership] = (),
    ) -> Self:
        """Put them into the catalogue. Raises CodeMalformed, NameMalformed."""
        return cls(
            id=id,
            code=code_of(code),
            name=name_of(name),
            names=names_of(names),
            memberships=in_order(memberships),
        )

    def joining(self, memberships: Iterable[Membership]) -> Self:
        """Return the same idol with these memberships too."""
        return replace(self, memberships=in_order([*self.memberships, *memberships]))


def in_order(memberships: Iterable[Membership]) -> tuple[Membership, ...]:
    """Sort by the first day; of several in one group from one day, the last one told holds."""
    told = {each.key: each for each in memberships}
    return tuple(told[key] for key in sorted(told))


class IdolRepository(Entries[Idol], Protocol):
    """Every idol, with all memberships."""
