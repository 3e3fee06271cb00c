"""Whether a PostgreSQL has room for what an installation may open, and keeps it within bounds."""

from dataclasses import dataclass

from sqlalchemy import Integer, String, bindparam, column, literal_column, select, table

from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.shared.infrastructure.sessions import Sessions

MOST = "current_setting('max_connections')::int"
KEPT = """(current_setting('superuser_reserved_connections')::int
    + coalesce(current_setting('reserved_connections', true), '0')::int)"""
OF_THE_ROLE = "(SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user)"
OF_THE_DATABASE = "(SELECT datconnlimit FROM pg_database WHERE datname = current_database())"
ROOM = Question(
    select(
        literal_column(f"{MOST} - {KEPT}", Integer).label("of_the_server"),
        literal_column(OF_THE_ROLE, Integer).label("of_the_role"),
        literal_column(OF_THE_DATABASE, Integer).label("of_the_database"),
    )
)
"""Where one of the latter is negative, there is no such limit."""

LIMITS = Question(
    select(column("name", String), column("setting", String))
    .select_from(table("pg_settings"))
    .where(column("name").in_(bindparam("names", type_=String, expanding=True)))
    .order_by(column("name"))
)


class NoRoom(Exception):
    """The database does not let in as many connections as this installation may open."""


class Unbounded(Exception):
    """Sessions are without a time limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """So many processes with so many connections each, beside those that are left to others."""

    processes: int
    each: int
    reserved: int

    @property
    def all_told(self) -> int:
        """How many there may be at once."""
        return self.processes * self.each


async def ensure_room(reads: Reads, claim: Claim) -> None:
    """Raise NoRoom, and say what can be changed."""
    (found,) = await reads(ROOM)
    limits = {
        "the server lets in": found.of_the_server,
        "its role may have": found.of_the_role,
        "its database lets in": found.of_the_database,
    }
    whose, most = min(
        ((name, most) for name, most in limits.items() if most >= 0), key=lambda limit: limit[1]
    )
    if claim.all_told + claim.reserved > most:
        raise NoRoom(
            f"{claim.processes} processes (DB_PROCESSES) may open {claim.each} connections each,"
            f" {claim.all_told} in all, and {claim.reserved} are left to others (DB_RESERVED), but"
            f" {whose} {most}. Lower DB_POOL_SIZE, DB_MAX_OVERFLOW or DB_READER_POOL_SIZE, raise"
            " max_connections, or put a pgbouncer in between (DB_PGBOUNCER=true)."
        )


async def ensure_bounds(reads: Reads, sessions: Sessions) -> None:
    """Raise Unbounded where a session has not the limits that its role should bring."""
    found = {row.name: row.setting for row in await reads(LIMITS, names=[*sessions.limits])}
    missing = [name for name in sessions.limits if found.get(name, "0") == "0"]
    if missing:
        told = ", ".join(f"SET {name} = {sessions.limits[name]}" for name in missing)
        raise Unbounded(
            "A pgbouncer passes no settings on, so let the role bring them; for each of these,"
            f" ALTER ROLE … {told}, and then RECONNECT in the console of pgbouncer."
        )
