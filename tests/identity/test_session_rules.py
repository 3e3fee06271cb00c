"""How a well-signed refresh token is judged: every row of the table, and its edges."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from apps.identity.domain.session import (
    BY_PASSWORD,
    BY_PROVIDER,
    MOST_SESSIONS,
    REPLAY_WINDOW,
    STAFF_TERMS,
    TERMS,
    UNCONFIRMED_REPLAY_WINDOW,
    Delivery,
    RevokeReason,
    Session,
    SessionId,
    Verdict,
)
from apps.identity.domain.throttle import REFRESHES, RateLimited
from tests.support.builders import ANN, NOON, a_uuid
from tests.support.site import NO_DEVICE

IDLE, LIFETIME = TERMS.idle, TERMS.lifetime
SESSION = SessionId(a_uuid(1, of=8))
TICK = timedelta(microseconds=1)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


def opened(at: datetime = NOON) -> Session:
    session = Session.open(SESSION, user_id=ANN, nonce="nonce", mac_kid=1, device=NO_DEVICE, at=at)
    session.current_hash = "hash 0"
    return session


def rotated(times: int, *, at: datetime = NOON, confirmed: bool = True) -> Session:
    """A session some generations on, the last of them at this moment."""
    session = opened(at)
    for generation in range(1, times + 1):
        session = session.successor(mac_kid=1, at=at)
        session.current_hash = f"hash {generation}"
    session.confirmed_generation = times if confirmed else max(0, times - 1)
    return session


def judged(session: Session, generation: int, *, after: timedelta = SECOND) -> Verdict:
    return session.judge(generation, f"hash {generation}", at=NOON + after)


@pytest.mark.parametrize("times", [0, 1, 7])
def test_the_newest_token_is_rotated(times: int) -> None:
    assert judged(rotated(times), times) is Verdict.ROTATE


@pytest.mark.parametrize("times", [1, 2, 7])
@pytest.mark.parametrize(
    ("confirmed", "after", "verdict"),
    [
        (True, timedelta(0), Verdict.REPLAY),
        (True, 10 * SECOND, Verdict.REPLAY),
        (True, 10 * SECOND + TICK, Verdict.REUSED),
        (True, HOUR, Verdict.REUSED),
        (False, 10 * SECOND + TICK, Verdict.REPLAY),
        (False, HOUR, Verdict.REPLAY),
        (False, HOUR + TICK, Verdict.REUSED),
        (False, DAY, Verdict.REUSED),
    ],
)
def test_its_parent_is_answered_again_for_ten_seconds_or_while_the_answer_may_be_lost(
    *, times: int, confirmed: bool, after: timedelta, verdict: Verdict
) -> None:
    assert judged(rotated(times, confirmed=confirmed), times - 1, after=after) is verdict


@pytest.mark.parametrize("confirmed", [True, False])
@pytest.mark.parametrize(("times", "generation"), [(2, 0), (7, 5), (7, 0)])
def test_a_grandparent_is_never_answered_not_even_at_once(
    *, confirmed: bool, times: int, generation: int
) -> None:
    session = rotated(times, confirmed=confirmed)
    assert judged(session, generation, after=timedelta(0)) is Verdict.REUSED


@pytest.mark.parametrize("ahead", [1, 2, 1000])
def test_a_generation_still_to_come_is_impossible(ahead: int) -> None:
    assert judged(rotated(3), 3 + ahead) is Verdict.IMPOSSIBLE


@pytest.mark.parametrize("generation", [0, 1, 2, 3, 9])
def test_whatever_a_revoked_session_is_shown_is_invalid(generation: int) -> None:
    session = replace(rotated(2), revoked_at=NOON, revoke_reason=RevokeReason.LOGOUT)
    assert judged(session, generation) is Verdict.REVOKED
    assert judged(session, generation, after=LIFETIME) is Verdict.REVOKED


@pytest.mark.parametrize("generation", [0, 1, 2, 9])
@pytest.mark.parametrize("late", [timedelta(0), TICK, 365 * DAY])
def test_whatever_an_expired_session_is_shown_has_expired(generation: int, late: timedelta) -> None:
    assert judged(rotated(2), generation, after=IDLE + late) is Verdict.EXPIRED


def test_idle_time_ends_after_fourteen_days_to_the_microsecond() -> None:
    assert judged(rotated(2), 2, after=14 * DAY - TICK) is Verdict.ROTATE
    assert judged(rotated(2), 2, after=14 * DAY) is Verdict.EXPIRED


def test_ninety_days_are_the_end_however_busy_the_session_was() -> None:
    session = opened()
    for day in range(7, 90, 7):
        session = session.successor(mac_kid=1, at=NOON + day * DAY)
    session.current_hash = f"hash {session.generation}"
    assert session.idle_expires_at == session.expires_at == NOON + 90 * DAY
    assert judged(session, session.generation, after=90 * DAY - TICK) is Verdict.ROTATE
    assert judged(session, session.generation, after=90 * DAY) is Verdict.EXPIRED


def test_another_token_of_the_right_generation_proves_nothing_and_harms_nobody() -> None:
    assert rotated(2).judge(2, "another hash", at=NOON) is Verdict.REVOKED


def test_another_token_of_the_generation_before_was_never_given_out() -> None:
    assert rotated(2).judge(1, "another hash", at=NOON) is Verdict.REUSED


def test_a_clock_that_lags_behind_the_rotation_still_gets_its_answer_again() -> None:
    assert judged(rotated(1), 0, after=-SECOND) is Verdict.REPLAY


def test_the_figures_are_those_that_were_agreed() -> None:
    assert (REPLAY_WINDOW, UNCONFIRMED_REPLAY_WINDOW) == (10 * SECOND, HOUR)
    assert (IDLE, LIFETIME) == (14 * DAY, 90 * DAY)
    assert (STAFF_TERMS.idle, STAFF_TERMS.lifetime) == (timedelta(minutes=30), 12 * HOUR)
    assert (MOST_SESSIONS, BY_PASSWORD, BY_PROVIDER) == (20, "pwd", "fed")


def test_refreshes_are_counted_anew_when_their_time_is_over_to_the_microsecond() -> None:
    session = replace(rotated(1), refreshes=REFRESHES.count, refreshes_since=NOON)
    with pytest.raises(RateLimited):
        session.successor(mac_kid=1, at=NOON + REFRESHES.window - TICK)
    anew = session.successor(mac_kid=1, at=NOON + REFRESHES.window)
    assert (anew.refreshes, anew.refreshes_since) == (1, NOON + REFRESHES.window)


def test_a_session_begins_at_generation_nought_in_the_body_by_password() -> None:
    session = opened()
    assert (session.generation, session.confirmed_generation, session.previous_hash) == (0, 0, None)
    assert (session.delivery, session.amr) == (Delivery.BODY, "pwd")
    assert session.auth_time == session.created_at == session.rotated_at == NOON
    assert (session.idle_expires_at, session.expires_at) == (NOON + IDLE, NOON + LIFETIME)
    assert (session.revoked_at, session.revoke_reason) == (None, None)


def test_a_successor_changes_only_what_rotation_is_about() -> None:
    before, later = rotated(3), NOON + DAY
    after = before.successor(mac_kid=2, at=later)
    changed = {name for name in vars(before) if vars(before)[name] != vars(after)[name]}
    assert changed == {
        "generation",
        "mac_kid",
        "previous_hash",
        "rotated_at",
        "refreshes",
        "refreshes_since",
        "idle_expires_at",
    }
    assert (after.generation, after.mac_kid, after.previous_hash) == (4, 2, "hash 3")
    assert (after.rotated_at, after.idle_expires_at) == (later, later + IDLE)
    assert before.generation == 3


def test_a_successor_never_lives_longer_than_its_session() -> None:
    after = rotated(1).successor(mac_kid=1, at=NOON + 80 * DAY)
    assert after.idle_expires_at == after.expires_at == NOON + LIFETIME


def test_a_session_of_staff_ends_after_half_an_hour_and_half_a_day() -> None:
    session = Session.open(
        SESSION,
        user_id=ANN,
        nonce="nonce",
        mac_kid=1,
        device=NO_DEVICE,
        at=NOON,
        terms=STAFF_TERMS,
    )
    assert session.idle_expires_at == NOON + HOUR / 2
    assert session.expires_at == NOON + 12 * HOUR
    later = session.successor(mac_kid=1, at=NOON + HOUR / 3)
    assert later.idle_expires_at == NOON + HOUR / 3 + HOUR / 2
    last = session.successor(mac_kid=1, at=session.expires_at - TICK)
    assert last.idle_expires_at == last.expires_at == NOON + 12 * HOUR
