"""While some legs of a ring are disputed, the others go on, and may fail too (T17, T20, T21)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from apps.identity.application.ports import Mailer
from apps.operations.infrastructure.invariants import broken
from apps.shared.domain.ids import MemberId
from apps.trading.application.end_trade import ExpireTrades
from apps.trading.domain.dispute_case import DisputeCase, EvidencePending
from apps.trading.domain.history import DisputeWidened, LegReceived, ReceiverReminded, TradeDisputed
from apps.trading.domain.legs import LegState
from apps.trading.domain.moves import State
from apps.trading.domain.terms import Account, DisputeKind
from apps.trading.domain.trade import Resolution, Trade, Verdict
from apps.trading.domain.verdicts import CaseId
from apps.trading.infrastructure.cases import DisputeCaseModel
from apps.trading.infrastructure.models import TradeEventModel, TradeLegModel, TradeModel
from tests.identity.stage import Postbox, serving
from tests.support.builders import ANN, BEA, EVE, MODERATOR, a_uuid
from tests.support.departures import suspend
from tests.support.rings import Ring, a_ring
from tests.support.site import Site
from tests.trading.agreements import DAY, MONDAY, receive, strike
from tests.trading.test_departures_api import take
from tests.trading.test_rings import failing

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
SUBJECT = "A trade is disputed"


def test_the_clocks_of_the_other_legs_go_on_until_they_are_received() -> None:
    trade = failing()
    (first, _, third), due = trade.legs, trade.due_at
    assert due == MONDAY + 28 * DAY
    trade.note_delivery(first.id, delivered_at=MONDAY + 12 * DAY, at=MONDAY + 12 * DAY)
    assert strike(trade) == MONDAY + 17 * DAY
    assert strike(trade) == MONDAY + 24 * DAY
    told = trade.release()
    assert [type(each) for each in told if isinstance(each, ReceiverReminded | LegReceived)] == [
        ReceiverReminded,
        LegReceived,
    ]
    assert (trade.legs[0].state, trade.legs[0].auto_received) == (LegState.RECEIVED, True)
    assert trade.state is State.DISPUTED
    receive(trade, ANN, at=MONDAY + 25 * DAY)
    assert trade.legs[2].id == third.id
    assert trade.due_at is None, "what is left is disputed"


def test_what_fails_meanwhile_is_added_to_the_dispute_which_is_nobodys_then() -> None:
    trade = failing()
    assert trade.dispute is not None
    opened = trade.dispute
    trade.release()
    assert strike(trade) == MONDAY + 28 * DAY
    assert trade.dispute is not None
    assert trade.dispute.legs == {**opened.legs, trade.legs[0].id: MONDAY + 28 * DAY}
    assert (trade.dispute.opener, trade.dispute.opened_at) == (None, opened.opened_at)
    (told,) = trade.release()
    assert isinstance(told, DisputeWidened)
    assert (told.reason, told.actor) == (DisputeKind.NOT_ARRIVED, None)
    assert trade.disputants == {ANN, BEA, EVE}
    assert strike(trade) == MONDAY + 28 * DAY
    assert trade.due_at is None


def test_a_widened_dispute_is_ended_by_all_together() -> None:
    trade = failing()
    assert trade.resuming == {EVE}
    _ = strike(trade)
    for member in (EVE, ANN, BEA):
        assert trade.state is State.DISPUTED
        trade.resume(by=member, revision=None, at=MONDAY + 29 * DAY)
    assert trade.state == State.FULFILLING


def test_each_leg_gets_back_the_time_of_its_own_dispute() -> None:
    """T18: neither had any left when it failed, so both get 72 hours, not what the other lost."""
    trade = failing()
    assert strike(trade) == MONDAY + 28 * DAY
    for member in (EVE, ANN, BEA):
        trade.resume(by=member, revision=None, at=MONDAY + 29 * DAY)
    ends = [trade.deadlines[leg.id].at for leg in trade.legs[:2]]
    assert ends == [MONDAY + 32 * DAY] * 2


def leaving(trade: Trade, member: MemberId) -> list[int]:
    """Which legs are disputed once this member has left as well."""
    trade.depart(member, at=MONDAY + 11 * DAY)
    assert trade.dispute is not None
    return [number for number, leg in enumerate(trade.legs) if leg.id in trade.dispute.legs]


def test_the_open_legs_of_who_leaves_are_added_and_no_others() -> None:
    """Bea's leg to Eve is disputed; Ann gives to Bea, and Eve to Ann."""
    assert leaving(failing(), BEA) == [0, 1]
    assert leaving(failing(), EVE) == [1, 2]
    assert leaving(failing(), ANN) == [0, 1, 2]
    done = failing()
    receive(done, BEA, at=MONDAY + 11 * DAY)
    done.release()
    assert leaving(done, BEA) == [1]
    assert done.release() == [], "there is nothing to tell"


def test_a_case_that_is_about_more_is_heard_anew() -> None:
    trade, said = failing(), Account(text="No.")
    (event,) = [each for each in trade.release() if isinstance(each, TradeDisputed)]
    case = DisputeCase.open(CaseId(a_uuid(1, of=8)), event)
    for member in (ANN, BEA, EVE):
        case.state_account(said, by=member, at=event.at)
    fault = Resolution(verdict=Verdict.VOID, at_fault=frozenset({BEA}))
    assert not case.decide(fault, reason="So.", by=MODERATOR, trade=trade, at=event.at + DAY)
    case.widen(event.at + 2 * DAY)
    assert (case.pending, case.evidence_until) == (None, event.at + 9 * DAY)
    found = Resolution(verdict=Verdict.VOID)
    with pytest.raises(EvidencePending):
        case.decide(found, reason="So.", by=MODERATOR, trade=trade, at=event.at + 8 * DAY)
    assert case.decide(found, reason="So.", by=MODERATOR, trade=trade, at=event.at + 9 * DAY)


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
async def site(url: str, keys: Path, postbox: Postbox) -> AsyncIterator[Site]:
    async with Site(url, keys, serving(Mailer, postbox)) as site:
        yield site


@pytest.fixture
async def ring(site: Site) -> Ring:
    """Ann gives to Bea, Bea to Eve, Eve to Dan, and Dan to Ann; Bea has left."""
    ring = await a_ring(site, size=4)
    await ring.accept()
    await take(ring, "ship ann", "ship eve")
    await suspend(ring.members[1])
    return ring


async def ensure_widened(ring: Ring, *givers: str) -> None:
    """It is one dispute, one case, and one line in the history."""
    legs = {giver for giver, leg in (await ring.legs()).items() if leg["disputed"]}
    assert legs == {*givers}
    assert await ring.site.ask(select(DisputeCaseModel.state)) == ["open"]
    kinds = await ring.site.ask(select(TradeEventModel.kind).order_by(TradeEventModel.sequence))
    assert kinds[-1] == "dispute_widened"
    (case,) = await ring.site.ask(select(DisputeCaseModel))
    (at,) = await ring.site.ask(select(TradeModel.updated_at))
    assert case.widened_at == at
    found = await broken(await ring.site.engine())
    del found["a card shows at least one idol and can be found"]  # the small catalogue has no names
    assert found == dict.fromkeys(found, 0)


async def test_a_second_departure_adds_to_the_dispute_of_the_first(
    ring: Ring, postbox: Postbox
) -> None:
    ann, _, eve, dan = ring.members
    before = (await ann.get(f"{ring.path}/dispute")).json()
    postbox.mails.clear()
    await suspend(eve)
    await ensure_widened(ring, "ann", "bea", "eve")
    for member in (ann, dan):
        assert SUBJECT in postbox.subjects(f"{member.id.hex}@kcs.test")
    after = (await ann.get(f"{ring.path}/dispute")).json()
    assert (after["id"], after["opened_at"]) == (before["id"], before["opened_at"])
    assert after["evidence_until"] > before["evidence_until"]


async def test_time_goes_on_for_the_legs_that_are_not_disputed(
    ring: Ring, postbox: Postbox
) -> None:
    """Dan never sends; nothing else is due."""
    ann, *_, dan = ring.members
    shown = (await dan.get(ring.path)).json()
    assert (shown["state"], shown["due_at"] is None) == ("disputed", False)
    late = update(TradeLegModel).where(TradeLegModel.giver_id == dan.id)
    await ring.site.change(late.values(ship_by=LONG_AGO))
    await ring.site.change(update(TradeModel).values(due_at=LONG_AGO + timedelta(days=7)))
    postbox.mails.clear()
    assert await (await ring.site.port(ExpireTrades))() == 1
    await ensure_widened(ring, "ann", "bea", "dan")
    for member in (ann, dan):
        assert postbox.subjects(f"{member.id.hex}@kcs.test") == [SUBJECT]
    assert await (await ring.site.port(ExpireTrades))() == 0


async def test_nothing_is_due_once_all_that_is_open_is_disputed(ring: Ring) -> None:
    await take(ring, "receive eve", "ship dan", "receive dan")
    assert (await ring.members[0].get(ring.path)).json()["due_at"] is None
