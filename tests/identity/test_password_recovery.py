"""Setting a password that was forgotten, by the token that was mailed."""

import logging
from datetime import timedelta

import pytest
from sqlalchemy import update

from apps.identity.domain.one_time_token import LIFETIME, Purpose
from apps.identity.infrastructure.standings import StandingModel
from tests.identity.letters import NEW_PASSWORD, Mails, a_member, ask, use, works
from tests.identity.phones import a_phone
from tests.identity.stage import Postbox, dump, heard, login, register, told
from tests.support.accounts import TICK
from tests.support.builders import FixedClock
from tests.support.levels import level_of
from tests.support.site import Member, Site, elsewhere

ANN = "ann@kcs.test"
FORGOT = "password/forgot"
WEAK = "123456789"


@pytest.fixture
def mails(stage: Site, postbox: Postbox) -> Mails:
    return Mails(stage, postbox)


@pytest.fixture
async def ann(stage: Site, mails: Mails) -> Member:
    """Registered; her first letter is thrown away."""
    ann = await a_member(stage, "ann")
    await mails.of(ANN)
    return ann


async def forgot(mails: Mails, email: str = ANN) -> str:
    answer = await ask(mails.site, FORGOT, email)
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    return await mails.token(ANN, "reset")


async def test_attack_42_a_reset_sets_the_password_and_signs_everybody_out(
    ann: Member, mails: Mails
) -> None:
    site = ann.site
    phones = [await a_phone(site, ann.id) for _ in range(3)]
    other = await a_phone(site, (await site.join("bea")).id)
    token = await forgot(mails)
    assert await works(site, "reset", token)
    assert told(await login(site, "ann")) == (401, "invalid-credentials")
    assert told(await ann.get("/me")) == (401, "invalid-token")
    for phone in phones:
        assert await phone.is_dead()
    assert (await other.look()).status_code == 200
    again = await login(site, "ann", password=NEW_PASSWORD)
    assert again.status_code == 200
    assert await mails.none()


async def test_attack_41_a_token_serves_once_for_half_an_hour_and_for_nothing_else(
    ann: Member, mails: Mails, clock: FixedClock
) -> None:
    site, token = ann.site, await forgot(mails)
    for other in ("verify", "confirm", "undo"):
        assert not await works(site, other, token)
    clock.at += timedelta(minutes=30)
    assert not await works(site, "reset", token)
    clock.at -= TICK
    assert await works(site, "reset", token)
    assert not await works(site, "reset", token)
    assert LIFETIME[Purpose.RESET_PASSWORD] == timedelta(minutes=30)


async def test_attack_41_a_new_request_ends_the_tokens_before(ann: Member, mails: Mails) -> None:
    site, first, second = ann.site, await forgot(mails), await forgot(mails, "ANN@KCS.test")
    assert not await works(site, "reset", first)
    assert (await login(site, "ann")).status_code == 200
    assert await works(site, "reset", second)


async def test_of_many_who_use_a_token_at_once_one_sets_the_password(
    ann: Member, mails: Mails
) -> None:
    token = await forgot(mails)
    passwords = [f"{NEW_PASSWORD} {number}" for number in range(8)]
    tries = [elsewhere(use(ann.site, "reset", token, new_password=each)) for each in passwords]
    answers = [told(await each) for each in tries]
    assert sorted(answers, key=str) == [(204, None)] + [(400, "invalid-or-expired-token")] * 7
    right = [(await login(ann.site, "ann", password=each)).status_code for each in passwords]
    assert [status == 200 for status in right] == [answer == (204, None) for answer in answers]


async def test_a_weak_password_is_refused_and_the_token_goes_on_to_serve(
    ann: Member, mails: Mails
) -> None:
    token = await forgot(mails)
    assert told(await use(ann.site, "reset", token, new_password=WEAK)) == (422, "weak-password")
    assert told(await use(ann.site, "reset", "x", new_password=WEAK)) == (422, "weak-password")
    assert (await ann.get("/me")).status_code == 200
    assert await works(ann.site, "reset", token)


async def test_attack_35_nobody_learns_by_asking_whether_an_address_has_an_account(
    ann: Member, mails: Mails
) -> None:
    known, unknown = await ask(ann.site, FORGOT, ANN), await ask(ann.site, FORGOT, "eve@kcs.test")
    assert heard(known) == heard(unknown)
    assert [mail.to for mail in await mails.of(ANN)] == [ANN]


@pytest.mark.parametrize("twin", ["\u212aim@kcs.test", "KIM@kcs.test", "kim@\u212aCS.test"])
async def test_a_letter_goes_to_the_address_as_its_account_has_it(
    stage: Site, mails: Mails, twin: str
) -> None:
    """The sign of the Kelvin folds to `k`; that mailbox may be somebody else's."""
    await register(stage, "kim")
    await mails.of("kim@kcs.test")
    await ask(stage, FORGOT, twin)
    await ask(stage, "email/resend", twin)
    await register(stage, "eve", email=twin)
    assert [mail.to for mail in await mails.of("kim@kcs.test")] == ["kim@kcs.test"] * 3


async def test_a_reset_confirms_the_address_and_the_trust_level_follows(
    ann: Member, mails: Mails
) -> None:
    row = update(StandingModel).where(StandingModel.id == ann.id)
    await ann.site.change(row.values(completed_trades=1, credited_trades=1))
    assert await works(ann.site, "reset", await forgot(mails))
    ann = await a_member(ann.site, "ann", NEW_PASSWORD)
    assert (await ann.get("/me")).json()["email_verified"]
    assert await level_of(ann) == 1


async def test_a_token_of_another_address_does_not_serve(ann: Member, mails: Mails) -> None:
    token = await forgot(mails)
    await ann.site.run("UPDATE users SET email = 'a@kcs.test', email_key = 'a@kcs.test'")
    assert not await works(ann.site, "reset", token)
    assert (await login(ann.site, "a")).status_code == 200


async def test_tokens_are_neither_in_the_database_nor_in_logs(
    ann: Member, mails: Mails, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    tokens = [await forgot(mails)]
    await ask(ann.site, "email/resend", ANN)
    tokens.append(await mails.token(ANN, "verify"))
    assert await works(ann.site, "verify", tokens[1])
    for token in tokens:
        assert token not in await dump(ann.site)
        assert token not in caplog.text
    assert "ann@kcs" not in caplog.text


async def test_the_addresses_of_strangers_are_forgotten_with_their_jobs(
    ann: Member, mails: Mails
) -> None:
    for what in (FORGOT, "email/resend"):
        await ask(ann.site, what, "stranger@kcs.test")
    assert "stranger@kcs.test" in await dump(ann.site)
    assert await mails.none()
    assert "stranger@kcs.test" not in await dump(ann.site)
