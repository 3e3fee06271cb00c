"""When a case may be decided and appealed, to the second, and what a changed fault tells (T22)."""

from datetime import timedelta

import pytest

from apps.shared.domain.errors import DomainError
from apps.shared.domain.ids import MemberId
from apps.trading.domain.dispute_case import AppealTooLate, DisputeCase, EvidencePending
from apps.trading.domain.history import FaultChanged, TradeDisputed
from apps.trading.domain.legs import Leg, LegId, LegState
from apps.trading.domain.moves import InvalidTransition, State
from apps.trading.domain.terms import Account, DisputeKind
from apps.trading.domain.trade import NotAParty, Resolution, Trade, Verdict
from apps.trading.domain.verdicts import CaseAction, CaseId, CaseState
from tests.support.accounts import TICK
from tests.support.builders import (
    A_TRADE,
    ANN,
    BEA,
    EVE,
    EVES,
    MODERATOR,
    NOON,
    a_trade,
    a_uuid,
)

WEEK = timedelta(days=7)
VOID = Resolution(verdict=Verdict.VOID)
SAID = Account(text="No.")


def a_case(kind: DisputeKind = DisputeKind.WRONG_ITEM) -> DisputeCase:
    event = TradeDisputed(
        trade=A_TRADE,
        parties=(ANN, BEA),
        revision=1,
        actor=BEA,
        dispute=kind,
        account=SAID,
        at=NOON,
    )
    return DisputeCase.open(CaseId(a_uuid(1, of=8)), event)


def decide(case: DisputeCase, trade: Trade | None = None, *, after: timedelta) -> bool:
    trade = trade or a_trade(State.DISPUTED)
    return case.decide(VOID, reason="So.", by=MODERATOR, trade=trade, at=NOON + after)


def test_a_dispute_tells_what_its_opener_says() -> None:
    trade = a_trade(State.FULFILLING)
    trade.open_dispute(DisputeKind.CONFIRMATION_FALSE, by=BEA, revision=None, account=SAID, at=NOON)
    (event,) = trade.release()
    assert isinstance(event, TradeDisputed)
    case = DisputeCase.open(CaseId(a_uuid(1, of=8)), event)
    assert [(each.author, each.account) for each in case.statements] == [(BEA, SAID)]
    assert (case.kind, case.opener) == (DisputeKind.CONFIRMATION_FALSE, BEA)


def test_the_week_for_evidence_ends_to_the_second() -> None:
    with pytest.raises(EvidencePending) as early:
        decide(a_case(), after=WEEK - TICK)
    assert early.value.members == {"decidable_at": NOON + WEEK}
    assert decide(a_case(), after=WEEK)


@pytest.mark.parametrize("kind", DisputeKind)
def test_once_both_have_answered_only_what_may_yet_arrive_waits(kind: DisputeKind) -> None:
    case = a_case(kind)
    case.state_account(SAID, by=ANN, at=NOON)
    if kind is not DisputeKind.NOT_ARRIVED:
        assert decide(case, after=TICK)
        return
    with pytest.raises(EvidencePending):
        decide(case, after=WEEK - TICK)
    assert decide(case, after=WEEK)


def test_in_a_ring_those_of_the_disputed_leg_are_heard() -> None:
    """Eve takes part, but her leg is not disputed."""
    trade = a_trade(State.FULFILLING)
    third = Leg(id=LegId(a_uuid(3, of=5)), giver=EVE, receiver=ANN, copies=(EVES,))
    (first, second), (ann, bea) = trade.legs, trade.parties
    eve = type(ann)(EVE, 1)
    trade.author = None
    trade.legs, trade.parties = (first, second, third), (ann, bea, eve)
    trade.open_dispute(DisputeKind.CONFIRMATION_FALSE, by=BEA, revision=None, at=NOON)
    assert trade.disputants == {ANN, BEA}
    case = a_case()
    case.state_account(SAID, by=ANN, at=NOON)
    assert decide(case, trade, after=TICK)


def test_two_weeks_for_an_appeal_end_to_the_second() -> None:
    for late in (timedelta(0), TICK):
        case, at = a_case(), NOON + 3 * WEEK + late
        assert decide(case, after=WEEK)
        allowed = case.actions_of_party(ANN, at=at)
        assert allowed == ([] if late else [CaseAction.APPEAL])
        if late:
            with pytest.raises(AppealTooLate):
                case.object_to("No.", by=ANN, trade=a_trade(State.RESOLVED), at=at)
        else:
            case.object_to("No.", by=ANN, trade=a_trade(State.RESOLVED), at=at)
            assert case.state is CaseState.APPEALED


def test_fault_changes_once_resolved_and_neither_copies_nor_legs_do() -> None:
    trade = a_trade(State.DISPUTED)
    trade.resolve(Resolution(verdict=Verdict.COMPLETE_ALL, at_fault={ANN}), at=NOON)
    trade.release()
    legs, ended_at = trade.legs, trade.updated_at
    trade.change_fault({BEA}, at=NOON + WEEK)
    (event,) = trade.release()
    assert isinstance(event, FaultChanged)
    assert (event.was_at_fault, event.at_fault) == ((ANN,), (BEA,))
    assert (trade.at_fault, trade.legs, trade.updated_at) == ({BEA}, legs, ended_at)
    assert all(leg.state is LegState.RECEIVED for leg in trade.legs)


@pytest.mark.parametrize(
    ("state", "at_fault", "refusal"),
    [(state, ANN, InvalidTransition) for state in State if state is not State.RESOLVED]
    + [(State.RESOLVED, EVE, NotAParty)],
)
def test_fault_changes_nowhere_else(
    state: State, at_fault: MemberId, refusal: type[DomainError]
) -> None:
    trade = a_trade(state)
    with pytest.raises(refusal):
        trade.change_fault({at_fault}, at=NOON)
