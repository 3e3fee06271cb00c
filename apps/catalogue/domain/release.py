"""A release: an album or single of a group, which cards come with (K1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NewType, Protocol, Self
from uuid import UUID

from apps.catalogue.domain.entry import Entries, Entry, code_of, name_of, names_of
from apps.catalogue.domain.group import GroupId
from apps.shared.domain.errors import NotFound

ReleaseId = NewType("ReleaseId", UUID)


class ReleaseNotFound(NotFound):
    """There is no such release."""


@dataclass(kw_only=True, eq=False)
class Release(Entry[ReleaseId]):
    """`title` is what it is called here; `names` are its other titles in any script."""

    group_id: GroupId
    title: str
    released_on: date

    @property
    def called(self) -> tuple[str, ...]:
        """Its title first."""
        return self.title, *self.names

    @classmethod
    def enter(
        cls,
        id: ReleaseId,
        *,
        code: str,
        group_id: GroupId,
        title: str,
        released_on: date,
        names: Sequence[str] = (),
    ) -> Self:
        """Put it into the catalogue. Raises CodeMalformed, NameMalformed."""
        return cls(
            id=id,
            code=code_of(code),
            group_id=group_id,
            title=name_of(title),
            released_on=released_on,
            names=names_of(names),
        )


class ReleaseRepository(Entries[Release], Protocol):
    """Every release."""
