"""Secrets by which the parties of a trade in person know each other."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from apps.shared.domain.ids import MemberId
from apps.trading.domain.handshake import (
    SECRET_BYTES,
    Handshake,
    HandshakeId,
    HandshakeRepository,
)
from apps.trading.domain.history import TradeAccepted
from apps.trading.domain.terms import Method, TradeId
from apps.trading.domain.trades import TradeRepository


class Lots(Protocol):
    """Bytes that nobody can foresee."""

    def draw(self, size: int) -> bytes:
        """Return so many of them."""
        ...


@dataclass(frozen=True, slots=True)
class OpenHandshakes:
    """Each party of an accepted trade in person gets a secret (T4)."""

    trades: TradeRepository
    handshakes: HandshakeRepository
    lots: Lots

    async def __call__(self, event: TradeAccepted) -> None:
        trade = await self.trades.get(event.trade)
        if trade.method is Method.IN_PERSON:
            await self.handshakes.open(
                [
                    Handshake.open(
                        HandshakeId(event.trade, party),
                        secret=self.lots.draw(SECRET_BYTES),
                        at=event.at,
                    )
                    for party in event.parties
                ]
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class HandshakeView:
    """What an app needs to show codes without a network (RFC 6238); the secret is in base 32."""

    secret: str
    algorithm: Literal["SHA1"] = "SHA1"
    digits: int
    period: int
    valid_from: datetime


class ShowHandshake(Protocol):
    """Your own secret of a trade in person, once it is agreed; the other party types your codes."""

    async def __call__(self, id: TradeId, *, to: MemberId) -> HandshakeView:
        """Raise TradeNotFound for a stranger, and InvalidTransition before, after and by mail."""
        ...
