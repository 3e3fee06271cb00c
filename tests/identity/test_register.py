"""Opening an account: one answer for every address, and a name of one's own."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from httpx import Response
from sqlalchemy import select

from apps.identity.domain.profile import ProfileRepository
from apps.identity.domain.user import Credentials, UserRepository
from apps.identity.infrastructure.models import ProfileModel, UserModel
from apps.identity.infrastructure.repositories import SqlProfileRepository, SqlUserRepository
from apps.identity.infrastructure.standings import StandingModel
from tests.identity.stage import PASSWORD, Postbox, built, heard, login, post, register, told
from tests.support.labour import work_once
from tests.support.site import Site, elsewhere

Moment = tuple[Site, type[SqlUserRepository], type[SqlProfileRepository]]


async def accounts(site: Site) -> list[str]:
    return await site.ask(select(UserModel.email).order_by(UserModel.email))


async def names(site: Site) -> list[str]:
    return await site.ask(select(ProfileModel.nickname).order_by(ProfileModel.nickname))


async def test_a_visitor_becomes_a_member_in_one_step(stage: Site, postbox: Postbox) -> None:
    answer = await register(stage, "ann", locale="ko-KR")
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    assert await accounts(stage) == ["ann@kcs.test"]
    assert await stage.ask(select(ProfileModel.locale)) == ["ko-KR"]
    assert await stage.ask(select(StandingModel.trust_level)) == [0]
    assert postbox.mails == []
    await work_once(stage)
    assert postbox.subjects("ann@kcs.test") == ["Confirm your address"]


async def test_attack_40_a_taken_address_gets_the_same_answer_and_one_mail(
    stage: Site, postbox: Postbox
) -> None:
    first = await register(stage, "ann")
    again = await register(stage, "bea", email="ann@kcs.test", password="another password")
    assert heard(again) == heard(first)
    await work_once(stage)
    subjects = sorted(postbox.subjects("ann@kcs.test"))
    assert subjects == ["Confirm your address", "You already have an account"]
    assert len(postbox.mails) == 2
    assert (await accounts(stage), await names(stage)) == (["ann@kcs.test"], ["ann"])
    assert (await login(stage, "ann")).status_code == 200
    assert (await login(stage, "ann", password="another password")).status_code == 401


@pytest.mark.parametrize("address", ["ANN@kcs.test", "ann@KCS.TEST"])
async def test_attack_40_an_address_is_taken_in_any_case(stage: Site, address: str) -> None:
    await register(stage, "ann")
    assert told(await register(stage, "bea", email=address)) == (202, None)
    assert await accounts(stage) == ["ann@kcs.test"]


async def test_nobody_passes_for_somebody_else_by_signs_that_show_nothing(stage: Site) -> None:
    assert (await register(stage, "ann")).status_code == 202
    for number, twin in enumerate(("a\u200bnn", "ann\u3164", "an\u200dn\ufe0f", "ANN\u2060")):
        answer = await register(stage, twin, email=f"{number}@kcs.test")
        assert told(answer) == (409, "nickname-taken"), ascii(twin)


@pytest.mark.parametrize("twin", ["ann", "ANN", "\uff41nn", "\u24d0nn"], ids=ascii)
async def test_a_taken_nickname_is_told_before_the_address_is_looked_at(
    stage: Site, postbox: Postbox, twin: str
) -> None:
    await register(stage, "ann")
    free = await register(stage, twin, email="bea@kcs.test")
    taken = await register(stage, twin, email="ann@kcs.test")
    assert told(free) == told(taken) == (409, "nickname-taken")
    assert heard(free) == heard(taken)
    await work_once(stage)
    assert len(postbox.mails) == 1
    assert await accounts(stage) == ["ann@kcs.test"]


async def test_a_weak_password_is_refused_before_anything_is_looked_at(stage: Site) -> None:
    await register(stage, "ann")
    accounts: list[dict[str, str]] = [{}, {"nickname": "bea"}, {"email": "bea@kcs.test"}]
    for account in accounts:
        refused = await register(stage, "ann", password="123456789", **account)
        assert told(refused) == (422, "weak-password")


async def test_a_refused_registration_leaves_nothing_behind(stage: Site) -> None:
    await register(stage, "ann")
    await register(stage, "ANN", email="bea@kcs.test")
    assert told(await register(stage, "bea")) == (202, None)


def one_account(answers: Sequence[Response], accounts: list[str]) -> None:
    """Whoever was first won; nobody learned of a fault of ours."""
    codes = [told(answer) for answer in answers]
    assert codes.count((202, None)) >= 1, codes
    assert set(codes) <= {(202, None), (409, "nickname-taken")}, codes
    assert len(accounts) == 1, accounts


class Meeting:
    """Lets nobody go on before this many have come."""

    def __init__(self) -> None:
        self.expected, self.come, self.complete = 1, 0, asyncio.Event()

    async def __call__(self) -> None:
        self.come += 1
        if self.come >= self.expected:
            self.complete.set()
        await self.complete.wait()


class Hasty(SqlProfileRepository):
    """On PostgreSQL, all have looked for the nickname before anybody takes it."""

    meeting = Meeting()

    async def is_taken(self, nickname: str) -> bool:
        taken = await super().is_taken(nickname)
        await self.meeting()
        return taken


class Blind(SqlProfileRepository):
    """Never looks."""

    async def is_taken(self, nickname: str) -> bool:
        del nickname
        return False


class BlindToAddresses(SqlUserRepository):
    """Nor does this one."""

    async def credentials(self, email: str) -> Credentials | None:
        del email
        return None


SAME = {
    "address": [{"email": "ann@kcs.test"}] * 6,
    "nickname": [{"nickname": "ann", "email": f"{n}@kcs.test"} for n in range(6)],
    "both": [{"nickname": "ann", "email": "ann@kcs.test"}] * 6,
}


async def at_once(site: Site, what: str) -> list[Response]:
    forms = [
        elsewhere(register(site, f"ann{number}", **account))
        for number, account in enumerate(SAME[what])
    ]
    return [await form for form in forms]


@pytest.mark.parametrize("what", SAME)
async def test_of_many_registrations_at_the_same_moment_one_opens_the_account(
    url: str, keys: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = Meeting()
    monkeypatch.setattr(Hasty, "meeting", meeting)
    async with Site(url, keys, built(ProfileRepository, Hasty)) as site:
        if await site.dialect() == "postgresql":
            meeting.expected = len(SAME[what])
        answers = await at_once(site, what)
        one_account(answers, await accounts(site))
        assert meeting.come == len(SAME[what])


@pytest.mark.parametrize("what", SAME)
async def test_without_checks_and_indexes_there_would_be_many(
    url: str, keys: Path, what: str
) -> None:
    blind = [built(ProfileRepository, Blind), built(UserRepository, BlindToAddresses)]
    async with Site(url, keys, *blind) as site:
        for index in ("uq_users_email_key", "uq_profiles_nickname_key"):
            await site.run(f"DROP INDEX {index}")
        answers = await at_once(site, what)
        with pytest.raises(AssertionError):
            one_account(answers, await accounts(site))


async def test_the_index_alone_keeps_an_address_single(url: str, keys: Path) -> None:
    blind = [built(ProfileRepository, Blind), built(UserRepository, BlindToAddresses)]
    async with Site(url, keys, *blind) as site:
        assert told(await register(site, "ann")) == (202, None)
        assert told(await register(site, "bea", email="ANN@kcs.test")) == (202, None)
        assert told(await register(site, "\uff21nn", email="c@kcs.test")) == (
            *(409, "nickname-taken"),
        )
        assert await accounts(site) == ["ann@kcs.test"]


async def test_the_answer_to_a_registration_is_not_to_be_cached(stage: Site) -> None:
    answer = await post(
        stage,
        "/auth/register",
        {"email": "a@kcs.test", "password": PASSWORD, "nickname": "ann", "locale": None},
    )
    assert answer.headers["Cache-Control"] == "no-store"
