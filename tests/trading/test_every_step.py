"""Every kind of trade in every state, told everything by everybody: allowed, or refused (D.2)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product

import pytest

from apps.shared.domain.ids import MemberId
from apps.trading.domain.moves import Action, InvalidTransition, State
from apps.trading.domain.steps import ARROWS, STEPS
from apps.trading.domain.terms import DisputeKind
from apps.trading.domain.trade import Resolution, Trade, Verdict
from tests.support.builders import ANN, BEA, EVE, NOON, SEEN, a_trade
from tests.trading.agreements import (
    BY_MAIL,
    MONDAY,
    agreed_ring,
    by_mail,
    receive,
    ring,
    senders,
    ship,
    strike,
)
from tests.trading.test_trade_commands import COMMANDS, tell

NAMES: Mapping[str, MemberId] = {"ann": ANN, "bea": BEA, "eve": EVE}


@dataclass(frozen=True)
class Stage:
    """How a trade came here, and what each party may do with it, by name; nothing is the rest."""

    reach: Callable[[], Trade]
    may: Mapping[str, str]


def after(make: Callable[[], Trade], *steps: Callable[[Trade], object]) -> Callable[[], Trade]:
    def reach() -> Trade:
        trade = make()
        for step in steps:
            step(trade)
        trade.release()
        return trade

    return reach


def sends(who: MemberId) -> Callable[[Trade], object]:
    return lambda trade: ship(trade, who, at=MONDAY)


def gets(who: MemberId) -> Callable[[Trade], object]:
    return lambda trade: receive(trade, who, at=MONDAY)


def complains(who: MemberId) -> Callable[[Trade], object]:
    return lambda trade: trade.open_dispute(
        DisputeKind.WRONG_ITEM, by=who, revision=None, account=SEEN, at=MONDAY
    )


def leaves(who: MemberId) -> Callable[[Trade], object]:
    return lambda trade: trade.depart(who, at=MONDAY)


def is_decided(trade: Trade) -> None:
    trade.resolve(Resolution(verdict=Verdict.VOID), at=MONDAY)


def consents(who: MemberId) -> Callable[[Trade], object]:
    return lambda trade: trade.accept(by=who, revision=1, senders=senders(), at=MONDAY)


STAGES: Mapping[str, Stage] = {
    "mail: proposed": Stage(
        lambda: a_trade(terms=BY_MAIL, at=MONDAY),
        {"ann": "withdraw", "bea": "accept counter reject"},
    ),
    "mail: an open ask": Stage(
        lambda: a_trade(terms=BY_MAIL, give=(), at=MONDAY),
        {"ann": "withdraw", "bea": "counter reject"},
    ),
    "mail: accepted": Stage(by_mail, {"ann": "ship cancel dispute", "bea": "ship cancel dispute"}),
    "mail: one has sent": Stage(
        after(by_mail, sends(ANN)), {"ann": "dispute", "bea": "ship receive dispute"}
    ),
    "mail: one has received": Stage(
        after(by_mail, sends(ANN), gets(BEA)), {"ann": "dispute", "bea": "ship dispute"}
    ),
    "mail: both have sent": Stage(
        after(by_mail, sends(ANN), sends(BEA)),
        {"ann": "receive dispute", "bea": "receive dispute"},
    ),
    "mail: disputed": Stage(after(by_mail, sends(ANN), complains(BEA)), {"bea": "resume"}),
    "mail: one has left": Stage(
        after(by_mail, sends(ANN), leaves(BEA)), {"ann": "resume", "bea": "resume"}
    ),
    "mail: nobody sent": Stage(after(by_mail, strike), {}),
    "mail: resolved": Stage(after(by_mail, sends(ANN), complains(BEA), is_decided), {}),
    "mail: completed": Stage(after(by_mail, sends(ANN), gets(BEA), sends(BEA), gets(ANN)), {}),
    "ring: proposed": Stage(ring, dict.fromkeys(NAMES, "accept reject")),
    "ring: one has consented": Stage(
        after(ring, consents(BEA)),
        {"ann": "accept reject", "bea": "withdraw", "eve": "accept reject"},
    ),
    "ring: agreed": Stage(agreed_ring, dict.fromkeys(NAMES, "ship cancel dispute")),
    "ring: one has sent": Stage(
        after(agreed_ring, sends(ANN)),
        {"ann": "dispute", "bea": "ship receive dispute", "eve": "ship dispute"},
    ),
    "ring: a leg was never sent": Stage(
        after(agreed_ring, sends(ANN), sends(EVE), strike),
        {"ann": "receive", "bea": "receive", "eve": "resume"},
    ),
    "ring: one leg is disputed": Stage(
        after(agreed_ring, sends(ANN), complains(BEA)), {"bea": "ship resume", "eve": "ship"}
    ),
    "ring: one has left": Stage(
        after(agreed_ring, sends(ANN), leaves(EVE)),
        {"ann": "resume", "bea": "receive resume", "eve": "resume"},
    ),
    "ring: expired": Stage(after(ring, strike), {}),
    "ring: called off": Stage(after(agreed_ring, leaves(ANN)), {}),
}


def obey(trade: Trade, action: Action, by: MemberId) -> None:
    if action is Action.ACCEPT:
        consents(by)(trade)
    else:
        if action is Action.DISPUTE:  # for which what is to be sent has to be late
            trade.legs = tuple(replace(leg, ship_by=MONDAY) for leg in trade.legs)
        tell(trade, action, by, at=MONDAY)


EVERYTHING = list(product(STAGES, NAMES, Action))


@pytest.mark.parametrize(("stage", "who", "action"), EVERYTHING)
def test_a_command_is_obeyed_where_it_is_allowed_and_refused_anywhere_else(
    stage: str, who: str, action: Action
) -> None:
    trade, by = STAGES[stage].reach(), NAMES[who]
    if by not in trade.members:
        assert trade.allowed_actions(by, at=MONDAY) == []
        return
    allowed = [Action(each) for each in STAGES[stage].may.get(who, "").split()]
    assert trade.allowed_actions(by, at=MONDAY) == allowed
    before, was = dict(vars(trade)), trade.state
    if action in allowed:
        obey(trade, action, by)
        codes = {
            step.code
            for step in STEPS
            if step.action is action and was in step.sources and trade.state in step.targets
        }
        assert codes, f"{action} led from {was} to {trade.state}"
        assert trade.release()
        return
    with pytest.raises(InvalidTransition) as refused:
        tell(trade, action, by, at=MONDAY)
    assert refused.value.members == {"state": was, "allowed_actions": allowed}
    assert vars(trade) == before
    assert not trade.release()


def test_every_step_of_parties_is_taken_by_some_stage() -> None:
    """Control: a line of the table that no stage reaches would be a line that nothing shows."""
    shown = {
        (action, STAGES[stage].reach().state)
        for stage, who, action in EVERYTHING
        if action in STAGES[stage].may.get(who, "").split()
    }
    met = {(Action.CONFIRM, State.ACCEPTED), (Action.CONFIRM, State.FULFILLING)}
    told = {(step.action, source) for step in STEPS if step.action for source in step.sources}
    assert told - shown == met, "those two are shown in test_trade_commands.py"
    assert set(COMMANDS) == set(Action)


def test_no_step_leaves_a_state_that_is_final() -> None:
    final = set(State) - {source for source, _ in ARROWS}
    assert final == {
        *(State.COMPLETED, State.REJECTED, State.WITHDRAWN, State.LAPSED),
        *(State.EXPIRED, State.CANCELLED, State.RESOLVED),
    }


def test_a_step_that_is_not_in_the_table_is_a_fault_of_ours() -> None:
    trade = a_trade(State.REJECTED)
    with pytest.raises(AssertionError, match="no step from rejected to accepted"):
        trade._move(State.ACCEPTED, NOON)  # noqa: SLF001 - what no command does
