"""Sessions at PostgreSQL: what each begins with, and how long anything on one may take."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

APPLICATION = "kcardswap"
"""What the name of each of our connections to PostgreSQL begins with."""

LEEWAY_S = 1.0
"""Seconds that an answer may be under way when the server has given a statement up."""


def unnamed() -> str:
    """Name a prepared statement: not at all, so that no other transaction has to know it."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """Seconds for which a session waits for each thing, and through what it is reached.

    Behind a pgbouncer that lends connections by transaction, a session of ours has no server of its
    own: it prepares nothing, and its role brings the time limits (ALTER ROLE … SET).
    """

    turn_s: float = 4
    connect_s: float = 4
    statement_s: float = 5
    lock_s: float = 2
    idle_s: float = 30
    recycle_s: int = 1800
    pre_ping: bool = False
    pgbouncer: bool = False

    @property
    def limits(self) -> Mapping[str, str]:
        """What must hold in every session; in milliseconds."""
        return {
            "statement_timeout": milliseconds(self.statement_s),
            "lock_timeout": milliseconds(self.lock_s),
            "idle_in_transaction_session_timeout": milliseconds(self.idle_s),
        }

    def for_asyncpg(self, **more: str) -> dict[str, Any]:
        """Return what the driver connects with; `more` are settings of the server.

        The server ends a statement that is slow. A line on which nothing comes back at all is given
        up by ourselves, soon after that.
        """
        settings = {"application_name": APPLICATION, "timezone": "UTC"}
        if not self.pgbouncer:
            settings |= {"jit": "off", **self.limits, **more}
        return {
            "timeout": self.connect_s,
            "command_timeout": self.statement_s + LEEWAY_S,
            "server_settings": settings,
        } | ({"statement_cache_size": 0} if self.pgbouncer else {})

    def for_sqlalchemy(self) -> dict[str, Any]:
        """Return likewise what its engine connects with."""
        if not self.pgbouncer:
            return self.for_asyncpg()
        return {
            **self.for_asyncpg(),
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": unnamed,
        }


def milliseconds(seconds: float) -> str:
    """Write a time as PostgreSQL takes it."""
    return str(round(seconds * 1000))
