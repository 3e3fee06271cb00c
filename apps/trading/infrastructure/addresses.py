"""Address books, and what trades keep of them, in SQL."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from sqlalchemy import (
    Dialect,
    ForeignKey,
    Index,
    String,
    Text,
    TypeDecorator,
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
from apps.trading.domain.country import Country
from apps.trading.domain.legs import LegId
from apps.trading.domain.moves import AGREED
from apps.trading.domain.terms import TradeId
from apps.trading.infrastructure.models import TradeLegModel, TradeModel


class Lines(TypeDecorator[tuple[str, ...]]):
    """Lines of text, none of which can hold a line break."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        """Put them below each other."""
        del dialect
        return None if value is None else "\n".join(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[str, ...]:
        """Take them apart."""
        del dialect
        return tuple(value.split("\n"))


Model.registry.update_type_annotation_map({AddressId: Uuid(), Country: String(2)})


class Postal:
    """The columns of whatever holds a postal address."""

    recipient: Mapped[str] = mapped_column(String(100))
    lines: Mapped[tuple[str, ...]] = mapped_column(Lines())
    postal_code: Mapped[str | None] = mapped_column(String(16))
    city: Mapped[str] = mapped_column(String(100))
    region: Mapped[str | None] = mapped_column(String(100))
    country: Mapped[Country]
    phone: Mapped[str | None] = mapped_column(String(30))

    @property
    def postal(self) -> PostalAddress:
        """The address in them."""
        return PostalAddress(**{name: getattr(self, name) for name in POSTAL})


POSTAL = ("recipient", "lines", "postal_code", "city", "region", "country", "phone")


def columns_of(postal: PostalAddress) -> dict[str, Any]:
    """Return the values of these columns."""
    return {name: getattr(postal, name) for name in POSTAL}


class AddressModel(Postal, Model):
    """An entry in a member's address book."""

    __tablename__ = "addresses"
    __table_args__ = (Index("ix_addresses_member_id", "member_id", "id"),)

    id: Mapped[AddressId] = mapped_column(primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_addresses_member_id")
    )
    label: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}

    @classmethod
    def of(cls, address: Address, /) -> Self:
        """Copy an address."""
        return cls(
            id=address.id,
            member_id=address.member_id,
            label=address.label,
            created_at=address.created_at,
            updated_at=address.updated_at,
            **columns_of(address.postal),
        )

    def entity(self) -> Address:
        """Rebuild it."""
        return Address(
            id=self.id,
            member_id=self.member_id,
            label=self.label,
            postal=self.postal,
            created_at=self.created_at,
            updated_at=self.updated_at,
        )


class TradeAddressModel(Postal, Model):
    """What a party of a trade told the other of where it lives, whatever becomes of its book."""

    __tablename__ = "trade_addresses"

    trade_id: Mapped[TradeId] = mapped_column(ForeignKey(TradeModel.id), primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_trade_addresses_member_id"), primary_key=True
    )
    taken_at: Mapped[datetime]


class SqlAddressRepository(SqlRepository[Address, AddressId], AddressRepository):
    """Addresses, each of one member."""

    row = AddressModel
    missing = AddressNotFound

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

    def __init__(self, current: Current) -> None:
        self._current = current

    async def keep(
        self, trade: TradeId, postal: PostalAddress, *, of: MemberId, at: datetime
    ) -> None:
        """Insert it or write over it."""
        row = TradeAddressModel(trade_id=trade, member_id=of, taken_at=at, **columns_of(postal))
        await self._current.session.merge(row)

    async def of(self, trade: TradeId) -> Mapping[MemberId, PostalAddress]:
        """Read all rows of the trade."""
        rows = await self._current.session.scalars(
            select(TradeAddressModel).where(TradeAddressModel.trade_id == trade)
        )
        return {row.member_id: row.postal for row in rows}


SHOWN = tuple(
    getattr(AddressModel, name) for name in ("id", "label", *POSTAL, "created_at", "updated_at")
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
    select(*(getattr(TradeAddressModel, name) for name in POSTAL))
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


class SqlShowAddress(ShowAddress):
    """One row, by its primary key."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self, id: AddressId, *, to: MemberId) -> AddressView:
        """Show it to its member."""
        for row in await self._reads(ONE, id=id, member=to):
            return AddressView(**row._asdict())
        raise AddressNotFound


class SqlListAddresses(ListAddresses):
    """A range of the member's index."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self, me: MemberId, *, after: str | None, limit: int) -> Page[AddressView]:
        """Read it."""
        page = await self._reads.newest_first(OF_MEMBER, after=after, limit=limit, member=me)
        return Page([AddressView(**row._asdict()) for row in page.items], page.next)


class SqlShowLegAddress(ShowLegAddress):
    """One row, found by the leg and only from the giver's side."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self, leg: LegId, *, under: TradeId, to: MemberId) -> LegAddressView:
        """Show it to the giver of the leg."""
        for row in await self._reads(OF_RECEIVER, leg=leg, trade=under, giver=to, states=AGREED):
            return LegAddressView(**row._asdict())
        raise AddressNotFound
