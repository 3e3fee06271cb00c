"""Who may tell a trade what, in which state: the whole table (D.2)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import product

import pytest

from apps.shared.domain.ids import MemberId
from apps.trading.domain.history import LapseReason
from apps.trading.domain.legs import Leg, LegState
from apps.trading.domain.moves import Action, InvalidTransition, StaleRevision, State
from apps.trading.domain.terms import DisputeKind, Method
from apps.trading.domain.trade import Trade, TradeNotFound
from tests.support.builders import (
    ANN,
    ANNS,
    BEA,
    BEAS,
    EVE,
    EVES,
    HOUR,
    NOON,
    SEEN,
    a_trade,
    received_by_other,
)

COMMANDS: Mapping[Action, Callable[..., None]] = {
    Action.ACCEPT: lambda trade, by, revision, at: trade.accept(by=by, revision=revision, at=at),
    Action.REJECT: lambda trade, by, revision, at: trade.reject(
        by=by, revision=revision, reason=None, at=at
    ),
    Action.WITHDRAW: lambda trade, by, revision, at: trade.withdraw(
        by=by, revision=revision, reason=None, at=at
    ),
    Action.CONFIRM: lambda trade, by, revision, at: trade.confirm(by=by, revision=revision, at=at),
    Action.COUNTER: lambda trade, by, revision, at: trade.counter(
        by=by, revision=revision, give=[EVES], take=[ANNS if by == BEA else BEAS], at=at
    ),
    Action.CANCEL: lambda trade, by, revision, at: trade.cancel(
        by=by, by_agreement=False, revision=revision, reason=None, at=at
    ),
    Action.SHIP: lambda trade, by, revision, at: trade.ship(
        leg_from(trade, by).id,
        by=by,
        carrier="Post",
        tracking_number="1",
        revision=revision,
        at=at,
    ),
    Action.RECEIVE: lambda trade, by, revision, at: trade.receive(
        leg_to(trade, by).id, by=by, revision=revision, at=at
    ),
    Action.DISPUTE: lambda trade, by, revision, at: trade.open_dispute(
        fitting(trade, by), by=by, revision=revision, account=SEEN, at=at
    ),
    Action.RESUME: lambda trade, by, revision, at: trade.resume(by=by, revision=revision, at=at),
}


def fitting(trade: Trade, by: MemberId) -> DisputeKind:
    """What can be said of what this party receives, sooner or later."""
    if trade.method is Method.IN_PERSON:
        return DisputeKind.CONFIRMATION_FALSE if trade.begun else DisputeKind.NO_SHOW
    waits = leg_to(trade, by).state is LegState.DUE
    return DisputeKind.NOT_SENT if waits else DisputeKind.WRONG_ITEM


def leg_from(trade: Trade, giver: MemberId) -> Leg:
    return next((leg for leg in trade.legs if leg.giver == giver), trade.legs[0])


def leg_to(trade: Trade, receiver: MemberId) -> Leg:
    return next((leg for leg in trade.legs if leg.receiver == receiver), trade.legs[0])


AUTHOR, OTHER, STRANGER = ANN, BEA, EVE
ALLOWED: Mapping[tuple[State, MemberId], list[Action]] = {
    (State.PROPOSED, AUTHOR): [Action.WITHDRAW],
    (State.PROPOSED, OTHER): [Action.ACCEPT, Action.COUNTER, Action.REJECT],
    (State.ACCEPTED, AUTHOR): [Action.CONFIRM, Action.CANCEL, Action.DISPUTE],
    (State.ACCEPTED, OTHER): [Action.CONFIRM, Action.CANCEL, Action.DISPUTE],
    (State.FULFILLING, AUTHOR): [Action.DISPUTE],  # the author has received already
    (State.FULFILLING, OTHER): [Action.CONFIRM, Action.DISPUTE],
    (State.DISPUTED, OTHER): [Action.RESUME],  # who opened the dispute
}
LEADS_TO = {
    (State.PROPOSED, Action.ACCEPT): State.ACCEPTED,
    (State.PROPOSED, Action.REJECT): State.REJECTED,
    (State.PROPOSED, Action.WITHDRAW): State.WITHDRAWN,
    (State.PROPOSED, Action.COUNTER): State.PROPOSED,
    (State.ACCEPTED, Action.CONFIRM): State.FULFILLING,
    (State.ACCEPTED, Action.CANCEL): State.CANCELLED,
    (State.FULFILLING, Action.CONFIRM): State.COMPLETED,
    (State.ACCEPTED, Action.DISPUTE): State.DISPUTED,
    (State.FULFILLING, Action.DISPUTE): State.DISPUTED,
    (State.DISPUTED, Action.RESUME): State.FULFILLING,
}
EVERY_PAIR = list(product(State, Action))
PARTIES = {"author": AUTHOR, "other": OTHER}
LATER = NOON + HOUR


def tell(
    trade: Trade, action: Action, by: MemberId, revision: int = 1, at: datetime = LATER
) -> None:
    COMMANDS[action](trade, by, revision, at)


@pytest.mark.parametrize("who", PARTIES)
@pytest.mark.parametrize(("state", "action"), EVERY_PAIR)
def test_a_command_is_obeyed_where_the_table_says_so_and_refused_anywhere_else(
    state: State, action: Action, who: str
) -> None:
    trade, by = a_trade(state), PARTIES[who]
    allowed = ALLOWED.get((state, by), [])
    assert trade.allowed_actions(by, at=LATER) == allowed
    if action in allowed:
        tell(trade, action, by)
        turn = AUTHOR if action is Action.COUNTER else None
        assert (trade.state, trade.turn, trade.updated_at) == (LEADS_TO[state, action], turn, LATER)
        return
    before = dict(vars(trade))
    with pytest.raises(InvalidTransition) as refused:
        tell(trade, action, by)
    assert refused.value.members == {"state": state, "allowed_actions": allowed}
    assert vars(trade) == before
    assert not trade.release()


@pytest.mark.parametrize(("state", "action"), EVERY_PAIR)
def test_a_stranger_cannot_tell_any_trade_from_none(state: State, action: Action) -> None:
    trade = a_trade(state)
    assert trade.allowed_actions(STRANGER, at=LATER) == []
    with pytest.raises(TradeNotFound):
        tell(trade, action, STRANGER)


def test_once_the_other_has_received_only_the_author_is_waited_for() -> None:
    trade = a_trade(State.ACCEPTED)
    received_by_other(trade)
    assert trade.allowed_actions(OTHER, at=LATER) == [Action.DISPUTE]
    assert trade.allowed_actions(AUTHOR, at=LATER) == [Action.CONFIRM, Action.DISPUTE]


@pytest.mark.parametrize("state", State)
def test_only_a_proposal_can_lapse(state: State) -> None:
    trade = a_trade(state)
    if state is State.PROPOSED:
        trade.lapse(LapseReason.COPY_UNAVAILABLE, at=LATER)
        assert (trade.state, trade.turn, trade.updated_at) == (State.LAPSED, None, LATER)
        return
    with pytest.raises(InvalidTransition) as refused:
        trade.lapse(LapseReason.COPY_UNAVAILABLE, at=LATER)
    assert refused.value.members == {"state": state}
    assert not trade.release()


@pytest.mark.parametrize("revision", [0, 2])
@pytest.mark.parametrize(
    ("state", "action", "by"),
    [
        (State.PROPOSED, Action.ACCEPT, OTHER),
        (State.PROPOSED, Action.REJECT, OTHER),
        (State.PROPOSED, Action.WITHDRAW, AUTHOR),
        (State.PROPOSED, Action.COUNTER, OTHER),
        (State.ACCEPTED, Action.CANCEL, OTHER),
        (State.ACCEPTED, Action.CONFIRM, AUTHOR),
        (State.FULFILLING, Action.CONFIRM, OTHER),
    ],
)
def test_no_command_is_obeyed_for_another_revision(
    state: State, action: Action, by: MemberId, revision: int
) -> None:
    trade = a_trade(state)
    with pytest.raises(StaleRevision) as refused:
        tell(trade, action, by, revision)
    assert refused.value.members == {"revision": 1}
    assert trade.state is state


def test_whether_it_is_ones_turn_comes_before_which_revision_one_saw() -> None:
    with pytest.raises(InvalidTransition):
        tell(a_trade(State.LAPSED), Action.ACCEPT, OTHER, revision=2)


@pytest.mark.parametrize("action", [Action.ACCEPT, Action.COUNTER, Action.REJECT])
def test_an_answer_is_in_time_until_the_due_time_and_no_longer(action: Action) -> None:
    late, early = a_trade(), a_trade()
    due = late.answer_due_at
    with pytest.raises(InvalidTransition) as refused:
        tell(late, action, OTHER, at=due)
    assert refused.value.members == {"state": State.PROPOSED, "allowed_actions": []}
    tell(early, action, OTHER, at=due - HOUR / 3600)
    assert early.state is LEADS_TO[State.PROPOSED, action]


def test_an_author_may_withdraw_what_nobody_answered_in_time() -> None:
    trade = a_trade()
    tell(trade, Action.WITHDRAW, AUTHOR, at=trade.answer_due_at + HOUR)
    assert trade.state is State.WITHDRAWN


def test_the_due_time_is_for_answers_not_for_receipts() -> None:
    trade = a_trade(State.ACCEPTED)
    tell(trade, Action.CONFIRM, OTHER, at=trade.answer_due_at + HOUR)
    assert trade.state is State.FULFILLING
