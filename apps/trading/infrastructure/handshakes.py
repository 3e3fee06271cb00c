"""Handshakes in SQL."""

from base64 import b32encode
from collections.abc import Sequence
from datetime import datetime
from secrets import token_bytes
from typing import Any, Self

from sqlalchemy import (
    JSON,
    Dialect,
    ForeignKey,
    LargeBinary,
    TypeDecorator,
    Uuid,
    bindparam,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.database import Model
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.shared.infrastructure.replies import INSERT
from apps.trading.application.shake_hands import HandshakeView, Lots, ShowHandshake
from apps.trading.application.show_trade import ShowTrade
from apps.trading.domain.handshake import (
    DIGITS,
    PERIOD,
    Handshake,
    HandshakeId,
    HandshakeNotFound,
    HandshakeRepository,
)
from apps.trading.domain.moves import InvalidTransition, State
from apps.trading.domain.terms import Method, TradeId
from apps.trading.domain.trade import TradeNotFound
from apps.trading.infrastructure.models import TradeModel, TradePartyModel

MEETING = frozenset({State.ACCEPTED, State.FULFILLING})


class Moments(TypeDecorator[tuple[datetime, ...]]):
    """Some moments in UTC, as a JSON array."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: tuple[datetime, ...] | None, dialect: Dialect) -> Any:
        """Write each as RFC 3339 has it."""
        del dialect
        return [moment.isoformat() for moment in value or ()]

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[datetime, ...]:
        """Read them again."""
        del dialect
        return tuple(map(datetime.fromisoformat, value))


class HandshakeModel(Model):
    """The secret of one party of a trade."""

    __tablename__ = "handshakes"

    trade_id: Mapped[TradeId] = mapped_column(ForeignKey(TradeModel.id), primary_key=True)
    member_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_handshakes_member_id"), primary_key=True
    )
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    opened_at: Mapped[datetime]
    last_step: Mapped[int | None]
    wrong_at: Mapped[tuple[datetime, ...]] = mapped_column(Moments())

    @classmethod
    def of(cls, handshake: Handshake, /) -> Self:
        """Copy a handshake."""
        return cls(**columns_of(handshake))

    def entity(self) -> Handshake:
        """Rebuild it."""
        return Handshake(
            id=HandshakeId(self.trade_id, self.member_id),
            secret=self.secret,
            opened_at=self.opened_at,
            last_step=self.last_step,
            wrong_at=self.wrong_at,
        )


def columns_of(handshake: Handshake) -> dict[str, Any]:
    """Return the values of a row."""
    return {
        "trade_id": handshake.id.trade,
        "member_id": handshake.id.member,
        "secret": handshake.secret,
        "opened_at": handshake.opened_at,
        "last_step": handshake.last_step,
        "wrong_at": handshake.wrong_at,
    }


class SqlHandshakeRepository(HandshakeRepository):
    """A row for each party; the lock on its trade guards it."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def open(self, handshakes: Sequence[Handshake], /) -> None:
        """Insert all, or write over them, in one statement; what else waits goes together later."""
        session = self._current.session
        new = INSERT[session.get_bind().dialect.name](HandshakeModel).values(
            [columns_of(handshake) for handshake in handshakes]
        )
        keys = {"trade_id", "member_id"}
        anew = {each.name: each for each in new.excluded if each.name not in keys}
        with session.no_autoflush:
            await session.execute(new.on_conflict_do_update(index_elements=sorted(keys), set_=anew))

    async def get(self, id: HandshakeId, /) -> Handshake:
        """Read it as it now stands."""
        row = await self._current.session.get(HandshakeModel, id, populate_existing=True)
        if row is None:
            raise HandshakeNotFound
        self._current.transaction.rows.append(row)
        return row.entity()

    async def save(self, entity: Handshake, /) -> None:
        """Write what changed since it was read."""
        await self._current.session.merge(HandshakeModel.of(entity))


MINE = Question(
    select(
        TradeModel.state,
        TradeModel.method,
        HandshakeModel.secret,
        HandshakeModel.opened_at,
    )
    .join(TradePartyModel, TradePartyModel.trade_id == TradeModel.id)
    .outerjoin(
        HandshakeModel,
        (HandshakeModel.trade_id == TradeModel.id)
        & (HandshakeModel.member_id == TradePartyModel.member_id),
    )
    .where(TradeModel.id == bindparam("id"), TradePartyModel.member_id == bindparam("member"))
)


class SqlShowHandshake(ShowHandshake):
    """One row, found by the trade and the one who asks."""

    def __init__(self, reads: Reads, show: ShowTrade) -> None:
        self._reads = reads
        self._show = show

    async def __call__(self, id: TradeId, *, to: MemberId) -> HandshakeView:
        """Show nobody the secret of another."""
        for row in await self._reads(MINE, id=id, member=to):
            if row.state not in MEETING or row.method is not Method.IN_PERSON or not row.secret:
                allowed = (await self._show(id, to=to)).allowed_actions
                raise InvalidTransition(state=row.state, allowed_actions=allowed)
            return HandshakeView(
                secret=b32encode(row.secret).decode(),
                digits=DIGITS,
                period=int(PERIOD.total_seconds()),
                valid_from=row.opened_at,
            )
        raise TradeNotFound


class SystemLots(Lots):
    """What the operating system draws."""

    def draw(self, size: int) -> bytes:
        """Ask it."""
        return token_bytes(size)
