"""Whether this installation can do its work."""

from typing import Protocol

from apps.shared.domain.errors import Busy


class SchemaMissing(Busy):
    """The database was not migrated yet."""


class NotReady(Busy):
    """The service cannot answer right now: its database is away, or not migrated."""


class Readiness(Protocol):
    """Asks the database."""

    async def __call__(self) -> str:
        """Return the schema's revision; raise NotReady unless it is the one this code needs."""
        ...
