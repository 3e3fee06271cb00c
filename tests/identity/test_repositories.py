"""What the repositories of identity promise, in memory and in both databases alike."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from apps.identity.domain.profile import (
    NicknameTaken,
    Privacy,
    Profile,
    ProfileNotFound,
)
from apps.identity.domain.standing import Standing
from apps.identity.domain.user import (
    Credentials,
    EmailTaken,
    Status,
    UserNotFound,
)
from apps.shared.application.work import ChangedMeanwhile
from apps.shared.domain.errors import Busy
from apps.shared.domain.ids import MemberId
from tests.identity.shelves import Shelves
from tests.support.accounts import (
    A_BLOCK,
    A_SESSION,
    TICK,
    a_block,
    a_profile,
    a_session,
    a_standing,
    a_user,
    open_accounts,
)
from tests.support.builders import ANN, BEA, EVE, HOUR, NOON, a_uuid
from tests.support.memory import KeptAlready
from tests.support.site import Site, elsewhere
from tests.support.stores import LOCKED, UNLOCKED, Store, Waiting, facts, filled, in_turn, kept
from tests.support.weakening import an_unguarded_site

SOMEBODY = MemberId(a_uuid(404, of=1))


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
    ):
        with pytest.raises(refusal):
            async with empty.work:
                await look(ANN)
    assert await empty.sessions.seen(A_SESSION) is None
    assert await empty.users.credentials("ann@kcs.test") is None


async def test_an_address_has_one_account_in_whatever_case_it_is_written(shelves: Shelves) -> None:
    ann = a_user(ANN)
    for email in (ann.email, ann.email.upper(), ann.email.lower()):
        assert await shelves.users.credentials(email) == Credentials(
            id=ANN,
            email=ann.email,
            email_verified=True,
            password_hash=ann.password_hash,
            status=ann.status,
            erase_after=ann.erase_after,
        )
        with pytest.raises(EmailTaken):
            async with shelves.work:
                await shelves.users.add(a_user(SOMEBODY, email=email))
    assert await shelves.users.credentials(f"x{ann.email}") is None
    known = await shelves.users.credentials_of(ANN)
    assert known == await shelves.users.credentials(ann.email)
    assert await shelves.users.credentials_of(SOMEBODY) is None


async def test_credentials_tell_whether_the_address_is_confirmed(shelves: Shelves) -> None:
    async with shelves.work:
        await shelves.users.add(a_user(SOMEBODY, email_verified_at=None))
    known = await shelves.users.credentials_of(SOMEBODY)
    assert known
    assert known.email_verified is False


async def test_who_is_to_be_erased_is_found_when_the_time_is_over(shelves: Shelves) -> None:
    """The others of this shelf are due a moment after noon."""
    early = NOON - HOUR
    async with shelves.work:
        await shelves.users.add(a_user(SOMEBODY, status=Status.DELETING, erase_after=early))

    async def due(at: datetime, limit: int = 9) -> list[MemberId]:
        async with shelves.work:
            return [*await shelves.users.to_erase(at=at, limit=limit)]

    assert await due(early - TICK) == []
    assert await due(early) == [SOMEBODY]
    assert await due(NOON + TICK, limit=1) == [SOMEBODY]
    assert {*await due(NOON + TICK)} == {SOMEBODY, ANN, BEA, EVE}


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


async def test_a_standing_comes_back_as_it_was_added(shelves: Shelves) -> None:
    async with shelves.work:
        await shelves.standings.add(a_standing())
    assert await kept(shelves.standings, ANN, by=shelves.work) == facts(a_standing())


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


async def test_who_saves_what_somebody_else_saved_meanwhile_is_refused(
    postgresql: str, keys: Path
) -> None:
    """Memory and SQLite have one writer at a time, so nobody comes in between."""
    async with Site(postgresql, keys) as site:
        shelves = await filled(Shelves, site)
        await open_accounts(shelves.users, shelves.work)

        async def rehash() -> None:
            async with shelves.work:
                user = await shelves.users.get(ANN)
                user.rehash("$scrypt$", at=NOON + HOUR)
                await shelves.users.save(user)

        with pytest.raises(ChangedMeanwhile):
            async with shelves.work:
                seen = await shelves.users.get(ANN)
                await elsewhere(rehash())
                seen.status = Status.ACTIVE
                await shelves.users.save(seen)
        user = await kept(shelves.users, ANN, by=shelves.work)
        assert (user["password_hash"], user["status"]) == ("$scrypt$", a_user().status)


async def write_to_a_profile(site: Site, *, patience: float) -> Waiting:
    """Lock it, while somebody else asks for the same lock."""
    shelves = await filled(Shelves, site)
    await open_accounts(shelves.users, shelves.work)
    async with shelves.work:
        await shelves.profiles.add(a_profile())

    async def save(profile: Profile) -> None:
        profile.change({"bio": "new"}, at=NOON)
        await shelves.profiles.save(profile)

    return await in_turn(shelves.work, lambda: shelves.profiles.lock(ANN), save, patience=patience)


async def test_who_locks_a_profile_waits_and_sees_what_became_of_it(site: Site) -> None:
    """Memory has one task at a time, which waits for nobody."""
    waiting = await write_to_a_profile(site, patience=LOCKED)
    assert waiting.waited
    assert waiting.found == facts(a_profile(bio="new", updated_at=NOON))


async def test_without_locks_nobody_waits_for_a_profile(postgresql: str, keys: Path) -> None:
    async with an_unguarded_site(postgresql, keys) as site:
        waiting = await write_to_a_profile(site, patience=UNLOCKED)
    assert not waiting.waited
    assert waiting.found == facts(a_profile())


async def test_who_looked_before_locking_sees_what_somebody_else_saved(
    postgresql: str, keys: Path
) -> None:
    async with Site(postgresql, keys) as site:
        shelves = await filled(Shelves, site)
        await open_accounts(shelves.users, shelves.work)
        async with shelves.work:
            await shelves.profiles.add(a_profile())

        async def write() -> None:
            async with shelves.work:
                profile = await shelves.profiles.lock(ANN)
                profile.change({"bio": "new"}, at=NOON)
                await shelves.profiles.save(profile)

        keeper: Any = shelves.profiles
        async with shelves.work:
            await keeper.get(ANN)
            await elsewhere(write())
            assert (await shelves.profiles.lock(ANN)).bio == "new"
