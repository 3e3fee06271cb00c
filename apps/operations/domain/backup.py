"""What a backup says of itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Dialect = Literal["postgresql", "sqlite"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a database held at one moment, in figures that every true copy of it has too."""

    dialect: Dialect
    server: str
    """Its kind and version; a copy may be on another one."""
    revision: str | None
    """The migration that its schema is of; None where it was never migrated."""
    rows: Mapping[str, int]
    """How many there are, for each table."""
    schema: Mapping[str, int]
    """How many tables, indexes, triggers and so on, for each kind."""
    last_event: tuple[int, int]
    """The transaction and the number of the last public event; zeros where there is none."""

    def differences(self, copy: "Contents") -> Iterator[str]:
        """Say in a line each in what a copy is not like it."""
        if copy.revision != self.revision:
            yield f"The schema was of revision {self.revision}, and now is of {copy.revision}."
        for kind in sorted({*self.schema, *copy.schema}):
            was, now = self.schema.get(kind, 0), copy.schema.get(kind, 0)
            if was != now:
                yield f"Of the kind {kind} there were {was}, and now there are {now}."
        for table in sorted({*self.rows, *copy.rows}):
            was, now = self.rows.get(table, 0), copy.rows.get(table, 0)
            if was != now:
                yield f"Rows of {table}: there were {was}, and now there are {now}."
        if copy.last_event != self.last_event:
            yield f"The last event was {self.last_event}, and now is {copy.last_event}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What stands in a backup in front of its data."""

    created_at: datetime
    """A moment shortly before the one that the data is of."""
    product_version: str
    contents: Contents

    @property
    def name(self) -> str:
        """What its file is called, so that names sort by time."""
        return f"kcs-{self.created_at:%Y%m%dT%H%M%SZ}.backup"
