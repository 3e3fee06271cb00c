"""A hundred failures in a row: who is kept out by them, and who is not."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.identity.guessing import (
    DAY,
    LATER,
    MINUTE,
    REFUSED_LOGIN,
    WRONG,
    fail,
    lock,
)
from tests.identity.letters import NEW_PASSWORD, Mails, ask, works
from tests.identity.phones import Phone, a_phone
from tests.identity.stage import (
    PASSWORD,
    Postbox,
    login,
    post,
    register,
    told,
)
from tests.support.builders import FixedClock
from tests.support.labour import work_once
from tests.support.site import Member, Site


async def test_behind_a_hundred_failures_in_a_row_the_right_password_opens_nothing(
    stage: Site, clock: FixedClock
) -> None:
    await register(stage, "ann")
    await fail(stage, "ann", 9)
    assert (await login(stage, "ann")).status_code == 200
    await lock(stage, "ann", clock)
    await lock(stage, "eve", clock)
    clock.at += DAY
    refused = await login(stage, "ann")
    assert told(refused) == LATER
    assert "Set a new password by mail" in refused.json()["detail"]
    assert told(await login(stage, "eve")) == LATER
    clock.at += 30 * DAY
    assert (await login(stage, "ann")).status_code == 200


async def test_ninety_nine_in_a_row_lock_nobody_out(stage: Site, clock: FixedClock) -> None:
    await register(stage, "ann")
    for _ in range(9):
        await fail(stage, "ann", 10)
        clock.at += 15 * MINUTE
    await fail(stage, "ann", 9)
    clock.at += 15 * MINUTE
    assert (await login(stage, "ann")).status_code == 200


async def test_a_lock_does_not_touch_who_is_signed_in(stage: Site, clock: FixedClock) -> None:
    await register(stage, "ann")
    tokens = (await login(stage, "ann")).json()
    await lock(stage, "ann", clock)
    assert told(await login(stage, "ann")) == LATER
    answer = await post(stage, "/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    assert answer.status_code == 200
    ann = Member(stage, tokens["session_id"], "ann", answer.json()["access_token"])
    assert (await ann.get("/me")).status_code == 200
    again = await ann.post("/auth/reauth", {"password": PASSWORD})
    assert again.status_code == 200


async def test_a_device_that_was_signed_in_before_is_let_in(stage: Site, clock: FixedClock) -> None:
    await register(stage, "ann")
    tokens = (await login(stage, "ann")).json()
    await lock(stage, "ann", clock)
    clock.at += 20 * DAY
    known = {"refresh_token": tokens["refresh_token"]}
    assert told(await post(stage, "/auth/refresh", known)) == (401, "session-expired")
    assert told(await login(stage, "ann")) == LATER
    assert (await login(stage, "ann", **known)).status_code == 200
    assert told(await login(stage, "ann")) == LATER


async def test_guesses_on_a_known_device_are_counted_too(stage: Site) -> None:
    await register(stage, "ann")
    known = {"refresh_token": (await login(stage, "ann")).json()["refresh_token"]}
    for _ in range(10):
        assert told(await login(stage, "ann", **WRONG, **known)) == REFUSED_LOGIN
    assert told(await login(stage, "ann", **known)) == LATER
    assert (await login(stage, "ann")).status_code == 200


async def signed_out(site: Site, phone: Phone) -> str:
    del site
    await phone.leave()
    return phone.refresh


async def stolen(site: Site, phone: Phone) -> str:
    del site
    await phone.swap()
    await phone.swap()
    return phone.tokens[0]


async def somebody_elses(site: Site, phone: Phone) -> str:
    del phone
    return (await a_phone(site, (await site.join("bea")).id)).refresh


async def forged(site: Site, phone: Phone) -> str:
    del site
    said, _, _ = phone.refresh.rpartition(".")
    return f"{said}.{'A' * 43}"


async def nonsense(site: Site, phone: Phone) -> str:
    del site, phone
    return "nonsense"


@pytest.mark.parametrize("token", [signed_out, stolen, somebody_elses, forged, nonsense])
async def test_no_other_token_makes_a_device_known(
    stage: Site, clock: FixedClock, token: Callable[[Site, Phone], Any]
) -> None:
    await register(stage, "ann")
    opened = (await login(stage, "ann")).json()
    phone = Phone(stage, opened["session_id"], opened["session_id"], "", [opened["refresh_token"]])
    shown = await token(stage, phone)
    await lock(stage, "ann", clock)
    assert told(await login(stage, "ann", refresh_token=shown)) == LATER


async def test_a_password_set_by_mail_ends_the_lock(
    stage: Site, clock: FixedClock, postbox: Postbox
) -> None:
    await register(stage, "ann")
    await lock(stage, "ann", clock)
    await work_once(stage)
    postbox.mails.clear()
    await ask(stage, "password/forgot", "ann@kcs.test")
    token = await Mails(stage, postbox).token("ann@kcs.test", "reset")
    assert await works(stage, "reset", token)
    assert (await login(stage, "ann", password=NEW_PASSWORD)).status_code == 200
