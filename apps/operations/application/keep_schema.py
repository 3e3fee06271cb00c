"""What operators do to the schema of an installation, and ask of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from apps.operations.application.schema import Comparison, Difference

Dialect = Literal["sqlite", "postgresql"]
Origin = Literal["migrated", "models", "revisions"]
Tell = Callable[[str], None]
"""Is told of each revision once it was taken."""


class CannotMigrate(Exception):
    """The database was left as it was, or at an earlier revision; the message says why."""


class Unversioned(CannotMigrate):
    """The database holds tables, and nothing says of which revision."""


class Drifted(Exception):
    """The database is not what the migrations make."""

    def __init__(self, differences: Sequence[Difference]) -> None:
        super().__init__(f"{len(differences)} differences")
        self.differences = differences


@dataclass(frozen=True, slots=True)
class Revision:
    """One step of the schema."""

    id: str
    meaning: str
    loses: Sequence[str]
    """What going back behind it takes away."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What taking the revisions to a copy of a database came to."""

    begun_at: str | None
    seconds: Sequence[tuple[str, float]]
    rows: int
    differences: Sequence[Difference]


class Migrations(Protocol):
    """The chain of revisions, over one database."""

    def upgrade(self, revision: str, tell: Tell) -> None:
        """Take all steps up to there, or raise CannotMigrate."""
        ...

    def downgrade(self, revision: str, tell: Tell) -> None:
        """Take all steps back to there, or raise CannotMigrate."""
        ...

    def lost(self, revision: str) -> Sequence[Revision]:
        """Return the steps on the way back to there that would lose data."""
        ...

    def current(self) -> str | None:
        """Return the revision of the database."""
        ...

    def history(self) -> Sequence[Revision]:
        """Return all steps, the newest first."""
        ...

    def faults(self) -> Sequence[str]:
        """Return what is wrong with the chain, with where the database is, and with the models."""
        ...

    def draft(self, message: str, *, autogenerate: bool) -> Path:
        """Write a new revision for somebody to fill in, and return its file."""
        ...


class Schemas(Protocol):
    """The schema that the migrations make, and those that ought to be the same."""

    def verify(self, dialect: Dialect | None, live: str | None) -> Sequence[Comparison]:
        """Compare all there are, or raise CannotCompare."""
        ...

    def export(self, dialect: Dialect, origin: Origin) -> str:
        """Write the schema as SQL that does nothing where it is there already."""
        ...

    def draw(self) -> str:
        """Write the page with the tables and what they refer to."""
        ...

    def adopt(self, revision: str) -> None:
        """Write down the revision of a database that is just like it, or raise Drifted."""
        ...

    def rehearse(self, live: str | None, tell: Tell) -> Rehearsal:
        """Copy a database and migrate the copy."""
        ...

    def create(self) -> bool:
        """Make the database, empty; tell whether there was none."""
        ...

    def tables(self) -> Mapping[str, str]:
        """Return the tables of the database, with the context that each belongs to."""
        ...
