"""What a setting is that nobody has set, and how others may be written."""

from typing import Any, Literal
from zoneinfo import available_timezones

from pydantic_core import PydanticCustomError

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
KNOWN_PASSWORDS = {
    *("admin", "app", "change-me", "change_me", "changeme", "default", "example", "kcardswap"),
    *("kcs", "letmein", "pass", "passw0rd", "password", "password1", "postgres", "root", "secret"),
    *("test", "123456", "12345678"),
}
"""What is written in examples, or tried first."""

SOMEBODY = "mail@localhost"
NIST_MIN_LENGTH = 15
HERE = "http://127.0.0.1:8000"
GOOGLE = "https://accounts.google.com"
REPLICA = "name a PostgreSQL that replicates the one in DATABASE_URL"
"""What DATABASE_REPLICA_URL takes; SQLite has no such thing."""

DRIVERS = {
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
}


def log_format_of(told: dict[str, Any]) -> Literal["text", "json"]:
    """Machines read the log of a production server, people that of any other."""
    return "json" if told.get("env") == "production" else "text"


def app_of(told: dict[str, Any]) -> str:
    """Where this installation is, unless the program that members use is somewhere else."""
    return str(told.get("issuer", HERE))


def mail_of(told: dict[str, Any]) -> Literal["smtp", "console"]:
    """Members of a production server wait for letters."""
    serious = told.get("env") == "production" or told.get("smtp_url")
    return "smtp" if serious else "console"


def is_embedded(told: dict[str, Any]) -> bool:
    """SQLite is one process with its data; beside PostgreSQL there is room for another."""
    return str(told.get("database_url", "sqlite")).startswith("sqlite")


def parted(told: object) -> object:
    """Take a list apart that is written with commas; blanks around them do not count."""
    if not isinstance(told, str):
        return told
    return tuple(filter(None, (each.strip() for each in told.split(","))))


def a_zone(name: str) -> str:
    """Refuse what is no time zone of this machine."""
    if name not in available_timezones():
        raise PydanticCustomError("no_zone", "No time zone has this name: Asia/Taipei is one")
    return name


def by_profile(told: object) -> object:
    """Let a standard be named in place of its number, where a password is the only proof."""
    return NIST_MIN_LENGTH if told == "nist" else told
