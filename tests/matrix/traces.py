"""What the tables hold, so that a request that is refused can be seen to change nothing."""

from hashlib import sha256

from sqlalchemy import Table, or_, select

from apps.shared.infrastructure.database import Model
from tests.support.site import Member, Site

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


WHOSE = {"user_id", "member_id", "owner_id", "giver_id", "receiver_id", "author_id", "blocker_id"}
ACCOUNTS = {"users", "profiles", "standings"}
OF_SOMEBODY: dict[Table, list[str]] = {
    table: names
    for table in Model.metadata.sorted_tables
    if (names := ["id"] if table.name in ACCOUNTS else sorted(WHOSE & {*table.c.keys()}))
}
"""The columns of each table that say whose a row is."""


async def traces_of(member: Member) -> dict[str, list[str]]:
    """All rows that are this member's."""
    async with (await member.site.engine()).connect() as connection:
        return {
            table.name: sorted(repr(tuple(row)) for row in await connection.execute(rows))
            for table, names in OF_SOMEBODY.items()
            for rows in [select(table).where(or_(*(table.c[each] == member.id for each in names)))]
        }
