"""What an operator can set, by environment variables of the same names; only entries read it."""

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DRIVERS = {
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
}


class Settings(BaseSettings):
    """One installation."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    env: Literal["development", "production"] = "development"
    database_url: str = "sqlite+aiosqlite:///var/kcs.db"
    data_dir: Path = Path("var")
    """Where keys are kept, and the embedded database."""
    issuer: str = "http://127.0.0.1:8000"
    """Who signs the tokens: the public address of this installation."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    max_body_bytes: int = Field(default=256 * 1024, ge=1024)
    max_concurrency: int = Field(default=20, ge=1)
    """Requests worked on at once; the others wait in front."""
    db_pool_size: int = Field(default=20, ge=1)
    """Connections for what changes something. With fewer than requests worked on, some of these
    would wait once more, behind others that came later."""
    db_reader_pool_size: int = Field(default=20, ge=1)
    """Connections for questions, one at a time for each request; the same holds."""

    @field_validator("database_url")
    @classmethod
    def _name_the_driver(cls, url: str) -> str:
        """Let `postgresql://` and `sqlite://` stand for the drivers that are used here."""
        scheme, separator, rest = url.partition("://")
        driver = DRIVERS.get(scheme)
        if driver is None or not separator:
            raise ValueError(f"begin with one of {', '.join(DRIVERS)} and ://")
        return f"{driver}://{rest}"

    password_min_length: int = Field(default=10, ge=8, le=64)
    copies_count_max: int = Field(default=1_000, ge=1)
    want_groups_max: int = Field(default=200, ge=1)
    open_proposals_out: int = Field(default=10, ge=1)
    live_trades_per_pair: int = Field(default=3, ge=1)
