"""Proposing, on ports kept in memory (T2, P2-P5)."""

from collections.abc import Sequence
from typing import Any

import pytest

from apps.collection.contract import (
    AgreementId,
    CopyAlreadyPromised,
    CopyId,
    CopyNotForTrade,
)
from apps.collection.domain.copy import CopyNotFound
from apps.identity.contract import UserNotFound
from apps.shared.domain.contact_data import ContactData
from apps.shared.domain.errors import LimitExceeded
from apps.shared.domain.ids import MemberId
from apps.trading.application.limits import TradingLimits
from apps.trading.application.propose_trade import ProposeTrade
from apps.trading.application.standing_limits import StandingLimits
from apps.trading.domain.moves import State
from apps.trading.domain.terms import Terms, TradeId
from apps.trading.domain.trade import Trade
from apps.trading.domain.trades import ProposalsNotAccepted, RecentlyRejected
from tests.support.builders import (
    ANN,
    ANNS,
    BEA,
    BEAS,
    EVE,
    EVES,
    HOUR,
    NOON,
    CountingIds,
    FixedClock,
    a_trade,
    a_uuid,
)
from tests.support.memory import Diary, RecordingWork
from tests.support.memory_collection import MemoryHoldings
from tests.support.memory_handover import telling
from tests.support.memory_identity import MemoryDirectory, MemoryRanks
from tests.support.memory_trading import MemoryNotes, MemoryTrades


class Desk:
    """Ann, Bea and Eve with a copy each, and the use case before them."""

    def __init__(self, *trades: Trade, limits: TradingLimits | None = None) -> None:
        self.diary = Diary()
        self.trades = MemoryTrades(self.diary, *trades)
        self.notes = MemoryNotes(self.diary)
        self.holdings = MemoryHoldings(self.diary)
        self.holdings.own(ANN, ANNS)
        self.holdings.own(BEA, BEAS)
        self.holdings.own(EVE, EVES)
        self.directory = MemoryDirectory(self.diary)
        self.directory.welcome(ANN, BEA, EVE)
        self.propose = ProposeTrade(
            RecordingWork(self.diary),
            self.trades,
            self.notes,
            self.holdings,
            self.directory,
            telling(self.diary),
            limits or TradingLimits(),
            StandingLimits(MemoryRanks(), self.directory, self.trades),
            CountingIds(),
            FixedClock(),
        )

    async def __call__(
        self,
        *,
        by: MemberId = ANN,
        to: MemberId = BEA,
        give: Sequence[CopyId] = (ANNS,),
        take: Sequence[CopyId] = (BEAS,),
        note: str | None = None,
    ) -> TradeId:
        return await self.propose(by=by, to=to, give=give, take=take, terms=Terms(), note=note)

    async def is_refused(self, kind: type[Exception], **proposal: Any) -> Any:
        before = dict(self.trades.kept), dict(self.holdings.held)
        with pytest.raises(kind) as refused:
            await self(**proposal)
        assert (self.trades.kept, self.holdings.held) == before
        assert "commit" not in self.diary.lines
        return refused.value


def another(number: int, **parts: Any) -> Trade:
    return a_trade(id=TradeId(a_uuid(number, of=8)), **parts)


async def test_a_proposal_is_kept_and_its_authors_copies_alone_are_promised() -> None:
    desk = Desk()
    id = await desk()
    kept = desk.trades.kept[id]
    assert (kept.state, kept.author, kept.turn, kept.created_at) == (
        State.PROPOSED,
        ANN,
        BEA,
        NOON,
    )
    assert desk.holdings.promised() == {ANNS: AgreementId(id)}


async def test_members_are_locked_first_then_copies_and_the_trade_comes_after() -> None:
    desk = Desk()
    await desk(note="Exit 9?")
    assert desk.diary.lines == [
        "lock members",
        "lock copies",
        "add trade",
        "add tradenote",
        "commit",
    ]


async def test_the_first_note_comes_along() -> None:
    desk = Desk()
    id = await desk(note="Exit 9?")
    (note,) = desk.notes.kept.values()
    assert (note.trade_id, note.author_id, note.text) == (id, ANN, "Exit 9?")


async def test_a_first_note_holds_no_contact_data() -> None:
    desk = Desk()
    with pytest.raises(ContactData) as refused:
        await desk(note="call 0912345678")
    assert refused.value.members["errors"][0]["pointer"] == "/note"
    assert desk.diary.lines[-1] == "roll back"


async def test_the_same_swap_is_asked_again_a_day_after_its_rejection() -> None:
    for ago, again in ((23 * HOUR, False), (24 * HOUR, True)):
        rejected = another(1, state=State.REJECTED, at=NOON - ago)
        desk = Desk(rejected)
        if again:
            await desk()
            continue
        refused = await desk.is_refused(RecentlyRejected)
        assert refused.members == {"again_at": NOON - ago + 24 * HOUR}
        desk.holdings.own(ANN, more := CopyId(a_uuid(8)))
        await desk(give=(ANNS, more))
        await desk(by=EVE, give=(EVES,))


async def test_to_nobody_nothing_is_proposed() -> None:
    desk = Desk()
    del desk.directory.known[BEA]
    refused = await desk.is_refused(UserNotFound)
    assert refused.members["errors"][0]["pointer"] == "/to"


async def test_who_accepts_no_proposals_gets_none() -> None:
    desk = Desk()
    desk.directory.welcome(BEA, accepts_proposals=False)
    await desk.is_refused(ProposalsNotAccepted)


async def test_a_pair_has_only_so_many_trades_at_a_time_whoever_began_them() -> None:
    theirs = [
        another(1, state=State.ACCEPTED, by=BEA, to=ANN, give=(BEAS,), take=(ANNS,)),
        another(2, state=State.FULFILLING),
    ]
    desk = Desk(*theirs, another(3, state=State.COMPLETED))
    await desk()
    desk = Desk(*theirs, another(3, give=(CopyId(a_uuid(7)),)))
    refused = await desk.is_refused(LimitExceeded)
    assert refused.members == {
        "limit_key": "live_trades_per_pair",
        "limit_value": 3,
        "current_value": 3,
        "reset_at": None,
    }
    await desk(to=EVE, take=(EVES,))


async def test_a_member_has_only_so_many_open_proposals_out() -> None:
    desk = Desk(
        another(1, to=EVE), another(2, by=BEA, to=ANN), limits=TradingLimits(open_proposals_out=1)
    )
    refused = await desk.is_refused(LimitExceeded)
    assert (refused.members["limit_key"], refused.members["current_value"]) == (
        "open_proposals_out",
        1,
    )
    await desk(by=EVE, give=(EVES,))


@pytest.mark.parametrize(
    ("give", "take", "pointers"),
    [
        ((EVES,), (BEAS,), ["/give/0"]),
        ((ANNS,), (BEAS, EVES), ["/take/1"]),
        ((ANNS,), (CopyId(a_uuid(9)), EVES), ["/take/0", "/take/1"]),
    ],
)
async def test_each_side_gives_what_it_has(
    give: tuple[CopyId, ...], take: tuple[CopyId, ...], pointers: list[str]
) -> None:
    refused = await Desk().is_refused(CopyNotFound, give=give, take=take)
    assert [error["pointer"] for error in refused.members["errors"]] == pointers


@pytest.mark.parametrize(("owner", "copy"), [(ANN, ANNS), (BEA, BEAS)])
async def test_only_what_is_for_trade_is_traded(owner: MemberId, copy: CopyId) -> None:
    desk = Desk()
    desk.holdings.own(owner, copy, for_trade=False)
    refused = await desk.is_refused(CopyNotForTrade)
    assert refused.members == {"copy_ids": [copy]}


async def test_what_is_promised_is_not_promised_again_and_its_owner_learns_to_whom() -> None:
    desk = Desk()
    first = await desk()
    desk.diary.lines.clear()
    refused = await desk.is_refused(CopyAlreadyPromised, to=EVE, take=(EVES,))
    assert refused.members == {"copy_ids": [ANNS], "trade_ids": [first]}


async def test_of_somebody_elses_copy_one_learns_only_that_it_is_promised() -> None:
    desk = Desk()
    await desk()
    desk.diary.lines.clear()
    refused = await desk.is_refused(CopyAlreadyPromised, by=EVE, to=ANN, give=(EVES,), take=(ANNS,))
    assert refused.members == {"copy_ids": [ANNS]}


async def test_a_copy_may_be_asked_for_by_any_number_of_members() -> None:
    desk = Desk()
    await desk()
    await desk(by=EVE, give=(EVES,))
    assert set(desk.holdings.promised()) == {ANNS, EVES}
