"""Trades by mail and in rings, as far along as a test wants them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from apps.collection.contract import CopyId
from apps.shared.domain.ids import MemberId
from apps.trading.domain.legs import LegId, Sender
from apps.trading.domain.terms import Method, Terms, TradeId
from apps.trading.domain.trade import Trade
from tests.support.builders import A_TRADE, ANN, ANNS, BEA, BEAS, EVE, EVES, a_trade, a_uuid

DAY = timedelta(days=1)
AT_HOME = Sender(trust_level=2, completed=5, lost_lately=0, country="TW")
BY_MAIL = Terms(method=Method.MAIL)
MONDAY = datetime.fromisoformat("2026-05-25T12:00:00+00:00")
THURSDAY = MONDAY + 3 * DAY
RING = (ANN, BEA, EVE)


def senders(**changed: Sender) -> Mapping[MemberId, Sender]:
    """What is known of Ann, Bea and Eve."""
    names = {"ann": ANN, "bea": BEA, "eve": EVE}
    return {member: changed.get(name, AT_HOME) for name, member in names.items()}


def by_mail(
    *, terms: Terms = BY_MAIL, known: Mapping[MemberId, Sender] | None = None, at: datetime = MONDAY
) -> Trade:
    """An accepted trade of Ann and Bea by mail; Ann, who began it, sends first among equals."""
    trade = a_trade(terms=terms, at=at)
    trade.accept(by=BEA, revision=1, senders=known or senders(), at=at)
    trade.release()
    return trade


def ring(id: TradeId = A_TRADE, *, at: datetime = MONDAY) -> Trade:
    """Ann gives to Bea, Bea to Eve, Eve to Ann; nobody has consented."""
    gifts: dict[MemberId, list[CopyId]] = {ANN: [ANNS], BEA: [BEAS], EVE: [EVES]}
    leg_ids = [LegId(a_uuid(number, of=5)) for number in (1, 2, 3)]
    trade = Trade.propose_ring(id, gifts=gifts, leg_ids=leg_ids, at=at)
    trade.release()
    return trade


def agreed_ring(*, at: datetime = MONDAY) -> Trade:
    """All three have consented."""
    trade = ring(at=at)
    for member in RING:
        trade.accept(by=member, revision=1, senders=senders(), at=at)
    trade.release()
    return trade


def ship(trade: Trade, by: MemberId, *, at: datetime, tracking: str | None = "T1") -> None:
    leg = next(leg for leg in trade.legs if leg.giver == by)
    trade.ship(leg.id, by=by, carrier="Post", tracking_number=tracking, revision=None, at=at)


def receive(trade: Trade, by: MemberId, *, at: datetime) -> None:
    leg = next(leg for leg in trade.legs if leg.receiver == by)
    trade.receive(leg.id, by=by, revision=None, at=at)


def strike(trade: Trade) -> datetime:
    """Let time pass until something is due, and return when that was."""
    due = trade.due_at
    assert due
    assert not trade.time_out(at=due - timedelta(microseconds=1))
    assert trade.time_out(at=due)
    return due
