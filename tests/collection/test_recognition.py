"""Which copies of a binder a list without ids stands for (K3)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.collection.domain.copy import Condition
from apps.collection.domain.copy_events import CopyId
from apps.collection.domain.recognition import Description, recognise
from tests.support.builders import A_CARD, ANOTHER_CARD, a_uuid

PLAIN = Description(card_id=A_CARD, condition=Condition.MINT, for_trade=True, note=None)
SLEEVED = replace(PLAIN, note="sleeved")
ONE, TWO, THREE = (CopyId(a_uuid(number)) for number in (1, 2, 3))


def test_each_copy_stands_for_one_line() -> None:
    lines = dict.fromkeys((2, 3, 4), PLAIN)
    assert recognise(lines, {ONE: PLAIN, TWO: PLAIN}) == {2: ONE, 3: TWO}


def test_the_copy_that_is_alike_in_all_comes_first() -> None:
    found = recognise({2: PLAIN, 3: SLEEVED}, {ONE: SLEEVED})
    assert found == {3: ONE}
    assert recognise({2: PLAIN, 3: SLEEVED}, {ONE: SLEEVED, TWO: PLAIN}) == {2: TWO, 3: ONE}


def test_a_change_of_mind_makes_no_other_copy() -> None:
    changed = replace(PLAIN, for_trade=False, note="a gift")
    assert recognise({2: PLAIN}, {ONE: changed}) == {2: ONE}


@pytest.mark.parametrize(
    "other", [replace(PLAIN, card_id=ANOTHER_CARD), replace(PLAIN, condition=Condition.LIGHT)]
)
def test_another_card_or_condition_is_another_copy(other: Description) -> None:
    assert recognise({2: PLAIN}, {ONE: other}) == {}


def test_an_empty_note_is_none() -> None:
    assert recognise({2: SLEEVED, 3: PLAIN}, {ONE: replace(PLAIN, note="")}) == {3: ONE}


descriptions = st.builds(
    Description,
    card_id=st.sampled_from([A_CARD, ANOTHER_CARD]),
    condition=st.sampled_from([Condition.MINT, Condition.LIGHT]),
    for_trade=st.booleans(),
    note=st.sampled_from([None, "", "sleeved"]),
)


@given(st.lists(descriptions, max_size=8), st.lists(descriptions, max_size=8))
def test_whatever_was_there_a_list_is_recognised_the_second_time(
    listed: list[Description], held: list[Description]
) -> None:
    lines = dict(enumerate(listed))
    binder = {CopyId(a_uuid(number)): copy for number, copy in enumerate(held)}
    found = recognise(lines, binder)
    assert len(set(found.values())) == len(found)
    new = {
        CopyId(a_uuid(number, of=1)): copy for number, copy in lines.items() if number not in found
    }
    assert recognise(lines, binder | new).keys() == lines.keys()
