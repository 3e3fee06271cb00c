"""Giving one's password again, and choosing another one."""

from asyncio import Event
from datetime import timedelta
from pathlib import Path

import pytest
from uuid_utils.compat import uuid7

from apps.identity.application.ports import Passwords
from tests.identity.letters import NEW_PASSWORD, Mails, a_member, ask, works
from tests.identity.phones import Phone, a_phone
from tests.identity.stage import PASSWORD, PlainPasswords, Postbox, login, post, serving, told
from tests.support.accounts import TICK
from tests.support.builders import FixedClock
from tests.support.site import API, Member, Site, elsewhere

CHANGE = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
FIVE_MINUTES = timedelta(minutes=5)
STEP_UP = {"new_email": "new@kcs.test"}


@pytest.fixture
def mails(stage: Site, postbox: Postbox) -> Mails:
    return Mails(stage, postbox)


@pytest.fixture
async def ann(stage: Site) -> Member:
    return await a_member(stage, "ann")


async def test_attack_28_a_new_password_ends_every_session_and_opens_a_new_one(
    ann: Member,
) -> None:
    phones = [await a_phone(ann.site, ann.id) for _ in range(3)]
    before = [each["id"] for each in (await ann.get("/auth/sessions")).json()["items"]]
    answer = await ann.post("/auth/password/change", CHANGE)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    tokens = answer.json()
    assert tokens.keys() == (await login(ann.site, "ann", password=NEW_PASSWORD)).json().keys()
    assert tokens["session_id"] not in before
    assert told(await ann.get("/me")) == (401, "invalid-token")
    for phone in phones:
        assert await phone.is_dead()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await ann.site.client.get(f"{API}/me", headers=bearer)).status_code == 200
    refreshed = await post(ann.site, "/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    assert refreshed.status_code == 200
    assert told(await login(ann.site, "ann")) == (401, "invalid-credentials")


async def test_the_new_session_is_of_the_same_device(stage: Site) -> None:
    await a_member(stage, "ann")
    signed_in = await login(stage, "ann", device_name="phone")
    old = Member(stage, uuid7(), "ann", signed_in.json()["access_token"])  # type: ignore[arg-type]
    answer = await old.post("/auth/password/change", CHANGE)
    new = Member(stage, old.id, "ann", answer.json()["access_token"])
    (session,) = (await new.get("/auth/sessions")).json()["items"]
    assert (session["device_name"], session["current"]) == ("phone", True)


async def test_who_does_not_know_the_password_changes_nothing(ann: Member) -> None:
    for wrong in ("wrong password", NEW_PASSWORD, ""):
        answer = await ann.post("/auth/password/change", CHANGE | {"current_password": wrong})
        assert told(answer) == (401, "invalid-credentials")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert (await ann.get("/me")).status_code == 200
    assert (await login(ann.site, "ann")).status_code == 200


async def test_a_weak_password_is_refused_before_the_present_one_is_looked_at(ann: Member) -> None:
    for current in (PASSWORD, "wrong password"):
        body = {"current_password": current, "new_password": "123456789"}
        assert told(await ann.post("/auth/password/change", body)) == (422, "weak-password")
    assert (await login(ann.site, "ann")).status_code == 200


async def test_outstanding_links_serve_no_longer(ann: Member, mails: Mails) -> None:
    verify = await mails.token("ann@kcs.test", "verify")
    await ask(ann.site, "password/forgot", "ann@kcs.test")
    reset = await mails.token("ann@kcs.test", "reset")
    assert (await ann.post("/auth/email/change", STEP_UP)).status_code == 202
    confirm = await mails.token("new@kcs.test", "confirm")
    assert (await ann.post("/auth/password/change", CHANGE)).status_code == 200
    assert not await works(ann.site, "reset", reset)
    assert not await works(ann.site, "confirm", confirm)
    assert await works(ann.site, "verify", verify)


class Pausing(PlainPasswords):
    """Something else happens while a password is hashed."""

    def __init__(self) -> None:
        self.begun, self.go_on = Event(), Event()
        self.go_on.set()

    async def hash(self, password: str) -> str:
        self.begun.set()
        await self.go_on.wait()
        return await super().hash(password)


async def test_a_session_that_ends_meanwhile_changes_no_password(url: str, keys: Path) -> None:
    """Or the password that a thief has chosen could come after that of the owner."""
    passwords = Pausing()
    async with Site(url, keys, serving(Passwords, passwords)) as site:
        ann, other = await a_member(site, "ann"), await a_member(site, "ann")
        passwords.begun.clear()
        passwords.go_on.clear()
        change = elsewhere(ann.post("/auth/password/change", CHANGE))
        await passwords.begun.wait()
        ended = await other.post("/auth/logout-all", {"keep_current": True})
        assert ended.status_code == 204
        passwords.go_on.set()
        assert told(await change) == (401, "invalid-token")
        assert (await login(site, "ann")).status_code == 200


async def test_a_password_given_again_lets_a_device_do_more_for_five_minutes(
    ann: Member, clock: FixedClock
) -> None:
    clock.at += FIVE_MINUTES
    assert (await ann.post("/auth/email/change", STEP_UP)).status_code == 202
    clock.at += TICK
    refused = await ann.post("/auth/email/change", STEP_UP)
    assert told(refused) == (403, "reauth-required")
    assert (await ann.get("/me")).status_code == 200
    answer = await ann.post("/auth/reauth", {"password": PASSWORD})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.json() == {"auth_time": clock.at.isoformat().replace("+00:00", "Z")}
    assert (await ann.post("/auth/email/change", STEP_UP)).status_code == 202


async def test_only_the_device_on_which_the_password_was_given_may(
    stage: Site, phone: Phone, clock: FixedClock
) -> None:
    ann = await a_member(stage, "anna")
    other = Member(stage, ann.id, "anna", (await a_phone(stage, ann.id)).access)
    clock.at += FIVE_MINUTES + TICK
    assert (await ann.post("/auth/reauth", {"password": PASSWORD})).status_code == 200
    assert told(await other.post("/auth/email/change", STEP_UP)) == (403, "reauth-required")
    hers = Member(stage, phone.member, "ann", phone.access)
    assert told(await hers.post("/auth/email/change", STEP_UP)) == (403, "reauth-required")


async def test_refreshing_proves_nothing_anew(stage: Site, clock: FixedClock) -> None:
    await a_member(stage, "ann")
    tokens = (await login(stage, "ann")).json()
    clock.at += FIVE_MINUTES + TICK
    new = await post(stage, "/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    ann = Member(stage, uuid7(), "ann", new.json()["access_token"])  # type: ignore[arg-type]
    assert told(await ann.post("/auth/email/change", STEP_UP)) == (403, "reauth-required")


async def test_a_wrong_password_proves_nothing(ann: Member, clock: FixedClock) -> None:
    clock.at += FIVE_MINUTES + TICK
    answer = await ann.post("/auth/reauth", {"password": "wrong password"})
    assert told(answer) == (401, "invalid-credentials")
    assert told(await ann.post("/auth/email/change", STEP_UP)) == (403, "reauth-required")


async def test_an_account_without_a_password_proves_nothing(stage: Site) -> None:
    bea = await stage.join("bea")
    for guess in ("!", "", "None"):
        answer = await bea.post("/auth/reauth", {"password": guess})
        assert told(answer) == (401, "invalid-credentials")
