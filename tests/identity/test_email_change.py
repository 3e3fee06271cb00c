"""Moving to another address, which both of them hear of, and going back."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from apps.identity.domain.one_time_token import LIFETIME, Purpose
from apps.identity.infrastructure.models import UserModel
from apps.identity.infrastructure.standings import StandingModel
from tests.identity.letters import NEW_PASSWORD, Mails, a_member, ask, token_in, use, works
from tests.identity.phones import a_phone
from tests.identity.stage import PASSWORD, Postbox, heard, login, register, told
from tests.support.accounts import TICK
from tests.support.builders import FixedClock
from tests.support.levels import level_of
from tests.support.site import Member, Site

OLD, NEW = "ann@kcs.test", "new@kcs.test"
WEEK = timedelta(days=7)


@pytest.fixture
def mails(stage: Site, postbox: Postbox) -> Mails:
    return Mails(stage, postbox)


@pytest.fixture
async def ann(stage: Site, mails: Mails) -> Member:
    """Registered; her first letter is thrown away."""
    ann = await a_member(stage, "ann")
    await mails.of(OLD)
    return ann


async def want(member: Member, email: str = NEW) -> None:
    answer = await member.post("/auth/email/change", {"new_email": email})
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    assert answer.headers["Cache-Control"] == "no-store"


async def move(member: Member, mails: Mails, *, to: str = NEW, old: str = OLD) -> str:
    """Change the address; return the token by which that is undone."""
    await want(member, to)
    assert await works(member.site, "confirm", await mails.token(to, "confirm"))
    return await mails.token(old, "undo")


async def address(member: Member) -> tuple[str, bool]:
    me = (await member.get("/me")).json()
    return me["email"], me["email_verified"]


async def test_an_address_is_changed_once_the_new_one_is_confirmed(
    ann: Member, mails: Mails
) -> None:
    await want(ann)
    token = await mails.token(NEW, "confirm")
    assert await address(ann) == (OLD, False)
    assert await works(ann.site, "confirm", token)
    assert await address(ann) == (NEW, True)
    await mails.token(OLD, "undo")
    assert (await login(ann.site, "ann", email=NEW)).status_code == 200
    assert told(await login(ann.site, "ann")) == (401, "invalid-credentials")
    assert not await works(ann.site, "confirm", token)


async def test_the_trust_level_follows_at_once(ann: Member, mails: Mails) -> None:
    row = update(StandingModel).where(StandingModel.id == ann.id)
    await ann.site.change(row.values(completed_trades=1, credited_trades=1))
    await move(ann, mails)
    assert await level_of(ann) == 1


async def test_a_confirmation_serves_a_day_once_and_for_the_newest_request(
    ann: Member, mails: Mails, clock: FixedClock
) -> None:
    await want(ann)
    first = await mails.token(NEW, "confirm")
    await want(ann, "newer@kcs.test")
    second = await mails.token("newer@kcs.test", "confirm")
    assert not await works(ann.site, "confirm", first)
    for other in ("verify", "undo", "reset"):
        assert not await works(ann.site, other, second)
    clock.at += LIFETIME[Purpose.CHANGE_EMAIL]
    assert not await works(ann.site, "confirm", second)
    clock.at -= TICK
    assert await works(ann.site, "confirm", second)
    assert LIFETIME[Purpose.CHANGE_EMAIL] == timedelta(days=1)


async def test_a_taken_address_is_answered_alike_and_its_owner_hears_of_it(
    ann: Member, mails: Mails
) -> None:
    await register(ann.site, "bea")
    await mails.of("bea@kcs.test")
    answers = [
        await ann.post("/auth/email/change", {"new_email": email})
        for email in ("BEA@kcs.test", "free@kcs.test")
    ]
    assert heard(answers[0]) == heard(answers[1])
    taken, free = sorted(await mails.of("bea@kcs.test", "free@kcs.test"), key=lambda mail: mail.to)
    assert (taken.subject, free.subject) == (
        "You already have an account",
        "Confirm your new address",
    )
    assert "#token" not in taken.text


async def test_an_address_that_was_taken_meanwhile_is_not_taken_over(
    ann: Member, mails: Mails
) -> None:
    await want(ann)
    token = await mails.token(NEW, "confirm")
    await register(ann.site, "bea", email=NEW)
    assert not await works(ann.site, "confirm", token)
    assert (await address(ann))[0] == OLD


async def test_the_change_is_undone_from_the_old_address(ann: Member, mails: Mails) -> None:
    phone = await a_phone(ann.site, ann.id)
    undo = await move(ann, mails)
    assert await works(ann.site, "undo", undo)
    assert told(await ann.get("/me")) == (401, "invalid-token")
    assert await phone.is_dead()
    for email in (OLD, NEW):
        assert told(await login(ann.site, "ann", email=email)) == (401, "invalid-credentials")
    assert await works(ann.site, "reset", await mails.token(OLD, "reset"))
    ann = await a_member(ann.site, "ann", NEW_PASSWORD)
    assert await address(ann) == (OLD, True)
    assert not await works(ann.site, "undo", undo)


async def test_a_change_can_be_undone_for_a_week(
    ann: Member, mails: Mails, clock: FixedClock
) -> None:
    undo = await move(ann, mails)
    for other in ("verify", "confirm", "reset"):
        assert not await works(ann.site, other, undo)
    clock.at += WEEK
    assert not await works(ann.site, "undo", undo)
    clock.at -= TICK
    assert await works(ann.site, "undo", undo)


async def test_who_moves_on_takes_the_way_back_from_nobody(ann: Member, mails: Mails) -> None:
    """A thief moves the account twice; the owner goes back, and the thief cannot do so too."""
    owners = await move(ann, mails)
    thiefs = await move(ann, mails, to="newer@kcs.test", old=NEW)
    await want(ann, "newest@kcs.test")
    pending = await mails.token("newest@kcs.test", "confirm")
    await ask(ann.site, "password/forgot", "newer@kcs.test")
    reset = await mails.token("newer@kcs.test", "reset")
    assert await works(ann.site, "undo", owners)
    for what, token in (("undo", thiefs), ("confirm", pending), ("reset", reset)):
        assert not await works(ann.site, what, token)
    assert await ann.site.ask(select(UserModel.email)) == [OLD]


async def test_a_letter_that_waits_brings_no_way_back_that_is_closed(
    ann: Member, mails: Mails
) -> None:
    """Or a thief, whose mail server takes it later, would move the account once more."""
    owners = await move(ann, mails)
    await want(ann, "newer@kcs.test")
    assert await works(ann.site, "confirm", await mails.token("newer@kcs.test", "confirm"))
    assert await works(ann.site, "undo", owners)
    (letter,) = await mails.of(OLD)
    assert token_in(letter, "reset")
    assert await mails.none()


async def test_nobody_else_gets_the_old_address_while_the_way_back_is_open(
    ann: Member, mails: Mails, clock: FixedClock
) -> None:
    await want(ann)
    assert await works(ann.site, "confirm", await mails.token(NEW, "confirm"))
    first = await register(ann.site, "eve", email="ANN@kcs.test")  # before any letter is sent
    letters = await mails.of(OLD, "ANN@kcs.test")
    assert {mail.subject for mail in letters} == {
        "You already have an account",
        "Your address was changed",
    }
    bea = await a_member(ann.site, "bea")
    await mails.of("bea@kcs.test")
    await want(bea, OLD)
    assert await mails.none()
    assert (first.status_code, await emails(ann.site)) == (202, [NEW, "bea@kcs.test"])
    clock.at += WEEK
    assert told(await register(ann.site, "eve", email=OLD)) == (202, None)
    assert await emails(ann.site) == [NEW, "bea@kcs.test", OLD]


async def emails(site: Site) -> list[str]:
    return await site.ask(select(UserModel.email).order_by(UserModel.id))


async def test_a_member_goes_back_to_an_address_by_changing_it_again(
    ann: Member, mails: Mails
) -> None:
    await move(ann, mails)
    await move(ann, mails, to=OLD, old=NEW)
    assert await address(ann) == (OLD, True)


async def test_a_change_to_a_claimed_address_is_refused_at_its_end_too(
    ann: Member, mails: Mails
) -> None:
    """Somebody asked for an address before its owner came to it and left it again."""
    bea = await a_member(ann.site, "bea")
    await mails.of("bea@kcs.test")
    await want(bea, "both@kcs.test")
    token = await mails.token("both@kcs.test", "confirm")
    await move(ann, mails, to="both@kcs.test")
    await move(ann, mails, to=NEW, old="both@kcs.test")
    assert not await works(ann.site, "confirm", token)


async def test_a_request_is_void_once_its_session_has_ended(ann: Member, mails: Mails) -> None:
    """A letter that could not be sent must not go out behind the reset that threw a thief out."""
    await want(ann)
    assert (await ann.post("/auth/logout-all")).status_code == 204
    assert await mails.none()
    again = await a_member(ann.site, "ann")
    await want(again)
    await mails.token(NEW, "confirm")


async def test_visitors_and_tired_sessions_change_no_address(
    ann: Member, mails: Mails, clock: FixedClock
) -> None:
    stranger = Member(ann.site, ann.id, "ann", "x")
    answer = await stranger.post("/auth/email/change", {"new_email": NEW})
    assert told(answer) == (401, "invalid-token")
    clock.at += timedelta(minutes=5) + TICK
    answer = await ann.post("/auth/email/change", {"new_email": NEW})
    assert told(answer) == (403, "reauth-required")
    assert await mails.none()
    assert (await ann.post("/auth/reauth", {"password": PASSWORD})).status_code == 200
    await want(ann)


async def test_of_a_removed_account_nothing_is_changed(ann: Member, mails: Mails) -> None:
    await want(ann)
    confirm = await mails.token(NEW, "confirm")
    undo_of = await a_member(ann.site, "bea")
    await mails.of("bea@kcs.test")
    undo = await move(undo_of, mails, to="b@kcs.test", old="bea@kcs.test")
    await ann.site.run("UPDATE users SET status = 'deleted'")
    for what, token in (("confirm", confirm), ("undo", undo)):
        answer = await use(ann.site, what, token)
        assert told(answer) == (400, "invalid-or-expired-token")
