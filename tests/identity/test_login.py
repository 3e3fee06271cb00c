"""Signing in: what is answered, what it costs, and how many devices one may have."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from apps.identity.application.ports import Passwords
from apps.identity.application.throttles import Attempts
from apps.identity.domain.session import SessionRepository
from apps.identity.infrastructure.models import RefreshSessionModel, UserModel
from apps.identity.infrastructure.repositories import SqlSessionRepository
from apps.shared.domain.ids import MemberId
from tests.identity.phones import a_phone
from tests.identity.stage import (
    PlainPasswords,
    Unlimited,
    built,
    heard,
    login,
    post,
    register,
    serving,
    told,
)
from tests.support.builders import FixedClock
from tests.support.site import API, Site, elsewhere

DAY = timedelta(days=1)


@pytest.fixture
async def ann(site: Site) -> Site:
    """The application, under real hashing, with one account."""
    assert told(await register(site, "ann")) == (202, None)
    return site


async def live(site: Site) -> list[RefreshSessionModel]:
    """The sessions that were not ended, oldest first."""
    row = RefreshSessionModel
    return await site.ask(select(row).where(row.revoked_at.is_(None)).order_by(row.created_at))


async def test_tokens_come_with_all_that_a_client_needs(stage: Site) -> None:
    await register(stage, "ann")
    answer = await login(stage, "ann", device_name="Ann's phone")
    tokens = answer.json()
    assert answer.status_code == 200
    assert tokens.keys() == {
        "access_token",
        "token_type",
        "expires_in",
        "session_id",
        "refresh_token",
        "refresh_expires_in",
    }
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 600)
    assert tokens["refresh_expires_in"] == 14 * 86400
    assert answer.headers["Cache-Control"] == "no-store"
    session = (await live(stage))[0]
    assert str(session.id) == tokens["session_id"]
    assert (session.device_name, session.ip_trunc) == ("Ann's phone", "127.0.0.0/24")


async def test_the_device_is_described_by_what_it_sends(stage: Site) -> None:
    await register(stage, "ann")
    known = {"email": "ann@kcs.test", "password": "correct horse battery"}
    await post(stage, "/auth/login", known, **{"User-Agent": "Phone\t1.0 " + "x" * 400})
    session = (await live(stage))[0]
    assert session.user_agent is not None
    assert (session.user_agent[:9], len(session.user_agent)) == ("Phone1.0 ", 255)
    assert session.device_name is None


async def test_a_member_may_sign_in_by_any_spelling_of_the_address(ann: Site) -> None:
    assert (await login(ann, "ann", email="ANN@KCS.test")).status_code == 200


async def test_a_password_is_the_same_however_its_accents_are_typed(site: Site) -> None:
    typed, composed = "e\u0301te\u0301 a\u0300 Paris", "\u00e9t\u00e9 \u00e0 Paris"
    for nickname, password in (("ann", typed), ("bea", composed)):
        await register(site, nickname, password=password)
        for spelling in (typed, composed):
            assert (await login(site, nickname, password=spelling)).status_code == 200


@pytest.mark.parametrize("password", ["Correct horse battery", "correct horse battery ", ""])
async def test_a_password_is_not_the_same_in_another_case_or_with_a_space(
    ann: Site, password: str
) -> None:
    assert told(await login(ann, "ann", password=password)) == (401, "invalid-credentials")


async def test_attack_38_a_twin_in_the_first_73_bytes_does_not_match(site: Site) -> None:
    await register(site, "ann", password="a" * 73 + "b" * 20)
    for twin in ("a" * 73, "a" * 73 + "c" * 20, "a" * 73 + "b" * 19):
        assert told(await login(site, "ann", password=twin)) == (401, "invalid-credentials")
    assert (await login(site, "ann", password="a" * 73 + "b" * 20)).status_code == 200


async def test_attack_38_128_emoji_open_the_account_and_one_more_never_does(site: Site) -> None:
    emoji = "\U0001f996"
    assert told(await register(site, "ann", password=emoji * 129)) == (422, "weak-password")
    assert told(await register(site, "ann", password=emoji * 128)) == (202, None)
    assert (await login(site, "ann", password=emoji * 128)).status_code == 200
    assert told(await login(site, "ann", password=emoji * 129)) == (401, "invalid-credentials")


class Hashing:
    """Notes under which parameters each verification ran."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.runs: list[str] = []
        verify = PasswordHasher.verify

        def noted(hasher: PasswordHasher, hash: str, password: str) -> bool:
            self.runs.append(hash.rpartition("$")[0].rpartition("$")[0])
            return bool(verify(hasher, hash, password))

        monkeypatch.setattr(PasswordHasher, "verify", noted)


async def test_attack_35_an_unknown_address_is_answered_alike_after_the_same_work(
    ann: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashing = Hashing(monkeypatch)
    wrong = await login(ann, "ann", password="wrong password")
    unknown = await login(ann, "eve", password="wrong password")
    assert heard(wrong) == heard(unknown)
    assert told(wrong) == (401, "invalid-credentials")
    assert hashing.runs == ["$argon2id$v=19$m=19456,t=2,p=1"] * 2


async def test_attack_35_that_it_is_suspended_hears_who_knows_the_password(
    ann: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ann.run("UPDATE users SET status = 'suspended'")
    hashing = Hashing(monkeypatch)
    assert told(await login(ann, "ann")) == (403, "account-suspended")
    wrong = await login(ann, "ann", password="wrong password")
    unknown = await login(ann, "eve", password="wrong password")
    assert heard(wrong) == heard(unknown)
    assert len(hashing.runs) == 3
    assert await live(ann) == []


async def test_a_hash_under_weaker_parameters_is_renewed_at_the_next_sign_in(ann: Site) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1)
    await ann.run("UPDATE users SET password_hash = :old", old=old.hash("correct horse battery"))
    for attempt in ({"password": "wrong password"}, {}):
        await login(ann, "ann", **attempt)
    kept = (await ann.ask(select(UserModel.password_hash)))[0]
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (await login(ann, "ann")).status_code == 200
    assert await ann.ask(select(UserModel.password_hash)) == [kept]


@pytest.mark.parametrize("hash", ["!", "", "plain", "$2b$12$abc"])
async def test_attack_35_an_account_without_a_password_is_no_fault_and_costs_the_same(
    ann: Site, hash: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ann.run("UPDATE users SET password_hash = :hash", hash=hash)
    hashing = Hashing(monkeypatch)
    assert heard(await login(ann, "ann")) == heard(await login(ann, "eve"))
    assert {"$argon2id$v=19$m=19456,t=2,p=1"} == {*hashing.runs[-2:]}


async def test_a_damaged_hash_is_a_wrong_password_not_a_fault(ann: Site) -> None:
    await ann.run("UPDATE users SET password_hash = '$argon2id$v=19$m=1'")
    assert told(await login(ann, "ann")) == (401, "invalid-credentials")


async def test_tokens_travel_in_a_body_or_a_cookie(stage: Site) -> None:
    await register(stage, "ann")
    assert told(await login(stage, "ann", delivery="header")) == (422, "validation-failed")
    assert (await login(stage, "ann", delivery="body")).status_code == 200
    assert len(await live(stage)) == 1


# At most twenty devices


async def test_the_twenty_first_device_signs_the_oldest_one_out(
    stage: Site, clock: FixedClock
) -> None:
    await register(stage, "ann")
    first = (await login(stage, "ann")).json()
    bearer = {"Authorization": f"Bearer {first['access_token']}"}
    for _ in range(19):
        await login(stage, "ann")
    assert (await stage.client.get(f"{API}/me", headers=bearer)).status_code == 200
    clock.at += timedelta(seconds=1)
    await login(stage, "ann")
    assert (await stage.client.get(f"{API}/me", headers=bearer)).status_code == 401
    sessions = await live(stage)
    assert len(sessions) == 20
    assert str(sessions[0].id) != first["session_id"]
    assert await stage.ask(
        select(RefreshSessionModel.revoke_reason).where(RefreshSessionModel.revoked_at.is_not(None))
    ) == ["too_many"]


async def test_other_members_devices_are_not_counted(stage: Site) -> None:
    bea = await a_phone(stage, (await stage.join("bea")).id)
    await register(stage, "ann")
    for _ in range(22):
        await login(stage, "ann")
    assert (await bea.look()).status_code == 200


async def test_a_device_that_has_expired_takes_no_place(stage: Site, clock: FixedClock) -> None:
    await register(stage, "ann")
    kept = (await login(stage, "ann")).json()["refresh_token"]
    clock.at += timedelta(hours=1)
    for _ in range(19):
        await login(stage, "ann")
    clock.at += 14 * DAY - timedelta(hours=2)
    answer = await post(stage, "/auth/refresh", {"refresh_token": kept})
    clock.at += timedelta(hours=2)
    await login(stage, "ann")
    answer = await post(stage, "/auth/refresh", {"refresh_token": answer.json()["refresh_token"]})
    assert answer.status_code == 200


QUICK = (serving(Passwords, PlainPasswords()), serving(Attempts, Unlimited()))


def no_more_than_twenty(sessions: Sequence[object]) -> None:
    assert len(sessions) == 20


async def crowd(site: Site) -> list[RefreshSessionModel]:
    await register(site, "ann")
    for _ in range(19):
        assert (await login(site, "ann")).status_code == 200
    for answer in [elsewhere(login(site, "ann")) for _ in range(30)]:
        assert (await answer).status_code == 200
    return await live(site)


async def test_there_are_no_more_when_many_sign_in_at_the_same_moment(url: str, keys: Path) -> None:
    async with Site(url, keys, *QUICK, max_concurrency=100) as site:
        no_more_than_twenty(await crowd(site))


class Hospitable(SqlSessionRepository):
    """Shows nobody the door."""

    async def revoke_oldest(self, user_id: MemberId, **_: object) -> None:
        del user_id


async def test_without_counting_there_are_more(url: str, keys: Path) -> None:
    hospitable = built(SessionRepository, Hospitable)
    async with Site(url, keys, *QUICK, hospitable, max_concurrency=100) as site:
        sessions = await crowd(site)
        with pytest.raises(AssertionError):
            no_more_than_twenty(sessions)


async def test_a_failed_login_says_which_kind_of_authentication_is_wanted(stage: Site) -> None:
    refused = await stage.client.post(f"{API}/auth/login", json={"email": "a@b.c", "password": "x"})
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
