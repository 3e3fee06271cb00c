"""What is taken down of the market by day, as rows."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from apps.catalogue.contract import CardId, GroupId
from apps.market.application.collect import CollectionKind, CollectionState
from apps.market.domain.conditions import Regime
from apps.shared.application.work import ChangedMeanwhile
from apps.shared.infrastructure.database import REFUSALS, Model
from apps.shared.infrastructure.months import monthly


class CollectionJobModel(Model):
    """That something is taken down for a day."""

    __tablename__ = "collection_jobs"
    __table_args__ = (
        Index("uq_collection_jobs_window", "kind", "scope", "day", unique=True),
        Index("ix_collection_jobs_state", "state", "day"),
        CheckConstraint("kind IN ('snapshot', 'conditions')", name="kind"),
        CheckConstraint("state IN ('ready', 'running', 'done', 'failed')", name="state"),
        CheckConstraint("(state = 'running') = (leased_until IS NOT NULL)", name="leased"),
        CheckConstraint("state <> 'done' OR watermark IS NOT NULL", name="watermark"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[CollectionKind]
    scope: Mapped[str] = mapped_column(String(40))
    day: Mapped[date]
    state: Mapped[CollectionState]
    attempts: Mapped[int]
    leased_until: Mapped[datetime | None]
    rows: Mapped[int | None]
    behind_event: Mapped[int | None] = mapped_column(BigInteger)
    watermark: Mapped[int | None] = mapped_column(BigInteger)
    error: Mapped[str | None] = mapped_column(Text)
    planned_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class CardSnapshotModel(Model):
    """Figures of a card at the end of a day, each beside how many members stand behind it."""

    __tablename__ = "card_snapshots"
    __table_args__ = (
        Index("ix_card_snapshots_card_id", "card_id", "day"),
        {"postgresql_partition_by": "RANGE (day)"},
    )

    day: Mapped[date] = mapped_column(primary_key=True)
    card_id: Mapped[CardId] = mapped_column(Uuid(), primary_key=True)
    copies: Mapped[int]
    holders: Mapped[int]
    listed: Mapped[int]
    listers: Mapped[int]
    free: Mapped[int]
    free_holders: Mapped[int]
    wanted: Mapped[int]
    wanters: Mapped[int]
    proposals: Mapped[int]
    proposers: Mapped[int]
    completions: Mapped[int]
    completers: Mapped[int]
    median_wait_h: Mapped[int | None]
    waiters: Mapped[int]


class MarketConditionModel(Model):
    """How the cards of a group are asked for and given, at the end of a day.

    Members beside `free` and `wanted` are those of one card of the group, and so at least as many
    stand behind all of them; those beside completions are counted.
    """

    __tablename__ = "market_conditions"
    __table_args__ = (
        Index("ix_market_conditions_group_id", "group_id", "day"),
        CheckConstraint("regime IN ('hot', 'balanced', 'cold')", name="regime"),
    )

    day: Mapped[date] = mapped_column(primary_key=True)
    group_id: Mapped[GroupId] = mapped_column(Uuid(), primary_key=True)
    free: Mapped[int]
    free_holders: Mapped[int]
    wanted: Mapped[int]
    wanters: Mapped[int]
    completions_7d: Mapped[int]
    completers_7d: Mapped[int]
    liquidity_permille: Mapped[int | None]
    pressure_permille: Mapped[int | None]
    regime: Mapped[Regime | None]
    comeback: Mapped[bool]
    watermark: Mapped[int] = mapped_column(BigInteger)


monthly(Model.metadata.tables[CardSnapshotModel.__tablename__])
REFUSALS |= dict.fromkeys(
    (
        "uq_collection_jobs_window",
        "collection_jobs.kind, collection_jobs.scope, collection_jobs.day",
    ),
    ChangedMeanwhile,
)
