"""Leaving for good, hidden at once, and coming back as long as there is time for it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from apps.identity.application.delete_account import EraseAccounts
from apps.identity.domain.user import GRACE, Status
from apps.identity.infrastructure.models import UserModel
from tests.identity.letters import Mails, a_member, ask, token_in, works
from tests.identity.stage import PASSWORD, Postbox, dump, heard, login, post, register, told
from tests.support.accounts import TICK
from tests.support.authenticators import employ
from tests.support.builders import FixedClock
from tests.support.departures import reinstate, remove, suspend
from tests.support.labour import hurry, work_once
from tests.support.site import Member, Site

ADDRESS = "ann@kcs.test"
SHORTLY = timedelta(minutes=5)


@pytest.fixture
def mails(stage: Site, postbox: Postbox) -> Mails:
    return Mails(stage, postbox)


@pytest.fixture
async def ann(stage: Site, mails: Mails) -> Member:
    """Registered; her first letter is thrown away."""
    ann = await a_member(stage, "ann")
    await mails.of(ADDRESS)
    return ann


async def leave(member: Member) -> str:
    """Delete the account; return when it becomes final."""
    answer = await member.delete("/me")
    assert answer.status_code == 202, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json().keys() == {"erase_after"}
    return str(answer.json()["erase_after"])


async def status_of(member: Member) -> Status:
    (status,) = await member.site.ask(select(UserModel.status).where(UserModel.id == member.id))
    assert isinstance(status, Status)
    return status


async def erase(site: Site) -> None:
    """What a worker does each hour, and the jobs that it leaves."""
    await (await site.port(EraseAccounts))()
    await work_once(site)


async def test_who_leaves_is_gone_at_once_for_everybody(
    stage: Site, ann: Member, mails: Mails, clock: FixedClock
) -> None:
    bea, copy = await stage.join("bea"), await ann.hold()
    card = (await bea.get(f"/copies/{copy}")).json()["card"]["id"]
    erase_after = await leave(ann)
    assert erase_after.startswith(f"{clock.at + GRACE:%Y-%m-%dT%H:%M}")
    assert told(await ann.get("/me")) == (401, "invalid-token")
    assert told(await login(stage, "ann")) == (401, "invalid-credentials")
    for path in (f"/members/{ann.id}", f"/members/{ann.id}/copies", f"/copies/{copy}"):
        assert told(await bea.get(path)) == (404, "not-found")
    assert (await bea.get("/members", q="ann")).json()["items"] == []
    assert (await bea.get(f"/cards/{card}/copies")).json()["items"] == []
    assert await mails.token(ADDRESS, "keep")


async def test_who_comes_back_finds_everything_as_it_was(
    stage: Site, ann: Member, mails: Mails, clock: FixedClock
) -> None:
    bea, copy = await stage.join("bea"), await ann.hold()
    before = {name: (await bea.get(f"/members/{ann.id}{name}")).json() for name in ("", "/copies")}
    await leave(ann)
    token = await mails.token(ADDRESS, "keep")
    clock.at += GRACE - TICK
    assert await works(stage, "keep", token)
    eve = await stage.join("eve")  # Bea's device has been silent for too long
    for name, shown in before.items():
        assert (await eve.get(f"/members/{ann.id}{name}")).json() == shown
    assert (await eve.get(f"/copies/{copy}")).status_code == 200
    assert (await ann.get("/me")).status_code == 401, "that session is over"
    assert (await login(stage, "ann")).status_code == 200
    assert not await works(stage, "keep", token), "once"
    clock.at += GRACE
    await erase(stage)
    assert await status_of(ann) is Status.ACTIVE


async def test_the_time_to_come_back_ends(
    stage: Site, ann: Member, mails: Mails, clock: FixedClock
) -> None:
    await leave(ann)
    token = await mails.token(ADDRESS, "keep")
    clock.at += GRACE - TICK
    await erase(stage)
    assert await status_of(ann) is Status.DELETING
    clock.at += TICK
    assert not await works(stage, "keep", token)
    await erase(stage)
    assert await status_of(ann) is Status.DELETED
    assert ADDRESS not in await dump(stage)
    await register(stage, "ann")
    assert await mails.token(ADDRESS, "verify")
    assert (await a_member(stage, "ann")).id != ann.id


async def test_it_takes_a_password_given_just_now(
    stage: Site, ann: Member, clock: FixedClock
) -> None:
    assert told(await post(stage, "/me/deletion/cancel", {"token": "x"})) == (
        400,
        "invalid-or-expired-token",
    )
    assert told(await stage.client.delete("/api/v1/me")) == (401, "unauthenticated")
    clock.at += SHORTLY + TICK
    assert told(await ann.delete("/me")) == (403, "reauth-required")
    assert await status_of(ann) is Status.ACTIVE
    assert (await ann.post("/auth/reauth", {"password": PASSWORD})).status_code == 200
    await leave(ann)


async def test_the_last_admin_stays(stage: Site, ann: Member) -> None:
    await employ(ann, "admin")
    assert told(await ann.delete("/me")) == (409, "last-admin")
    assert await status_of(ann) is Status.ACTIVE
    bea = await stage.join("bea")
    await employ(bea, "admin")
    await leave(ann)
    assert told(await bea.delete("/me")) == (409, "last-admin"), "who leaves counts no more"


async def test_it_may_depend_on_nothing_having_changed(ann: Member) -> None:
    tag = (await ann.get("/me")).headers["ETag"]
    await ann.patch("/me", {"bio": "new"})
    stale = await ann.send("DELETE", "/me", headers={"If-Match": tag})
    assert told(stale) == (412, "stale-version")
    assert await status_of(ann) is Status.ACTIVE


async def test_the_address_is_answered_as_any_other_meanwhile(
    stage: Site, ann: Member, mails: Mails
) -> None:
    """It still is hers; each letter tells how to keep the account, and voids the one before."""
    await leave(ann)
    first = await mails.token(ADDRESS, "keep")
    again = await register(stage, "ann2", email="ANN@kcs.test")
    assert heard(again) == heard(await register(stage, "bea"))
    assert told(await register(stage, "ann")) == (409, "nickname-taken")
    letters = {mail.to: mail for mail in await mails.of(ADDRESS, "bea@kcs.test")}
    second = token_in(letters[ADDRESS], "keep")
    assert (await ask(stage, "password/forgot", ADDRESS)).status_code == 202
    third = await mails.token(ADDRESS, "keep")
    for token, good in ((first, False), (second, False), (third, True)):
        assert await works(stage, "keep", token) is good


async def test_other_letters_serve_no_longer(stage: Site, ann: Member, mails: Mails) -> None:
    await ask(stage, "password/forgot", ADDRESS)
    reset = await mails.token(ADDRESS, "reset")
    await leave(ann)
    assert not await works(stage, "reset", reset)
    keep = await mails.token(ADDRESS, "keep")
    for what in ("verify", "confirm", "undo", "reset"):
        assert not await works(stage, what, keep), "for another purpose"
    assert await works(stage, "keep", keep)


async def test_a_thief_who_deletes_the_account_does_not_keep_its_owner_from_it(
    stage: Site, ann: Member, mails: Mails
) -> None:
    await ann.post("/auth/email/change", {"new_email": "thief@kcs.test"})
    await works(stage, "confirm", await mails.token("thief@kcs.test", "confirm"))
    undo = await mails.token(ADDRESS, "undo")
    await leave(ann)
    thiefs = await mails.token("thief@kcs.test", "keep")
    assert await works(stage, "undo", undo)
    assert not await works(stage, "keep", thiefs)
    keep = await mails.token(ADDRESS, "keep")
    assert await works(stage, "keep", keep)
    await ask(stage, "password/forgot", ADDRESS)
    assert await works(stage, "reset", await mails.token(ADDRESS, "reset"))


async def test_a_suspension_and_a_deletion_do_not_undo_each_other(
    stage: Site, ann: Member, mails: Mails, clock: FixedClock
) -> None:
    await leave(ann)
    await suspend(ann)
    assert await mails.none(), "who is suspended is not told how to come back"
    await reinstate(ann)
    assert await status_of(ann) is Status.DELETING
    await ask(stage, "password/forgot", ADDRESS)
    token = await mails.token(ADDRESS, "keep")
    await suspend(ann)
    assert await works(stage, "keep", token)
    assert await status_of(ann) is Status.SUSPENDED
    clock.at += GRACE
    await erase(stage)
    await reinstate(ann)
    assert await status_of(ann) is Status.ACTIVE


async def test_who_is_removed_is_erased_as_well_and_cannot_come_back(
    stage: Site, ann: Member, mails: Mails, clock: FixedClock
) -> None:
    await leave(ann)
    token = await mails.token(ADDRESS, "keep")
    clock.at += timedelta(days=1)
    await remove(ann)
    assert not await works(stage, "keep", token)
    clock.at += GRACE - timedelta(days=1)
    await erase(stage)
    assert ADDRESS not in await dump(stage), "no later than she had asked for"


async def test_letters_that_were_given_up_are_forgotten(
    stage: Site, ann: Member, mails: Mails, clock: FixedClock
) -> None:
    """Else addresses would wait for an operator."""
    await ask(stage, "password/forgot", "Ann@KCS.test")
    await stage.run("UPDATE jobs SET state = 'dead' WHERE kind = 'letters.reset'")
    await ask(stage, "password/forgot", "bea@kcs.test")
    await stage.run("UPDATE jobs SET state = 'dead' WHERE kind = 'letters.reset'")
    await leave(ann)
    await mails.of(ADDRESS)
    clock.at += GRACE
    await hurry(stage)
    await erase(stage)
    left = (await dump(stage)).casefold()
    assert "ann@kcs.test" not in left
    assert "bea@kcs.test" in left, "the control"
