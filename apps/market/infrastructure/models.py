"""What the market has read of events, as rows: of each generation, a reading from the first one.

All of it follows from the outbox and can be made anew, so nothing refers to other tables. Keys by
which many rows are looked up at once begin with what is looked up: a planner that has not heard of
a new generation yet would take it for empty, and read all of it again and again.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Boolean, CheckConstraint, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from apps.catalogue.contract import CardId
from apps.collection.contract import AgreementId, CopyId, WantGroupId
from apps.market.application.generations import GenerationState
from apps.market.application.rebuild_market import RebuildUnderWay
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.database import REFUSALS, Model

LASTING = text("until_event IS NULL")
"""Written out, or no database would know that a partial index serves."""

READING = text("state <> 'old'")


def lasting(name: str, *columns: str, unique: bool = False) -> Index:
    """Return an index of what is so now."""
    return Index(name, *columns, unique=unique, postgresql_where=LASTING, sqlite_where=LASTING)


class MarketGenerationModel(Model):
    """A reading of all events from the first; one is live, and one may be under way."""

    __tablename__ = "market_generations"
    __table_args__ = (
        CheckConstraint("state IN ('building', 'live', 'old')", name="state"),
        Index(
            "uq_market_generations_reading",
            "state",
            unique=True,
            postgresql_where=READING,
            sqlite_where=READING,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[GenerationState]
    events: Mapped[int] = mapped_column(BigInteger)
    """How many it has read; they are counted from 1."""
    day: Mapped[date | None]
    """The latest day of any event that it has read."""
    begun_at: Mapped[datetime]
    live_at: Mapped[datetime | None]
    differences: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    """How many rows by table differed from the reading that it has taken the place of."""


class MarketCopyModel(Model):
    """A spell of a copy."""

    __tablename__ = "market_copies"
    __table_args__ = (
        lasting("ix_market_copies_card_id", "card_id", "generation"),
        lasting("ix_market_copies_owner_id", "owner_id", "generation"),
    )

    copy_id: Mapped[CopyId] = mapped_column(Uuid(), primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True)
    since_event: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    until_event: Mapped[int | None] = mapped_column(BigInteger)
    card_id: Mapped[CardId] = mapped_column(Uuid())
    owner_id: Mapped[MemberId] = mapped_column(Uuid())
    listed: Mapped[bool] = mapped_column(Boolean)
    agreement_id: Mapped[AgreementId | None] = mapped_column(Uuid())


class MarketWantModel(Model):
    """A spell of a card in a want group."""

    __tablename__ = "market_wants"
    __table_args__ = (
        lasting("ix_market_wants_card_id", "card_id", "generation"),
        lasting("ix_market_wants_member_id", "member_id", "generation"),
    )

    group_id: Mapped[WantGroupId] = mapped_column(Uuid(), primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[CardId] = mapped_column(Uuid(), primary_key=True)
    since_event: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    until_event: Mapped[int | None] = mapped_column(BigInteger)
    member_id: Mapped[MemberId] = mapped_column(Uuid())
    slots: Mapped[int]
    wanted_at: Mapped[datetime]


class MarketMoveModel(Model):
    """That a card was proposed to change hands, or has done so."""

    __tablename__ = "market_moves"
    __table_args__ = (
        Index("ix_market_moves_card_id", "card_id", "generation", "event"),
        Index("ix_market_moves_giver_id", "giver_id", "generation"),
        Index("ix_market_moves_receiver_id", "receiver_id", "generation"),
    )

    generation: Mapped[int] = mapped_column(primary_key=True)
    event: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    completed: Mapped[bool]
    card_id: Mapped[CardId] = mapped_column(Uuid())
    giver_id: Mapped[MemberId] = mapped_column(Uuid())
    receiver_id: Mapped[MemberId] = mapped_column(Uuid())
    agreement_id: Mapped[UUID]
    at: Mapped[datetime]
    wanted_at: Mapped[datetime | None]
    author_id: Mapped[MemberId | None] = mapped_column(Uuid())


class MarketDealModel(Model):
    """A trade as far as the market knows it."""

    __tablename__ = "market_deals"

    trade_id: Mapped[UUID] = mapped_column(primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True)
    moves: Mapped[Any] = mapped_column(JSON)
    disputed: Mapped[bool]


class MarketSwapModel(Model):
    """So many of one card, given for so many of another."""

    __tablename__ = "market_swaps"
    __table_args__ = (
        Index("ix_market_swaps_first_card_id", "first_card_id", "generation", "event"),
        Index("ix_market_swaps_second_card_id", "second_card_id", "generation", "event"),
    )

    trade_id: Mapped[UUID] = mapped_column(primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True)
    event: Mapped[int] = mapped_column(BigInteger)
    first_id: Mapped[MemberId] = mapped_column(Uuid())
    second_id: Mapped[MemberId] = mapped_column(Uuid())
    first_card_id: Mapped[CardId] = mapped_column(Uuid())
    first_count: Mapped[int]
    second_card_id: Mapped[CardId] = mapped_column(Uuid())
    second_count: Mapped[int]
    at: Mapped[datetime]


class MarketLevelModel(Model):
    """The trust level of a member."""

    __tablename__ = "market_levels"

    member_id: Mapped[MemberId] = mapped_column(Uuid(), primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True)
    trust_level: Mapped[int]


class MarketMergeModel(Model):
    """That one card stands for another."""

    __tablename__ = "market_merges"

    generation: Mapped[int] = mapped_column(primary_key=True)
    event: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    card_id: Mapped[CardId] = mapped_column(Uuid())
    into_id: Mapped[CardId] = mapped_column(Uuid())


class MarketDayModel(Model):
    """The first event of a day, as days go on and never back."""

    __tablename__ = "market_days"

    generation: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    first_event: Mapped[int] = mapped_column(BigInteger)


REFUSALS |= dict.fromkeys(
    ("uq_market_generations_reading", "market_generations.state"), RebuildUnderWay
)
