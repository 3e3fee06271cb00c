"""People, things and agreements with everything filled in; a test names only what matters to it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from apps.catalogue.contract import CardId
from apps.collection.contract import CopyId
from apps.collection.domain.copy import Condition, Copy
from apps.collection.domain.want_group import WantGroup, WantGroupId
from apps.shared.domain.ids import Clock, Ids, MemberId
from apps.trading.domain.history import LapseReason
from apps.trading.domain.legs import LegId
from apps.trading.domain.moves import State
from apps.trading.domain.note import NoteId, TradeNote
from apps.trading.domain.terms import Account, DisputeKind, Terms, TradeId
from apps.trading.domain.trade import Resolution, Trade, Verdict

NOON = datetime(2026, 5, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def a_uuid(number: int, of: int = 0) -> UUID:
    """The one with this number; `of` keeps kinds apart."""
    return UUID(int=(of << 32) + number)


ANN, BEA, EVE = (MemberId(a_uuid(number, of=1)) for number in (1, 2, 3))
MODERATOR = MemberId(a_uuid(9, of=1))
A_CARD, ANOTHER_CARD = CardId(a_uuid(1, of=2)), CardId(a_uuid(2, of=2))
ANNS, BEAS, EVES = (CopyId(a_uuid(number, of=3)) for number in (1, 2, 3))
A_TRADE = TradeId(a_uuid(1, of=4))
SEEN = Account(text="Look.", evidence=("https://cards.example/1.png",))
LEGS = LegId(a_uuid(1, of=5)), LegId(a_uuid(2, of=5))


@dataclass
class FixedClock(Clock):
    """Stands still until somebody moves it."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at


@dataclass
class CountingIds(Ids):
    """1, 2, 3 …"""

    numbers: Iterable[int] = field(default_factory=lambda: count(1))

    def next(self) -> UUID:
        return a_uuid(next(iter(self.numbers)), of=9)


def a_copy(
    id: CopyId = ANNS,
    *,
    owner_id: MemberId = ANN,
    card_id: CardId = A_CARD,
    condition: Condition = Condition.MINT,
    for_trade: bool = True,
    note: str | None = "sleeved",
    at: datetime = NOON,
) -> Copy:
    """As it was read; what was told when it was entered was heard then."""
    copy = Copy.enter(
        id,
        card_id=card_id,
        owner_id=owner_id,
        condition=condition,
        for_trade=for_trade,
        note=note,
        at=at,
    )
    _ = copy.release()
    return copy


def a_want_group(
    id: WantGroupId | None = None,
    *,
    member_id: MemberId = ANN,
    card_ids: Iterable[CardId] = (A_CARD, ANOTHER_CARD),
    count: int = 1,
    rank: int = 3,
    min_condition: Condition | None = None,
    at: datetime = NOON,
) -> WantGroup:
    return WantGroup.open(
        id or WantGroupId(a_uuid(1, of=6)),
        member_id=member_id,
        card_ids=tuple(card_ids),
        count=count,
        rank=rank,
        min_condition=min_condition,
        at=at,
    )


def a_trade(
    state: State = State.PROPOSED,
    *,
    id: TradeId = A_TRADE,
    by: MemberId = ANN,
    to: MemberId = BEA,
    give: Iterable[CopyId] = (ANNS,),
    take: Iterable[CopyId] = (BEAS,),
    leg_ids: tuple[LegId, LegId] = LEGS,
    terms: Terms | None = None,
    at: datetime = NOON,
) -> Trade:
    """A trade that came to this state in the usual way and has told what happened so far."""
    trade = Trade.propose(
        id,
        by=by,
        to=to,
        give=tuple(give),
        take=tuple(take),
        leg_ids=leg_ids,
        terms=terms or Terms(),
        at=at,
    )
    for step in WAYS[state]:
        step(trade, at)
    trade.release()
    return trade


def accepted(trade: Trade, at: datetime = NOON) -> None:
    trade.accept(by=the_other(trade), revision=trade.revision, at=at)


def received_by_author(trade: Trade, at: datetime = NOON) -> None:
    trade.confirm(by=author_of(trade), revision=None, at=at)


def received_by_other(trade: Trade, at: datetime = NOON) -> None:
    trade.confirm(by=the_other(trade), revision=None, at=at)


def rejected(trade: Trade, at: datetime = NOON) -> None:
    trade.reject(by=the_other(trade), revision=None, reason=None, at=at)


def withdrawn(trade: Trade, at: datetime = NOON) -> None:
    trade.withdraw(by=author_of(trade), revision=None, reason=None, at=at)


def lapsed(trade: Trade, at: datetime = NOON) -> None:
    trade.lapse(LapseReason.COPY_UNAVAILABLE, at=at)


def timed_out(trade: Trade, at: datetime = NOON) -> None:
    """Whatever it waited for did not come."""
    assert trade.time_out(at=trade.due_at or at)


def cancelled(trade: Trade, at: datetime = NOON) -> None:
    trade.cancel(by=author_of(trade), by_agreement=False, revision=None, reason=None, at=at)


def disputed(trade: Trade, at: datetime = NOON) -> None:
    """By the other, who says that the author has confirmed what never happened."""
    trade.open_dispute(DisputeKind.CONFIRMATION_FALSE, by=the_other(trade), revision=None, at=at)


def resolved(trade: Trade, at: datetime = NOON) -> None:
    trade.resolve(Resolution(verdict=Verdict.VOID), at=at)


def author_of(trade: Trade) -> MemberId:
    """Who wrote the present revision of a trade of two."""
    assert trade.author is not None
    return trade.author


def the_other(trade: Trade) -> MemberId:
    """The party that is not the author."""
    return next(party.member for party in trade.parties if party.member != trade.author)


WAYS: Mapping[State, tuple[Callable[[Trade, datetime], None], ...]] = {
    State.PROPOSED: (),
    State.ACCEPTED: (accepted,),
    State.FULFILLING: (accepted, received_by_author),
    State.COMPLETED: (accepted, received_by_author, received_by_other),
    State.REJECTED: (rejected,),
    State.WITHDRAWN: (withdrawn,),
    State.LAPSED: (lapsed,),
    State.EXPIRED: (timed_out,),
    State.CANCELLED: (accepted, cancelled),
    State.DISPUTED: (accepted, received_by_author, disputed),
    State.RESOLVED: (accepted, received_by_author, disputed, resolved),
}
"""How a trade comes to each state."""


def a_note(
    text: str = "At the station?",
    *,
    id: NoteId | None = None,
    on: Trade | None = None,
    by: MemberId = ANN,
    at: datetime = NOON,
) -> TradeNote:
    return TradeNote.write(
        id or NoteId(a_uuid(1, of=7)), on=on or a_trade(), by=by, text=text, at=at
    )
