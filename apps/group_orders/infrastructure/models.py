"""Group orders, their rules, their joiners and their tags as rows."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from apps.catalogue.contract import GroupId, ReleaseId
from apps.group_orders.domain.currency import Currency
from apps.group_orders.domain.order import GroupOrder
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_steps import OrderState
from apps.group_orders.domain.terms import Rules, SellerType, Way
from apps.shared.application.work import ChangedMeanwhile
from apps.shared.domain.country import Country
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.append_only import append_only
from apps.shared.infrastructure.database import REFUSALS, Model

Model.registry.update_type_annotation_map(
    {GroupOrderId: Uuid(), GroupId: Uuid(), ReleaseId: Uuid()}
)


class OrderRulesModel(Model):
    """One version of the rules of a group order; whoever joins accepts one, so none changes."""

    __tablename__ = "order_rules"

    group_order_id: Mapped[GroupOrderId] = mapped_column(
        ForeignKey("group_orders.id"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    late_fee: Mapped[int | None] = mapped_column(BigInteger)
    published_at: Mapped[datetime]


class GroupOrderModel(Model):
    """A group order."""

    __tablename__ = "group_orders"
    __table_args__ = (
        Index("ix_group_orders_state", "state", "id"),
        Index("ix_group_orders_organiser_id", "organiser_id", "state"),
        Index("ix_group_orders_co_organiser_id", "co_organiser_id"),
        Index("ix_group_orders_group_id", "group_id", "id"),
        Index("uq_group_orders_currency", "id", "currency", unique=True),
        CheckConstraint(
            "state IN ('draft', 'open', 'locked', 'ordered', 'in_transit', 'arrived',"
            " 'distributing', 'closed', 'cancelled', 'failed')",
            name="state",
        ),
        CheckConstraint("seller_type IN ('shop', 'fan_account', 'event')", name="seller_type"),
        CheckConstraint("min_trust_level BETWEEN 0 AND 3", name="min_trust_level"),
        CheckConstraint("organiser_id <> co_organiser_id", name="organisers"),
        CheckConstraint(
            "(state IN ('closed', 'cancelled', 'failed')) = (ended_at IS NOT NULL)", name="ended"
        ),
        CheckConstraint("opened_at IS NOT NULL OR state IN ('draft', 'cancelled')", name="opened"),
    )

    id: Mapped[GroupOrderId] = mapped_column(primary_key=True)
    organiser_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_group_orders_organiser_id")
    )
    co_organiser_id: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_group_orders_co_organiser_id")
    )
    title: Mapped[str] = mapped_column(String(120))
    description: Mapped[str | None] = mapped_column(Text)
    group_id: Mapped[GroupId] = mapped_column(
        Uuid(), ForeignKey("groups.id", name="fkx_group_orders_group_id")
    )
    release_id: Mapped[ReleaseId | None] = mapped_column(
        Uuid(), ForeignKey("releases.id", name="fkx_group_orders_release_id")
    )
    seller_type: Mapped[SellerType]
    seller_name: Mapped[str | None] = mapped_column(String(120))
    destination: Mapped[Country]
    ways: Mapped[Any] = mapped_column(JSON)
    currency: Mapped[Currency]
    min_trust_level: Mapped[int]
    payment_details: Mapped[str | None] = mapped_column(Text)
    state: Mapped[OrderState]
    stalled_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    rules: Mapped[list[OrderRulesModel]] = relationship(
        lazy="selectin", order_by=OrderRulesModel.version
    )

    __mapper_args__ = {"version_id_col": version}

    @classmethod
    def of(cls, order: GroupOrder, /) -> Self:
        """Copy an order."""
        return cls(
            organiser_id=order.organiser,
            co_organiser_id=order.co_organiser,
            ways=[way.value for way in order.ways],
            rules=[
                OrderRulesModel(
                    group_order_id=order.id,
                    version=rules.version,
                    text=rules.text,
                    late_fee=rules.late_fee,
                    published_at=rules.published_at,
                )
                for rules in order.rules
            ],
            **{name: getattr(order, name) for name in SAME},
        )

    def entity(self) -> GroupOrder:
        """Rebuild it."""
        return GroupOrder(
            organiser=self.organiser_id,
            co_organiser=self.co_organiser_id,
            ways=tuple(map(Way, self.ways)),
            rules=tuple(
                Rules(
                    version=rules.version,
                    text=rules.text,
                    late_fee=rules.late_fee,
                    published_at=rules.published_at,
                )
                for rules in self.rules
            ),
            **{name: getattr(self, name) for name in SAME},
        )


SAME = (
    *("id", "title", "description", "group_id", "release_id", "seller_type", "seller_name"),
    *("destination", "currency", "min_trust_level", "payment_details", "state", "stalled_at"),
    *("opened_at", "ended_at", "end_reason", "created_at", "updated_at"),
)
"""What an order and its row call alike."""

append_only(Model.metadata.tables[OrderRulesModel.__tablename__])


class OrderJoinerModel(Model):
    """Who has joined, on which version of the rules, and what their payments are to name."""

    __tablename__ = "order_joiners"
    __table_args__ = (
        Index("ix_order_joiners_member_id", "member_id", "group_order_id"),
        Index("uq_order_joiners_reference", "reference", unique=True),
    )

    group_order_id: Mapped[GroupOrderId] = mapped_column(
        ForeignKey(GroupOrderModel.id), primary_key=True
    )
    member_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_order_joiners_member_id"), primary_key=True
    )
    rules_version: Mapped[int]
    reference: Mapped[str] = mapped_column(String(16))
    joined_at: Mapped[datetime]


class TagModel(Model):
    """A word under which group orders are found."""

    __tablename__ = "tags"
    __table_args__ = (Index("uq_tags_name", "name", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    label: Mapped[str] = mapped_column(String(40))


class GroupOrderTagModel(Model):
    """That an order has a tag."""

    __tablename__ = "group_order_tags"
    __table_args__ = (Index("ix_group_order_tags_tag_id", "tag_id", "group_order_id"),)

    group_order_id: Mapped[GroupOrderId] = mapped_column(
        ForeignKey(GroupOrderModel.id), primary_key=True
    )
    tag_id: Mapped[UUID] = mapped_column(ForeignKey(TagModel.id), primary_key=True)


REFUSALS |= dict.fromkeys(
    (
        *("uq_order_joiners_reference", "order_joiners.reference", "uq_tags_name", "tags.name"),
        *("uq_group_orders_currency", "group_orders.id, group_orders.currency"),
    ),
    ChangedMeanwhile,
)
