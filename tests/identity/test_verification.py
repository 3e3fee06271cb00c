"""Confirming an address, by the token that was mailed to it."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from apps.identity.domain.one_time_token import LIFETIME, Purpose
from apps.identity.infrastructure.models import UserModel
from apps.identity.infrastructure.standings import StandingModel
from tests.identity.letters import Mails, a_member, ask, use, works
from tests.identity.stage import Postbox, heard, post, register, told
from tests.support.accounts import TICK
from tests.support.builders import FixedClock
from tests.support.levels import confirm_address, level_of
from tests.support.site import Member, Site

ANN = "ann@kcs.test"
DAY = timedelta(days=1)
RESEND = "email/resend"


@pytest.fixture
def mails(stage: Site, postbox: Postbox) -> Mails:
    return Mails(stage, postbox)


async def is_verified(member: Member) -> bool:
    shown: bool = (await member.get("/me")).json()["email_verified"]
    return shown


async def test_a_new_member_confirms_the_address(stage: Site, mails: Mails) -> None:
    ann = await a_member(stage, "ann")
    token = await mails.token(ANN, "verify")
    assert not await is_verified(ann)
    assert await works(stage, "verify", token)
    assert await is_verified(ann)
    assert not await works(stage, "verify", token)
    assert await mails.none()


async def test_the_letter_is_sent_again_and_the_one_before_serves_no_longer(
    stage: Site, mails: Mails
) -> None:
    ann = await a_member(stage, "ann")
    first = await mails.token(ANN, "verify")
    answer = await ask(stage, RESEND, "ANN@KCS.test")
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    assert answer.headers["Cache-Control"] == "no-store"
    second = await mails.token(ANN, "verify")
    assert not await works(stage, "verify", first)
    assert not await is_verified(ann)
    assert await works(stage, "verify", second)


async def test_attack_35_nobody_learns_by_asking_whether_an_address_has_an_account(
    stage: Site, mails: Mails
) -> None:
    await a_member(stage, "ann")
    verified = await a_member(stage, "bea")
    letters = await mails.of(ANN, "bea@kcs.test")
    assert len(letters) == 2
    await confirm_address(verified)
    answers = [await ask(stage, RESEND, f"{who}@kcs.test") for who in ("ann", "bea", "eve")]
    assert heard(answers[0]) == heard(answers[1]) == heard(answers[2])
    assert [mail.to for mail in await mails.of(ANN)] == [ANN]


@pytest.mark.parametrize("status", ["suspended", "deleted"])
async def test_who_has_left_is_not_written_to(stage: Site, mails: Mails, status: str) -> None:
    await a_member(stage, "ann")
    token = await mails.token(ANN, "verify")
    await stage.run("UPDATE users SET status = :status", status=status)
    await ask(stage, RESEND, ANN)
    await ask(stage, "password/forgot", ANN)
    assert await mails.none()
    assert await works(stage, "verify", token) is (status == "suspended")


async def test_a_token_serves_for_a_day(stage: Site, mails: Mails, clock: FixedClock) -> None:
    await a_member(stage, "ann")
    token = await mails.token(ANN, "verify")
    clock.at += DAY
    assert not await works(stage, "verify", token)
    clock.at -= TICK
    assert await works(stage, "verify", token)
    assert LIFETIME[Purpose.VERIFY_EMAIL] == DAY


async def test_a_token_serves_no_other_purpose(stage: Site, mails: Mails) -> None:
    await a_member(stage, "ann")
    token = await mails.token(ANN, "verify")
    for other in ("confirm", "undo", "reset"):
        assert not await works(stage, other, token)
    for odd in ("", token.upper(), f"{token} ", f"{token}=", token[:-1], "\u0000", "x" * 4_096):
        assert not await works(stage, "verify", odd)
    assert await works(stage, "verify", token)


async def test_a_token_is_of_the_address_that_it_was_mailed_to(stage: Site, mails: Mails) -> None:
    ann = await a_member(stage, "ann")
    token = await mails.token(ANN, "verify")
    await stage.run("UPDATE users SET email = 'a@kcs.test', email_key = 'a@kcs.test'")
    assert not await works(stage, "verify", token)
    assert not await is_verified(ann)
    await stage.run("UPDATE users SET email = 'ANN@kcs.test', email_key = 'ann@kcs.test'")
    assert await works(stage, "verify", token)


async def test_the_trust_level_follows_at_once(stage: Site, mails: Mails) -> None:
    ann, bea = await a_member(stage, "ann"), await a_member(stage, "bea")
    row = update(StandingModel).where(StandingModel.id == ann.id)
    await stage.change(row.values(completed_trades=1, credited_trades=1))
    tokens = {mail.to: mail for mail in await mails.of(ANN, "bea@kcs.test")}
    assert [await level_of(each) for each in (ann, bea)] == [0, 0]
    for mail in tokens.values():
        assert await works(stage, "verify", mail.text.split("#token=")[1].split()[0])
    assert [await level_of(each) for each in (ann, bea)] == [1, 0]


async def test_the_first_time_counts(stage: Site, mails: Mails, clock: FixedClock) -> None:
    await a_member(stage, "ann")
    token = await mails.token(ANN, "verify")
    await stage.run("UPDATE users SET email_verified_at = created_at")
    clock.at += timedelta(hours=1)
    assert await works(stage, "verify", token)
    verified = await stage.ask(select(UserModel.email_verified_at))
    assert verified == await stage.ask(select(UserModel.created_at))


async def test_what_is_no_token_is_told_apart_from_what_does_not_serve(stage: Site) -> None:
    odd: tuple[object, ...] = (None, 1, [], "x" * 4_097)
    for token in odd:
        answer = await post(stage, "/auth/email/verify", {"token": token})
        assert told(answer) == (422, "validation-failed")
    assert told(await use(stage, "verify", "x")) == (400, "invalid-or-expired-token")


async def test_a_letter_to_an_address_holds_nothing_that_somebody_wrote(
    stage: Site, mails: Mails
) -> None:
    await register(stage, "https://evil.example", email=ANN)
    await register(stage, "https://bad.example", email=ANN)
    letters = await mails.of(ANN)
    assert len(letters) == 2
    assert not [mail for mail in letters if ".example" in mail.text + mail.subject]
