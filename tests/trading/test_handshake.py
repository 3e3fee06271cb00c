"""Codes that two who meet show each other: RFC 4226 and 6238, and the rules of D.2."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.trading.domain.handshake import (
    MOST_WRONG,
    EnteredOutOfTime,
    Handshake,
    HandshakeId,
    TooManyCodes,
    code_of,
    step_of,
)
from tests.support.builders import A_TRADE, BEA, HOUR, NOON
from tests.support.stores import facts

RFC_SECRET = b"12345678901234567890"
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def a_handshake(secret: bytes = RFC_SECRET) -> Handshake:
    """Opened at noon."""
    return Handshake.open(HandshakeId(A_TRADE, BEA), secret=secret, at=NOON)


def shown(at: datetime, secret: bytes = RFC_SECRET) -> str:
    """What Bea's telephone shows then."""
    return code_of(secret, step_of(at))


def wrong(at: datetime) -> str:
    """A code that it shows at no moment near this one."""
    near = {shown(at + minutes * MINUTE) for minutes in range(-9, 10)}
    return next(code for code in ("111111", *map(str, range(222222, 222242))) if code not in near)


CODES_OF_RFC_4226 = (
    *("755224", "287082", "359152", "969429", "338314"),
    *("254676", "287922", "162583", "399871", "520489"),
)


@pytest.mark.parametrize("step", range(10))
def test_codes_are_those_of_rfc_4226(step: int) -> None:
    assert code_of(RFC_SECRET, step) == CODES_OF_RFC_4226[step]


@pytest.mark.parametrize(
    ("seconds_of_rfc_6238", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_rfc_6238_with_steps_twice_as_long(
    seconds_of_rfc_6238: int, code: str
) -> None:
    """Its steps take 30 seconds, and it shows eight digits, of which these are the last six."""
    moment = datetime.fromtimestamp(seconds_of_rfc_6238 * 2, UTC)
    assert code_of(RFC_SECRET, step_of(moment)) == code


def test_a_step_is_a_minute_wherever_one_is() -> None:
    assert step_of(NOON + 59 * SECOND) == step_of(NOON) == step_of(NOON - SECOND) + 1
    assert step_of(NOON.astimezone()) == step_of(NOON)


@pytest.mark.parametrize("minutes", range(-5, 6))
def test_clocks_may_be_two_minutes_apart(minutes: int) -> None:
    then = NOON + HOUR
    code = shown(then + minutes * MINUTE)
    recognised = a_handshake().recognises(code, entered_at=then, at=then)
    assert recognised == (abs(minutes) <= 2)


def test_a_right_code_is_remembered_by_its_step_and_no_wrong_one_is_counted() -> None:
    handshake = a_handshake()
    assert handshake.recognises(shown(NOON + MINUTE), entered_at=NOON, at=NOON + HOUR)
    assert (handshake.last_step, handshake.wrong_at) == (step_of(NOON + MINUTE), ())


def test_the_code_of_one_secret_is_not_that_of_another() -> None:
    theirs = b"another secret of 20"
    assert shown(NOON, theirs) != shown(NOON)
    assert not a_handshake().recognises(shown(NOON, theirs), entered_at=NOON, at=NOON)


def test_a_step_serves_once_and_no_earlier_one_after_it() -> None:
    handshake, at = a_handshake(), NOON + HOUR
    assert handshake.recognises(shown(at), entered_at=at, at=at)
    for earlier in (at, at - MINUTE, at - 2 * MINUTE):
        assert not handshake.recognises(shown(earlier), entered_at=at, at=at)
    assert handshake.recognises(shown(at + MINUTE), entered_at=at, at=at)


def test_a_telephone_may_be_without_a_network_for_three_days() -> None:
    handshake, at = a_handshake(), NOON + 73 * HOUR
    then = at - 72 * HOUR
    assert handshake.recognises(shown(then), entered_at=then, at=at)
    with pytest.raises(EnteredOutOfTime):
        handshake.recognises(shown(then), entered_at=then - SECOND, at=at)


def test_no_code_is_typed_before_acceptance() -> None:
    handshake = a_handshake()
    with pytest.raises(EnteredOutOfTime):
        handshake.recognises(shown(NOON), entered_at=NOON - SECOND, at=NOON + HOUR)
    assert not handshake.recognises(shown(NOON - MINUTE), entered_at=NOON, at=NOON + HOUR)
    assert handshake.recognises(shown(NOON), entered_at=NOON, at=NOON + HOUR)


def test_no_code_comes_out_of_the_future() -> None:
    handshake, at = a_handshake(), NOON + HOUR
    late = at + 2 * MINUTE
    with pytest.raises(EnteredOutOfTime) as refusal:
        handshake.recognises(shown(late), entered_at=late + SECOND, at=at)
    assert refusal.value.members["errors"][0]["pointer"] == "/entered_at"
    assert handshake.recognises(shown(late), entered_at=late, at=at)


def test_what_comes_out_of_time_changes_nothing() -> None:
    handshake = a_handshake()
    for moment in (NOON - SECOND, NOON + 4 * MINUTE):
        with pytest.raises(EnteredOutOfTime):
            handshake.recognises("000000", entered_at=moment, at=NOON)
    assert facts(handshake) == facts(a_handshake())


def test_the_sixth_code_within_an_hour_of_five_wrong_ones_has_to_wait() -> None:
    handshake, at = a_handshake(), NOON
    for number in range(MOST_WRONG):
        at = NOON + number * 10 * MINUTE
        assert not handshake.recognises(wrong(at), entered_at=at, at=at)
    at += SECOND / 2
    for code in (wrong(at), shown(at)):
        with pytest.raises(TooManyCodes) as refusal:
            handshake.recognises(code, entered_at=at, at=at)
        assert refusal.value.members["retry_after"] == 20 * 60, "whole seconds, and none too few"
    with pytest.raises(TooManyCodes):
        handshake.recognises(shown(at), entered_at=at, at=NOON + HOUR - SECOND)
    assert handshake.recognises(shown(at), entered_at=at, at=NOON + HOUR)


def test_an_hour_is_any_hour_and_begins_with_no_stroke_of_a_clock() -> None:
    handshake = a_handshake()
    moments = [NOON + minutes * MINUTE for minutes in (0, 55, 56, 57, 58)]
    for at in moments:
        assert not handshake.recognises(wrong(at), entered_at=at, at=at)
    at = NOON + HOUR
    assert not handshake.recognises(wrong(at), entered_at=at, at=at), "the first one is forgotten"
    with pytest.raises(TooManyCodes):
        handshake.recognises(wrong(at), entered_at=at, at=at + MINUTE)
    assert len(handshake.wrong_at) == MOST_WRONG


def test_a_secret_slips_into_no_log() -> None:
    assert repr(RFC_SECRET) not in repr(a_handshake())
