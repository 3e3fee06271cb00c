"""Address books, and what trades keep of them, in SQL."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Uuid,
    bindparam,
    func,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from apps.shared.application.pages import Page
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.database import Model
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.shared.infrastructure.repository import SqlRepository
from apps.shared.infrastructure.sealing import Sealer
from apps.trading.application.keep_addresses import AddressView, ListAddresses, ShowAddress
from apps.trading.application.show_leg_address import LegAddressView, ShowLegAddress
from apps.trading.domain.address import (
    Address,
    AddressId,
    AddressNotFound,
    AddressRepository,
    PostalAddress,
    TradeAddressRepository,
)
from apps.trading.domain.legs import LegId
from apps.trading.domain.moves import AGREED
from apps.trading.domain.terms import TradeId
from apps.trading.infrastructure.models import TradeLegModel, TradeModel
from apps.trading.infrastructure.postal import (
    BOOK,
    POSTAL,
    TOLD,
    Postal,
    content_of,
    opened,
    place_of,
    postal_in,
    sealed_in,
)

Model.registry.update_type_annotation_map({AddressId: Uuid()})

SEALED_OR_PLAIN = (
    "(sealed IS NULL AND sealed_by IS NULL AND recipient IS NOT NULL AND lines IS NOT NULL"
    " AND city IS NOT NULL AND country IS NOT NULL)"
    " OR (sealed IS NOT NULL AND sealed_by IS NOT NULL AND recipient IS NULL AND lines IS NULL"
    " AND postal_code IS NULL AND city IS NULL AND region IS NULL AND country IS NULL"
    " AND phone IS NULL"
)
"""A row holds its address sealed or, if it is from before that, plainly."""


class AddressModel(Postal, Model):
    """An entry in a member's address book."""

    __tablename__ = BOOK
    __table_args__ = (
        Index("ix_addresses_member_id", "member_id", "id"),
        Index("ix_addresses_sealed_by", "sealed_by"),
        Index("ix_addresses_fingerprint", "fingerprint"),
        CheckConstraint(f"{SEALED_OR_PLAIN} AND label IS NULL)", name="sealed_or_plain"),
    )

    id: Mapped[AddressId] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_addresses_member_id")
    )
    label: Mapped[str | None] = mapped_column(String(40))
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}

    @classmethod
    def of(cls, address: Address, sealer: Sealer, /) -> Self:
        """Copy an address."""
        content = content_of(address.postal, label=address.label)
        place = place_of(BOOK, address.id, address.member_id)
        return cls(
            id=address.id,
            member_id=address.member_id,
            fingerprint=sealer.fingerprint(address.postal.place, of=BOOK),
            created_at=address.created_at,
            updated_at=address.updated_at,
            **sealed_in(sealer, content, place),
        )

    def entity(self, sealer: Sealer, /) -> Address:
        """Rebuild it."""
        place = place_of(BOOK, self.id, self.member_id)
        members = opened(sealer, self, place, "label", *POSTAL)
        return Address(
            id=self.id,
            member_id=self.member_id,
            label=members.pop("label"),
            postal=PostalAddress(**members),
            created_at=self.created_at,
            updated_at=self.updated_at,
        )


class TradeAddressModel(Postal, Model):
    """What a party of a trade told the other of where it lives, whatever becomes of its book."""

    __tablename__ = TOLD
    __table_args__ = (
        Index("ix_trade_addresses_sealed_by", "sealed_by"),
        CheckConstraint(f"{SEALED_OR_PLAIN})", name="sealed_or_plain"),
    )

    trade_id: Mapped[TradeId] = mapped_column(ForeignKey(TradeModel.id), primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_trade_addresses_member_id"), primary_key=True
    )
    taken_at: Mapped[datetime]


class SqlAddressRepository(SqlRepository[Address, AddressId], AddressRepository):
    """Addresses, each of one member."""

    row = AddressModel  # type: ignore[assignment]  # translates itself with a sealer
    missing = AddressNotFound

    def __init__(self, current: Current, sealer: Sealer) -> None:
        super().__init__(current)
        self._sealer = sealer

    def _row(self, entity: Address) -> AddressModel:
        return AddressModel.of(entity, self._sealer)

    def _entity(self, row: AddressModel) -> Address:
        return row.entity(self._sealer)

    async def lock(self, id: AddressId, *, of: MemberId) -> Address:
        """Hide what belongs to somebody else."""
        address = await self._locked(id)
        if address.member_id != of:
            raise AddressNotFound
        return address

    async def delete(self, entity: Address, /) -> None:
        """Delete the row that was read."""
        row = await self._current.session.get_one(AddressModel, entity.id)
        await self._current.session.delete(row)

    async def count(self, *, of: MemberId) -> int:
        """Count all."""
        had = select(func.count()).where(AddressModel.member_id == of)
        return await self._current.session.scalar(had) or 0


class SqlTradeAddressRepository(TradeAddressRepository):
    """A row for each party, which only changes while its trade is locked."""

    def __init__(self, current: Current, sealer: Sealer) -> None:
        self._current = current
        self._sealer = sealer

    async def keep(
        self, trade: TradeId, postal: PostalAddress, *, of: MemberId, at: datetime
    ) -> None:
        """Insert it or write over it."""
        values = sealed_in(self._sealer, content_of(postal), place_of(TOLD, trade, of))
        row = TradeAddressModel(trade_id=trade, member_id=of, taken_at=at, **values)
        await self._current.session.merge(row)

    async def of(self, trade: TradeId) -> Mapping[MemberId, PostalAddress]:
        """Read all rows of the trade."""
        rows = await self._current.session.scalars(
            select(TradeAddressModel).where(TradeAddressModel.trade_id == trade)
        )
        return {
            row.member_id: postal_in(self._sealer, row, place_of(TOLD, row.trade_id, row.member_id))
            for row in rows
        }


SHOWN = tuple(
    getattr(AddressModel, name)
    for name in ("id", "member_id", "sealed", "label", *POSTAL, "created_at", "updated_at")
)
ONE = Question(
    select(*SHOWN).where(
        AddressModel.id == bindparam("id"), AddressModel.member_id == bindparam("member")
    )
)
OF_MEMBER = Question(
    select(*SHOWN)
    .where(AddressModel.member_id == bindparam("member"), AddressModel.id < bindparam("before"))
    .order_by(AddressModel.id.desc())
    .limit(bindparam("limit"))
)
OF_RECEIVER = Question(
    select(
        *(getattr(TradeAddressModel, name) for name in ("trade_id", "member_id", "sealed", *POSTAL))
    )
    .join(TradeLegModel, TradeLegModel.receiver_id == TradeAddressModel.member_id)
    .join(TradeModel, TradeModel.id == TradeLegModel.trade_id)
    .where(
        TradeLegModel.id == bindparam("leg"),
        TradeLegModel.trade_id == bindparam("trade"),
        TradeLegModel.giver_id == bindparam("giver"),
        TradeAddressModel.trade_id == bindparam("trade"),
        TradeModel.state.in_(bindparam("states", expanding=True)),
    )
)


def shown(row: Any, sealer: Sealer) -> AddressView:
    """Return what the member sees of a row."""
    members = opened(sealer, row, place_of(BOOK, row.id, row.member_id), "label", *POSTAL)
    return AddressView(id=row.id, created_at=row.created_at, updated_at=row.updated_at, **members)


class SqlShowAddress(ShowAddress):
    """One row, by its primary key."""

    def __init__(self, reads: Reads, sealer: Sealer) -> None:
        self._reads = reads
        self._sealer = sealer

    async def __call__(self, id: AddressId, *, to: MemberId) -> AddressView:
        """Show it to its member."""
        for row in await self._reads(ONE, id=id, member=to):
            return shown(row, self._sealer)
        raise AddressNotFound


class SqlListAddresses(ListAddresses):
    """A range of the member's index."""

    def __init__(self, reads: Reads, sealer: Sealer) -> None:
        self._reads = reads
        self._sealer = sealer

    async def __call__(self, me: MemberId, *, after: str | None, limit: int) -> Page[AddressView]:
        """Read it."""
        page = await self._reads.newest_first(OF_MEMBER, after=after, limit=limit, member=me)
        return Page([shown(row, self._sealer) for row in page.items], page.next)


class SqlShowLegAddress(ShowLegAddress):
    """One row, found by the leg and only from the giver's side."""

    def __init__(self, reads: Reads, sealer: Sealer) -> None:
        self._reads = reads
        self._sealer = sealer

    async def __call__(self, leg: LegId, *, under: TradeId, to: MemberId) -> LegAddressView:
        """Show it to the giver of the leg."""
        for row in await self._reads(OF_RECEIVER, leg=leg, trade=under, giver=to, states=AGREED):
            place = place_of(TOLD, row.trade_id, row.member_id)
            return LegAddressView(**opened(self._sealer, row, place, *POSTAL))
        raise AddressNotFound
