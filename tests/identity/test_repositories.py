"""What the repositories of identity promise, in memory and in both databases alike."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from apps.identity.domain.block import BlockRepository
from apps.identity.domain.profile import (
    NicknameTaken,
    Privacy,
    ProfileNotFound,
    ProfileRepository,
)
from apps.identity.domain.session import RevokeReason, Session, SessionId, SessionRepository
from apps.identity.domain.standing import Standing, StandingNotFound, StandingRepository
from apps.identity.domain.user import (
    Credentials,
    EmailTaken,
    Status,
    UserNotFound,
    UserRepository,
)
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import Busy
from apps.shared.domain.ids import MemberId
from tests.support.accounts import (
    A_BLOCK,
    A_SESSION,
    TICK,
    a_block,
    a_profile,
    a_session,
    a_standing,
    a_user,
    an_ended_session,
    open_accounts,
)
from tests.support.builders import ANN, BEA, EVE, HOUR, NOON, a_uuid
from tests.support.memory import KeptAlready
from tests.support.stores import Store, facts, filled, kept

SOMEBODY = MemberId(a_uuid(404, of=1))
REASON = RevokeReason.REUSE


@dataclass
class Shelves:
    """The repositories, with accounts for Ann, Bea and Eve."""

    work: UnitOfWork
    users: UserRepository
    profiles: ProfileRepository
    standings: StandingRepository
    sessions: SessionRepository
    blocks: BlockRepository

    async def open(self, *sessions: Session) -> None:
        async with self.work:
            for session in sessions:
                await self.sessions.add(session)

    async def ends(self, *sessions: Session) -> list[RevokeReason | None]:
        """Why each was ended, if it was."""
        found = [await self.sessions.seen(session.id) for session in sessions]
        return [session.revoke_reason for session in found if session]


@pytest.fixture
async def shelves(store: Store) -> Shelves:
    shelves = await filled(Shelves, store)
    await open_accounts(shelves.users, shelves.work)
    return shelves


async def test_an_account_comes_back_as_it_was_added_and_as_it_was_saved(shelves: Shelves) -> None:
    assert await kept(shelves.users, BEA, by=shelves.work) == facts(a_user(BEA))
    async with shelves.work:
        user = await shelves.users.get(ANN)
        assert facts(user) == facts(a_user(ANN))
        user.rehash("$scrypt$", at=NOON + HOUR)
        user.status, user.email_verified_at = Status.DELETED, None
        await shelves.users.save(user)
        assert facts(await shelves.users.get(ANN)) == facts(user), "also before the unit ends"
    assert await kept(shelves.users, ANN, by=shelves.work) == facts(user)


async def test_who_is_not_there_is_refused_by_name(store: Store) -> None:
    empty = await filled(Shelves, store)
    for look, refusal in (
        (empty.users.get, UserNotFound),
        (empty.profiles.lock, ProfileNotFound),
        (empty.standings.get, StandingNotFound),
    ):
        with pytest.raises(refusal):
            async with empty.work:
                await look(ANN)
    assert await empty.sessions.seen(A_SESSION) is None
    assert await empty.users.credentials("ann@kcs.test") is None


async def test_an_address_has_one_account_in_whatever_case_it_is_written(shelves: Shelves) -> None:
    ann = a_user(ANN)
    for email in (ann.email, ann.email.upper(), ann.email.lower()):
        assert await shelves.users.is_registered(email)
        assert await shelves.users.credentials(email) == Credentials(
            id=ANN, password_hash=ann.password_hash, status=ann.status
        )
        with pytest.raises(EmailTaken):
            async with shelves.work:
                await shelves.users.add(a_user(SOMEBODY, email=email))
    assert not await shelves.users.is_registered(f"x{ann.email}")


async def test_no_id_is_kept_twice(shelves: Shelves) -> None:
    """It is no refusal, since ids are never given twice: the fault would be ours."""
    async with shelves.work:
        await shelves.profiles.add(a_profile())
        await shelves.standings.add(a_standing())
        await shelves.sessions.add(a_session())
        await shelves.blocks.add(a_block())
    again: Any
    for add, again in (
        (shelves.users.add, a_user(email="another@kcs.test")),
        (shelves.profiles.add, a_profile(nickname="another")),
        (shelves.standings.add, Standing.begin(ANN, at=NOON)),
        (shelves.sessions.add, a_session(nonce="another")),
        (shelves.blocks.add, a_block(on=EVE)),
    ):
        with pytest.raises((KeptAlready, IntegrityError)):
            async with shelves.work:
                await add(again)
    assert await kept(shelves.users, ANN, by=shelves.work) == facts(a_user())
    assert await kept(shelves.profiles, ANN, by=shelves.work) == facts(a_profile())
    assert await kept(shelves.standings, ANN, by=shelves.work) == facts(a_standing())
    assert await kept(shelves.sessions, A_SESSION, by=shelves.work) == facts(a_session())
    assert await kept(shelves.blocks, A_BLOCK, by=shelves.work) == facts(a_block())


async def test_a_profile_comes_back_as_it_was_added_and_as_it_was_saved(shelves: Shelves) -> None:
    async with shelves.work:
        await shelves.profiles.add(a_profile())
    async with shelves.work:
        profile = await shelves.profiles.lock(ANN)
        assert facts(profile) == facts(a_profile())
        profile.change(
            {
                "nickname": "Ann",
                "bio": None,
                "region": None,
                "privacy": {"accepts_proposals": True, "allow_stranger_messages": False},
            },
            at=NOON + HOUR,
        )
        profile.avatar_url = None
        await shelves.profiles.save(profile)
        assert facts(await shelves.profiles.lock(ANN)) == facts(profile), "locks show what is saved"
    assert await kept(shelves.profiles, ANN, by=shelves.work) == facts(profile)
    assert profile.privacy == Privacy(
        nearby_visible=True, show_online=False, allow_stranger_messages=False
    )


async def test_a_nickname_is_taken_in_whatever_case_and_width(shelves: Shelves) -> None:
    async with shelves.work:
        await shelves.profiles.add(a_profile(ANN, nickname="Straße"))
        await shelves.profiles.add(a_profile(BEA, nickname="Bea"))
        for same in ("Straße", "STRASSE", "\uff33trasse"):
            assert await shelves.profiles.is_taken(same)
        assert not await shelves.profiles.is_taken("Strase")
    with pytest.raises(NicknameTaken):
        async with shelves.work:
            await shelves.profiles.add(a_profile(EVE, nickname="strasse"))
    with pytest.raises(NicknameTaken):
        async with shelves.work:
            bea = await shelves.profiles.lock(BEA)
            bea.change({"nickname": "STRASSE"}, at=NOON)
            await shelves.profiles.save(bea)
    async with shelves.work:
        ann = await shelves.profiles.lock(ANN)
        ann.change({"nickname": "strasse"}, at=NOON)
        await shelves.profiles.save(ann)
    assert (await kept(shelves.profiles, ANN, by=shelves.work))["nickname"] == "strasse"
    assert (await kept(shelves.profiles, BEA, by=shelves.work))["nickname"] == "Bea"


async def test_a_standing_comes_back_as_it_was_added_and_as_it_was_saved(shelves: Shelves) -> None:
    async with shelves.work:
        await shelves.standings.add(a_standing())
    async with shelves.work:
        standing = await shelves.standings.get(ANN)
        assert facts(standing) == facts(a_standing())
        standing.count_completed(at=NOON + HOUR)
        await shelves.standings.save(standing)
    assert await kept(shelves.standings, ANN, by=shelves.work) == facts(standing)


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
    async with shelves.work:
        assert await shelves.sessions.rotate(before, after)
        assert not await shelves.sessions.rotate(before, after)
    assert await kept(shelves.sessions, A_SESSION, by=shelves.work) == facts(after)
    assert after.previous_hash == before.current_hash


@pytest.mark.parametrize(
    "other",
    [
        {"generation": 1},
        {"generation": 3},
        {"current_hash": "another"},
        {"delivery": "body"},
        {"id": SOMEBODY},
    ],
    ids=str,
)
async def test_a_session_that_is_not_as_seen_is_not_rotated(
    shelves: Shelves, other: dict[str, Any]
) -> None:
    session = a_session()
    await shelves.open(session)
    seen = replace(session, **other)
    async with shelves.work:
        assert not await shelves.sessions.rotate(seen, session.successor(mac_kid=8, at=NOON))
    assert await kept(shelves.sessions, A_SESSION, by=shelves.work) == facts(session)


@pytest.mark.parametrize("end", ["revoked_at", "idle_expires_at", "expires_at"])
async def test_a_session_that_has_ended_is_not_rotated(shelves: Shelves, end: str) -> None:
    session = a_session(**{end: NOON})
    await shelves.open(session)
    async with shelves.work:
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


async def test_a_block_has_one_direction_and_stands_once(shelves: Shelves) -> None:
    async with shelves.work:
        await shelves.blocks.add(a_block(1, by=ANN, on=BEA))
        await shelves.blocks.add(a_block(2, by=ANN, on=EVE))
        await shelves.blocks.add(a_block(3, by=BEA, on=SOMEBODY))
    with pytest.raises(Busy):
        async with shelves.work:
            await shelves.blocks.add(a_block(4, by=ANN, on=BEA))
    assert await kept(shelves.blocks, A_BLOCK, by=shelves.work) == facts(a_block())
    async with shelves.work:
        assert [await shelves.blocks.count(by=by) for by in (ANN, BEA, EVE)] == [2, 1, 0]
        assert await shelves.blocks.exists(by=ANN, on=BEA)
        assert not await shelves.blocks.exists(by=BEA, on=ANN)
        for _ in range(2):
            await shelves.blocks.lift(by=ANN, on=BEA)
            await shelves.blocks.lift(by=EVE, on=ANN)
            assert not await shelves.blocks.exists(by=ANN, on=BEA)
        assert [await shelves.blocks.count(by=by) for by in (ANN, BEA, EVE)] == [1, 1, 0]
        await shelves.blocks.add(a_block(5, by=ANN, on=BEA))
    async with shelves.work:
        assert await shelves.blocks.exists(by=ANN, on=BEA)
