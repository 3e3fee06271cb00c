"""What the tables hold, so that a request that is refused can be seen to change nothing."""

from hashlib import sha256

from sqlalchemy import select

from apps.shared.infrastructure.database import Model
from tests.support.site import Site

OF_REFUSALS = {"audit_log", "audit_seals", "audit_end", "auth_throttles"}
"""Where it is written down, and counted, that somebody was refused."""


async def traces(site: Site) -> dict[str, str]:
    """A digest of each table."""
    tables = [each for each in Model.metadata.sorted_tables if each.name not in OF_REFUSALS]
    async with (await site.engine()).connect() as connection:
        found = {
            table.name: sorted(repr(tuple(row)) for row in await connection.execute(select(table)))
            for table in tables
        }
    return {name: sha256("\n".join(rows).encode()).hexdigest() for name, rows in found.items()}
