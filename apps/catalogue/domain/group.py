"""A group: a band, a duo, or a unit that releases under a name of its own (K1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NewType, Protocol, Self
from uuid import UUID

from apps.catalogue.domain.entry import Entries, Entry, code_of, name_of, names_of
from apps.shared.domain.errors import NotFound

GroupId = NewType("GroupId", UUID)


class GroupNotFound(NotFound):
    """There is no such group."""


@dataclass(kw_only=True, eq=False)
class Group(Entry[GroupId]):
    """`name` is what it is called here; `names` are its other names in any script."""

    name: str

    @property
    def called(self) -> tuple[str, ...]:
        """Its name first."""
        return self.name, *self.names

    @classmethod
    def enter(cls, id: GroupId, *, code: str, name: str, names: Sequence[str] = ()) -> Self:
        """Put it into the catalogue. Raises CodeMalformed, NameMalformed."""
        return cls(id=id, code=code_of(code), name=name_of(name), names=names_of(names))


class GroupRepository(Entries[Group], Protocol):
    """Every group."""
