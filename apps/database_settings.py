"""What an operator can set of the database, and of how much of it is used at once."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from apps.defaults import DRIVERS, REPLICA


class DatabaseSettings(BaseSettings):
    """Where the data is, and what each process may ask of it."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", use_attribute_docstrings=True, validate_default=True
    )

    env: Literal["development", "production", "test"] = "development"
    """In `production` no key is made up, no demo is loaded, and unsafe settings are refused."""
    sqlite_in_production: bool = False
    """Whether a production installation may keep its data in SQLite, for one machine only."""
    database_url_file: str = ""
    """A file that holds DATABASE_URL, as secrets are handed to containers."""
    database_url: str = "sqlite+aiosqlite:///var/kcs.db"
    """Where the data is: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`."""
    database_replica_url: str = ""
    """A standby of it that answers questions as far as it has caught up; PostgreSQL only."""

    db_pool_size: int = Field(default=20, ge=1)
    """Connections for changes; fewer than requests worked on would let some wait once more."""
    db_max_overflow: int = Field(default=0, ge=0)
    """Connections for changes beyond those, opened when all are in use and closed at once after."""
    db_reader_pool_size: int = Field(default=20, ge=1)
    """Connections for questions, beside those for changes; the same holds."""
    db_pool_timeout_s: float = Field(default=4, gt=0, le=5)
    """Seconds that a request waits for its turn, and for a connection; then the answer is 503."""
    db_connect_timeout_s: float = Field(default=4, gt=0)
    """Seconds that PostgreSQL has to take a new connection."""
    db_pool_recycle_s: int = Field(default=1800, ge=1)
    """Seconds after which a connection is opened anew."""
    db_pool_pre_ping: bool = False
    """Whether a connection is tried before each change; those that end are replaced anyway."""
    db_statement_timeout_s: float = Field(default=5, gt=0)
    """Seconds that a statement of a request may take."""
    db_work_statement_timeout_s: float = Field(default=60, gt=0)
    """Seconds that a statement of `kcs worker` or of another command may take."""
    db_lock_timeout_s: float = Field(default=2, gt=0)
    """Seconds that a statement waits for a lock."""
    db_idle_timeout_s: float = Field(default=30, gt=0)
    """Seconds that a transaction may be idle before PostgreSQL ends it."""
    db_processes: int = Field(default=2, ge=1)
    """Servers and workers that share the database; all their connections must fit into it."""
    db_reserved: int = Field(default=5, ge=0)
    """Connections that they leave to operators, backups and migrations."""
    db_pgbouncer: bool = False
    """Whether DATABASE_URL names a pgbouncer that lends connections by transaction."""

    @field_validator("database_url", mode="before")
    @classmethod
    def _read_the_file_of_the_database(cls, url: object, told: ValidationInfo) -> object:
        """Take what a file says, where one is named."""
        return said_by_file(cls, url, told)

    @field_validator("database_url", "database_replica_url")
    @classmethod
    def _name_the_driver(cls, url: str, told: ValidationInfo) -> str:
        """Let `postgresql://` and `sqlite://` stand for the drivers that are used here."""
        if told.field_name == "database_replica_url":
            if not url:
                return url
            source = told.data.get("database_url", "")
            if not (url.startswith("postgres") and source.startswith("postgres")):
                raise ValueError(REPLICA)
        scheme, separator, rest = url.partition("://")
        driver = DRIVERS.get(scheme)
        if driver is None or not separator:
            raise ValueError(f"begin with one of {', '.join(DRIVERS)} and ://")
        try:
            make_url(f"{driver}://{rest}")
        except (ArgumentError, ValueError):
            raise ValueError(f"go on like a URL behind {scheme}://") from None
        return f"{driver}://{rest}"

    @field_validator("database_url")
    @classmethod
    def _choose_sqlite_knowingly(cls, url: str, told: ValidationInfo) -> str:
        """One file beside one process is easily lost, so nobody gets it by default."""
        if url.startswith("sqlite") and not told.data.get("sqlite_in_production"):
            refuse_in_production(told, "name a PostgreSQL, or set SQLITE_IN_PRODUCTION=true")
        return url


def as_many_as_are_served(told: dict[str, Any]) -> int:
    """Let in no more requests than there are connections of each kind for."""
    changing: int = told.get("db_pool_size", 20) + told.get("db_max_overflow", 0)
    asking: int = told.get("db_reader_pool_size", 20)
    return min(20, changing, asking)


def said_by_file(settings: type[BaseSettings], url: object, told: ValidationInfo) -> object:
    """Take what a file says, where one is named."""
    file = told.data.get(f"{told.field_name}_file")
    if not file:
        return url
    if url != settings.model_fields[str(told.field_name)].default:
        raise PydanticCustomError("told_twice", "set it, or name its file, and not both")
    try:
        return Path(file).read_text().strip()
    except (OSError, UnicodeError):
        raise PydanticCustomError("file", "its file cannot be read") from None


def refuse_in_production(told: ValidationInfo, instead: str) -> None:
    """Say what a production server needs; any other may do without."""
    if told.data.get("env") == "production":
        raise PydanticCustomError("production", "in production {instead}", {"instead": instead})
