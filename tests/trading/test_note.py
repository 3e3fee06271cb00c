"""Notes between parties: short, and without ways to meet elsewhere before both agree."""

import pytest

from apps.shared.domain.contact_data import ContactData
from apps.shared.domain.ids import MemberId
from apps.trading.domain.moves import InvalidTransition, State
from apps.trading.domain.note import AGREED, SPOKEN_IN, NoteId, TradeNote
from apps.trading.domain.trade import TradeNotFound
from tests.support.builders import A_TRADE, ANN, BEA, EVE, NOON, a_note, a_trade, a_uuid

NUMBER = "Call 0912345678"


OVER = [state for state in State if state not in SPOKEN_IN]


@pytest.mark.parametrize("by", [ANN, BEA])
@pytest.mark.parametrize("state", sorted(SPOKEN_IN))
def test_a_party_may_write_while_something_can_come_of_it(state: State, by: MemberId) -> None:
    note = a_note("Exit 9?", on=a_trade(state), by=by)
    assert (note.trade_id, note.author_id, note.text, note.created_at) == (
        A_TRADE,
        by,
        "Exit 9?",
        NOON,
    )


@pytest.mark.parametrize("state", State)
def test_a_stranger_may_not(state: State) -> None:
    with pytest.raises(TradeNotFound):
        a_note(on=a_trade(state), by=EVE)


def test_a_stranger_is_not_even_told_what_is_wrong_with_the_text() -> None:
    with pytest.raises(TradeNotFound):
        a_note(NUMBER, by=EVE)


@pytest.mark.parametrize("state", OVER)
def test_nobody_writes_once_nothing_came_of_it(state: State) -> None:
    with pytest.raises(InvalidTransition):
        a_note(on=a_trade(state))


@pytest.mark.parametrize("state", sorted(SPOKEN_IN))
def test_numbers_are_for_those_who_have_agreed(state: State) -> None:
    if state is not State.PROPOSED:
        assert a_note(NUMBER, on=a_trade(state)).text == NUMBER
        return
    assert state not in AGREED
    with pytest.raises(ContactData):
        a_note(NUMBER, on=a_trade(state))


def test_the_refusal_points_to_where_the_text_stood_in_the_request() -> None:
    with pytest.raises(ContactData) as refused:
        TradeNote.write(
            NoteId(a_uuid(1)), on=a_trade(), by=ANN, text=NUMBER, pointer="/note", at=NOON
        )
    assert [error["pointer"] for error in refused.value.members["errors"]] == ["/note"]
    with pytest.raises(ContactData) as refused:
        a_note(NUMBER)
    assert [error["pointer"] for error in refused.value.members["errors"]] == ["/text"]
