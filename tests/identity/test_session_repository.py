"""What the repository of sessions promises, in memory and in both databases alike."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from apps.identity.domain.session import RevokeReason, Session, SessionId
from tests.identity.shelves import Shelves
from tests.support.accounts import A_SESSION, TICK, a_session, an_ended_session
from tests.support.builders import ANN, BEA, HOUR, NOON, a_uuid
from tests.support.site import elsewhere
from tests.support.stores import facts, kept

REASON = RevokeReason.REUSE


@pytest.mark.parametrize("session", [a_session(), an_ended_session()], ids=["live", "ended"])
async def test_a_session_comes_back_as_it_was_added(shelves: Shelves, session: Session) -> None:
    await shelves.open(session)
    seen = await shelves.sessions.seen(session.id)
    assert seen
    assert facts(seen) == facts(session)


async def test_a_session_is_rotated_once_from_what_was_seen(shelves: Shelves) -> None:
    before = a_session()
    await shelves.open(before)
    after = replace(before.successor(mac_kid=8, at=NOON + HOUR), current_hash="three")
    assert await shelves.sessions.rotate(before, after)
    assert not await shelves.sessions.rotate(before, after)
    assert await kept(shelves.sessions, A_SESSION, by=shelves.work) == facts(after)
    assert after.previous_hash == before.current_hash


async def test_of_many_that_rotate_a_session_at_once_one_does(shelves: Shelves) -> None:
    """Memory has one task at a time; test_refresh_races shows what this fails without."""
    session = a_session()
    await shelves.open(session)

    async def rotate(number: int) -> bool:
        after = session.successor(mac_kid=8, at=NOON + HOUR)
        return await shelves.sessions.rotate(
            session, replace(after, current_hash=f"three {number}")
        )

    done = await asyncio.gather(*(elsewhere(rotate(number)) for number in range(6)))
    assert sum(done) == 1
    winner = (await kept(shelves.sessions, A_SESSION, by=shelves.work))["current_hash"]
    assert winner == f"three {done.index(True)}"


@pytest.mark.parametrize(
    "other",
    [
        {"generation": 1},
        {"generation": 3},
        {"current_hash": "another"},
        {"delivery": "body"},
        {"id": a_uuid(404)},
    ],
    ids=str,
)
async def test_a_session_that_is_not_as_seen_is_not_rotated(
    shelves: Shelves, other: dict[str, Any]
) -> None:
    session = a_session()
    await shelves.open(session)
    seen = replace(session, **other)
    assert not await shelves.sessions.rotate(seen, session.successor(mac_kid=8, at=NOON))
    assert await kept(shelves.sessions, A_SESSION, by=shelves.work) == facts(session)


@pytest.mark.parametrize("end", ["revoked_at", "idle_expires_at", "expires_at"])
async def test_a_session_that_has_ended_is_not_rotated(shelves: Shelves, end: str) -> None:
    session = replace(a_session(), **{end: NOON})  # type: ignore[arg-type]
    await shelves.open(session)
    for at, live in ((NOON, False), (NOON - TICK, end != "revoked_at")):
        successor = session.successor(mac_kid=8, at=at)
        assert await shelves.sessions.rotate(session, successor) is live


async def test_a_session_is_revoked_once_and_the_first_reason_stays(shelves: Shelves) -> None:
    session, other = a_session(1), a_session(2)
    await shelves.open(session, other)
    async with shelves.work:
        assert await shelves.sessions.revoke(session.id, reason=REASON, at=NOON + HOUR)
        again = RevokeReason.IMPOSSIBLE
        assert not await shelves.sessions.revoke(session.id, reason=again, at=NOON + 2 * HOUR)
        assert not await shelves.sessions.revoke(a_session(3).id, reason=REASON, at=NOON)
    ended = replace(session, revoked_at=NOON + HOUR, revoke_reason=REASON)
    assert await kept(shelves.sessions, session.id, by=shelves.work) == facts(ended)
    assert await shelves.ends(other) == [None]


async def test_a_user_signs_out_a_live_session_of_their_own_only(shelves: Shelves) -> None:
    mine, idle, hers = a_session(1), a_session(2, idle_expires_at=NOON), a_session(3, of=BEA)
    await shelves.open(mine, idle, hers, an_ended_session(4))
    async with shelves.work:
        for other in (idle, hers, an_ended_session(4), a_session(5)):
            assert not await shelves.sessions.end(other.id, of=ANN, at=NOON)
        assert await shelves.sessions.end(mine.id, of=ANN, at=NOON)
        assert not await shelves.sessions.end(mine.id, of=ANN, at=NOON)
    ends = [RevokeReason.LOGOUT, None, None, RevokeReason.TOO_MANY]
    assert await shelves.ends(mine, idle, hers, an_ended_session(4)) == ends


@pytest.mark.parametrize("but", [None, A_SESSION])
async def test_a_user_signs_out_everywhere_except_perhaps_here(
    shelves: Shelves, but: SessionId | None
) -> None:
    sessions = [a_session(1), a_session(2), a_session(3, of=BEA), an_ended_session(4)]
    await shelves.open(*sessions, a_session(5, idle_expires_at=NOON))
    async with shelves.work:
        await shelves.sessions.end_all(of=ANN, but=but, at=NOON)
    logout, here = RevokeReason.LOGOUT, None if but else RevokeReason.LOGOUT
    ends = [here, logout, None, RevokeReason.TOO_MANY, None]
    assert await shelves.ends(*sessions, a_session(5)) == ends


async def test_only_the_newest_live_sessions_of_a_user_are_kept(shelves: Shelves) -> None:
    """Of two from one moment the later id is the newer one; what has ended counts for nothing."""
    oldest, older, twin = (a_session(number, at=NOON) for number in (3, 1, 2))
    oldest.created_at -= HOUR
    idle, hers = a_session(5, idle_expires_at=NOON), a_session(6, of=BEA)
    await shelves.open(twin, oldest, older, an_ended_session(4), idle, hers)
    too_many = RevokeReason.TOO_MANY
    for keep, ends in (
        (3, [None, None, None]),
        (1, [too_many, too_many, None]),
        (0, [too_many, too_many, too_many]),
    ):
        async with shelves.work:
            await shelves.sessions.revoke_oldest(ANN, keep=keep, at=NOON)
        assert await shelves.ends(oldest, older, twin) == ends
    assert await shelves.ends(idle, hers) == [None, None]


async def test_who_proves_anew_who_they_are_does_so_on_a_live_session(shelves: Shelves) -> None:
    live, ended, old = a_session(1), an_ended_session(2), a_session(3, expires_at=NOON + HOUR)
    await shelves.open(live, ended, old, a_session(4))
    async with shelves.work:
        assert await shelves.sessions.reauthenticate(live.id, at=NOON + HOUR)
        for other in (ended, old, a_session(5)):
            assert not await shelves.sessions.reauthenticate(other.id, at=NOON + HOUR)
    proven = facts(replace(live, auth_time=NOON + HOUR))
    assert await kept(shelves.sessions, live.id, by=shelves.work) == proven
    for other in (ended, old, a_session(4)):
        assert await kept(shelves.sessions, other.id, by=shelves.work) == facts(other)


async def test_a_session_counts_as_opened_without_a_second_factor_from_then_on(
    shelves: Shelves,
) -> None:
    strong, other = a_session(amr="pwd otp"), a_session(2, amr="fed otp")
    await shelves.open(strong, other)
    async with shelves.work:
        await shelves.sessions.weaken(A_SESSION)
        await shelves.sessions.weaken(SessionId(a_session(3).id))
    weak = facts(replace(strong, amr="pwd"))
    assert await kept(shelves.sessions, A_SESSION, by=shelves.work) == weak
    assert await kept(shelves.sessions, other.id, by=shelves.work) == facts(other)


async def test_the_mark_of_a_used_token_only_rises_and_not_beyond_what_was_issued(
    shelves: Shelves,
) -> None:
    await shelves.open(a_session(generation=3, confirmed_generation=1), a_session(2))
    for told, mark in ((2, 2), (1, 2), (4, 2), (3, 3)):
        async with shelves.work:
            await shelves.sessions.confirm(A_SESSION, told)
        kept_now = await kept(shelves.sessions, A_SESSION, by=shelves.work)
        assert kept_now["confirmed_generation"] == mark
    other = await kept(shelves.sessions, a_session(2).id, by=shelves.work)
    assert other == facts(a_session(2))
