"""Signing in with a second factor, as a member's hand does it."""

import re
from base64 import b32decode
from datetime import timedelta

import pytest

from tests.identity.letters import a_member
from tests.identity.stage import PASSWORD, post, told
from tests.support.authenticators import (
    DEAD,
    WRONG,
    asked,
    code_of,
    enroll,
    set_up,
    strong,
    verify,
    wrong,
)
from tests.support.builders import FixedClock
from tests.support.site import Member, Site

STEP = timedelta(seconds=30)


@pytest.fixture
async def ann(stage: Site) -> Member:
    return await a_member(stage, "ann")


def test_the_codes_of_tests_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for seconds, code in ((59, "94287082"), (1111111109, "07081804"), (20000000000, "65353130")):
        assert code_of(secret, seconds // 30, digits=8) == code


async def test_who_has_a_second_factor_is_asked_for_it(ann: Member, stage: Site) -> None:
    app, _ = await set_up(ann)
    first = await asked(stage, device_name="Ann's phone")
    assert first.json() == {
        "status": "mfa_required",
        "mfa_token": first.json()["mfa_token"],
        "methods": ["totp", "recovery_code"],
    }
    assert first.headers["Cache-Control"] == "no-store"
    answer = await verify(stage, first, await app.code())
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    member = Member(stage, ann.id, "ann", answer.json()["access_token"])
    device = (await member.get("/auth/sessions")).json()["items"][0]
    assert (device["device_name"], device["current"]) == ("Ann's phone", True)
    refreshed = await post(
        stage, "/auth/refresh", {"refresh_token": answer.json()["refresh_token"]}
    )
    assert refreshed.status_code == 200


async def test_the_first_factor_alone_opens_no_session(ann: Member, stage: Site) -> None:
    await set_up(ann)
    before = len((await ann.get("/auth/sessions")).json()["items"])
    first = await asked(stage)
    assert len((await ann.get("/auth/sessions")).json()["items"]) == before
    ticket = first.json()["mfa_token"]
    assert (await Member(stage, ann.id, "ann", ticket).get("/me")).status_code == 401
    assert (await post(stage, "/auth/refresh", {"refresh_token": ticket})).status_code == 401


async def test_an_authenticator_counts_once_a_code_of_it_was_shown(
    ann: Member, stage: Site
) -> None:
    app = await enroll(ann)
    assert "access_token" in (await asked(stage)).json()
    refused = await ann.post("/auth/totp/confirm", {"code": wrong(await app.code())})
    assert told(refused) == WRONG
    assert "access_token" in (await asked(stage)).json()
    again = await enroll(ann)
    assert told(await ann.post("/auth/totp/confirm", {"code": await app.code()})) == WRONG
    done = await ann.post("/auth/totp/confirm", {"code": await again.code()})
    assert done.status_code == 200
    assert "mfa_token" in (await asked(stage)).json()
    assert told(await ann.post("/auth/totp/enroll")) == (409, "totp-enrolled")
    assert told(await ann.post("/auth/totp/confirm", {"code": await again.code(1)})) == (
        409,
        "totp-enrolled",
    )


async def test_what_an_authenticator_reads_names_the_account(ann: Member) -> None:
    told_of_it = (await ann.post("/auth/totp/enroll")).json()
    assert told_of_it["otpauth_uri"] == (
        "otpauth://totp/KCardSwap:ann%40kcs.test?digits=6&secret="
        f"{told_of_it['secret']}&algorithm=SHA1&issuer=KCardSwap&period=30"
    )


async def test_without_an_authenticator_there_is_nothing_to_confirm_or_remove(ann: Member) -> None:
    missing = (409, "totp-not-enrolled")
    assert told(await ann.post("/auth/totp/confirm", {"code": "123456"})) == missing
    assert told(await ann.delete("/auth/totp")) == missing
    assert told(await ann.post("/auth/recovery-codes")) == missing
    await enroll(ann)
    assert told(await ann.delete("/auth/totp")) == missing
    assert told(await ann.post("/auth/recovery-codes")) == missing


async def test_attack_50_a_code_serves_once(ann: Member, stage: Site, clock: FixedClock) -> None:
    app, _ = await set_up(ann)
    code = await app.code()
    first, second = await asked(stage), await asked(stage)
    assert (await verify(stage, first, code)).status_code == 200
    assert told(await verify(stage, second, code)) == WRONG
    assert told(await verify(stage, second, await app.code(-1))) == WRONG  # nor one before it
    clock.at += STEP
    assert told(await verify(stage, second, code)) == WRONG
    assert (await verify(stage, second, await app.code())).status_code == 200


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (1, True), (2, False)])
async def test_a_clock_may_be_one_step_off(
    ann: Member, stage: Site, clock: FixedClock, steps: int, *, good: bool
) -> None:
    app, _ = await set_up(ann)
    clock.at += 5 * STEP
    answer = await verify(stage, await asked(stage), await app.code(steps))
    assert told(answer) == ((200, None) if good else WRONG)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "\u0661" * 6, "\U0001f996"])
async def test_what_is_no_code_is_a_wrong_one(ann: Member, stage: Site, code: str) -> None:
    await set_up(ann)
    for method in ("totp", "recovery_code"):
        assert told(await verify(stage, await asked(stage), code, method)) == WRONG


async def test_five_wrong_codes_and_the_ticket_serves_no_more(ann: Member, stage: Site) -> None:
    app, _ = await set_up(ann)
    first, code = await asked(stage), await app.code()
    for _ in range(5):
        assert told(await verify(stage, first, wrong(code))) == WRONG
    assert told(await verify(stage, first, code)) == DEAD
    fresh = await asked(stage)
    for _ in range(4):
        await verify(stage, fresh, wrong(code))
    assert (await verify(stage, fresh, code)).status_code == 200


async def test_a_ticket_serves_once_and_for_five_minutes(
    ann: Member, stage: Site, clock: FixedClock
) -> None:
    app, _ = await set_up(ann)
    first = await asked(stage)
    assert (await verify(stage, first, await app.code())).status_code == 200
    assert told(await verify(stage, first, await app.code(1))) == DEAD
    old = await asked(stage)
    clock.at += timedelta(minutes=5)
    assert told(await verify(stage, old, await app.code())) == DEAD
    last = await asked(stage)
    clock.at += timedelta(minutes=5) - timedelta(seconds=1)
    assert (await verify(stage, last, await app.code())).status_code == 200
    body = {"mfa_token": "x" * 43, "method": "totp", "code": await app.code()}
    assert told(await post(stage, "/auth/mfa/verify", body)) == DEAD


async def test_recovery_codes_serve_once_each_however_they_are_typed(
    ann: Member, stage: Site
) -> None:
    _, codes = await set_up(ann)
    assert len({*codes}) == 10
    one, other = codes[0], f" {codes[1].replace('-', ' ').upper()} "
    for code in (one, other):
        first = await asked(stage)
        assert (await verify(stage, first, code, "recovery_code")).status_code == 200
        assert told(await verify(stage, await asked(stage), code, "recovery_code")) == WRONG
    assert told(await verify(stage, await asked(stage), codes[2], "totp")) == WRONG


async def test_recovery_codes_hold_120_bits(ann: Member) -> None:
    """From 112 on, a plain digest of them is as good as a slow one."""
    _, codes = await set_up(ann)
    for code in codes:
        assert re.fullmatch("[a-z2-7]{4}(-[a-z2-7]{4}){5}", code)
        assert len(b32decode(code.replace("-", ""), casefold=True)) * 8 == 120


async def test_new_recovery_codes_take_the_place_of_the_old(ann: Member, stage: Site) -> None:
    app, old = await set_up(ann)
    again = await strong(ann, await app.code())
    new = (await again.post("/auth/recovery-codes")).json()["recovery_codes"]
    assert not {*new} & {*old}
    assert told(await verify(stage, await asked(stage), old[0], "recovery_code")) == WRONG
    assert (await verify(stage, await asked(stage), new[0], "recovery_code")).status_code == 200


async def test_codes_of_another_member_open_nothing(ann: Member, stage: Site) -> None:
    await set_up(ann)
    app, codes = await set_up(await a_member(stage, "bea"))
    assert told(await verify(stage, await asked(stage), await app.code())) == WRONG
    assert told(await verify(stage, await asked(stage), codes[0], "recovery_code")) == WRONG


async def test_removing_it_signs_the_other_devices_out(ann: Member, stage: Site) -> None:
    app, _ = await set_up(ann)
    other = await a_member(stage, "bea")
    again = await strong(ann, await app.code())
    assert (await again.delete("/auth/totp")).status_code == 204
    assert len((await again.get("/auth/sessions")).json()["items"]) == 1
    assert (await other.get("/me")).status_code == 200
    assert "access_token" in (await asked(stage)).json()


async def test_a_password_and_a_device_from_before_get_around_no_second_factor(
    ann: Member, stage: Site
) -> None:
    before = await a_member(stage, "ann")
    app, codes = await set_up(ann)
    for device in (before, ann):
        assert (await device.post("/auth/reauth", {"password": PASSWORD})).status_code == 200
        assert told(await device.post("/auth/recovery-codes")) == (403, "mfa-required")
        assert told(await device.delete("/auth/totp")) == (403, "mfa-required")
    assert (await verify(stage, await asked(stage), await app.code())).status_code == 200
    by_paper = await strong(ann, codes[0], "recovery_code")  # the authenticator is lost
    assert (await by_paper.post("/auth/recovery-codes")).status_code == 200
    assert (await by_paper.delete("/auth/totp")).status_code == 204


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/auth/totp/enroll"),
        ("POST", "/auth/totp/confirm"),
        ("DELETE", "/auth/totp"),
        ("POST", "/auth/recovery-codes"),
    ],
)
async def test_a_tired_session_changes_no_second_factor(
    ann: Member, clock: FixedClock, method: str, path: str
) -> None:
    clock.at += timedelta(minutes=5, seconds=1)
    body = {"code": "123456"} if path.endswith("confirm") else None
    assert told(await ann.send(method, path, body)) == (403, "reauth-required")


async def test_a_code_proves_anew_who_one_is(ann: Member, clock: FixedClock) -> None:
    app, codes = await set_up(ann)
    ann = await strong(ann, codes[0], "recovery_code")
    clock.at += timedelta(minutes=6)
    assert told(await ann.post("/auth/recovery-codes")) == (403, "reauth-required")
    code = await app.code()
    assert told(await ann.post("/auth/reauth", {"totp": wrong(code)})) == WRONG
    assert (await ann.post("/auth/reauth", {"totp": code})).status_code == 200
    assert told(await ann.post("/auth/reauth", {"totp": code})) == WRONG
    assert (await ann.post("/auth/recovery-codes")).status_code == 200
    assert told(await ann.post("/auth/reauth", {})) == (422, "validation-failed")


async def test_whatever_is_given_as_a_proof_has_to_be_right(ann: Member, clock: FixedClock) -> None:
    app, _ = await set_up(ann)
    clock.at += timedelta(minutes=6)
    both = {"totp": await app.code(), "password": PASSWORD}
    refused = await ann.post("/auth/reauth", both | {"password": "wrong password"})
    assert told(refused) == (401, "invalid-credentials")
    assert told(await ann.post("/auth/reauth", both | {"totp": wrong(both["totp"])})) == WRONG
    assert told(await ann.post("/auth/recovery-codes")) == (403, "reauth-required")
    assert (await ann.post("/auth/reauth", both)).status_code == 200
