"""What else happens to an account does not get around its second factor."""

import pytest
from sqlalchemy import select

from apps.shared.infrastructure.audit import AuditEntryModel
from tests.identity.letters import Mails, a_member, ask, use, works
from tests.identity.stage import PASSWORD, Postbox, dump, login, told
from tests.support.audit import verify as verify_log
from tests.support.authenticators import DEAD, WRONG, asked, set_up, verify, wrong
from tests.support.site import Member, Site


@pytest.fixture
async def ann(stage: Site) -> Member:
    return await a_member(stage, "ann")


@pytest.fixture
def mails(stage: Site, postbox: Postbox) -> Mails:
    return Mails(stage, postbox)


async def test_attack_42_a_new_password_switches_no_second_factor_off(
    ann: Member, stage: Site, mails: Mails
) -> None:
    assert await works(stage, "verify", await mails.token("ann@kcs.test", "verify"))
    app, _ = await set_up(ann)
    half = await asked(stage)
    await ask(stage, "password/forgot", "ann@kcs.test")
    token = await mails.token("ann@kcs.test", "reset")
    assert (await use(stage, "reset", token)).status_code == 204
    assert told(await verify(stage, half, await app.code())) == DEAD
    first = await asked(stage, password="another long one")
    assert "access_token" not in first.json()
    assert (await verify(stage, first, await app.code())).status_code == 200


async def test_attack_42_nor_does_who_opened_an_account_keep_its_address_by_one(
    ann: Member, stage: Site, mails: Mails
) -> None:
    """Nobody had confirmed the address before its owner set a password."""
    await set_up(ann)
    await mails.of("ann@kcs.test")
    await ask(stage, "password/forgot", "ann@kcs.test")
    token = await mails.token("ann@kcs.test", "reset")
    assert (await use(stage, "reset", token)).status_code == 204
    assert "access_token" in (await login(stage, "ann", password="another long one")).json()
    row = AuditEntryModel
    found = await stage.ask(select(row.action).order_by(row.id))
    assert found[-3:] == ["mfa.remove", "password.reset", "login"]


async def test_a_half_finished_sign_in_ends_with_all_sessions(ann: Member, stage: Site) -> None:
    app, _ = await set_up(ann)
    half = await asked(stage)
    assert (await ann.post("/auth/logout-all")).status_code == 204
    assert told(await verify(stage, half, await app.code())) == DEAD


async def test_who_is_suspended_meanwhile_is_not_let_in(ann: Member, stage: Site) -> None:
    app, _ = await set_up(ann)
    half = await asked(stage)
    await stage.run("UPDATE users SET status = 'suspended'")
    assert told(await verify(stage, half, await app.code())) == DEAD


async def test_a_new_password_keeps_how_the_device_was_signed_in(ann: Member, stage: Site) -> None:
    app, _ = await set_up(ann)
    token = (await verify(stage, await asked(stage), await app.code())).json()["access_token"]
    member = Member(stage, ann.id, "ann", token)
    body = {"current_password": PASSWORD, "new_password": "a new password"}
    assert (await member.post("/auth/password/change", body)).status_code == 200
    assert "pwd otp" in await dump(stage)


async def test_nothing_of_it_stands_in_the_database(ann: Member, stage: Site) -> None:
    app, codes = await set_up(ann)
    first = await asked(stage)
    await verify(stage, first, wrong(await app.code()))
    kept = await dump(stage)
    secrets = [app.secret, *codes, first.json()["mfa_token"], await app.code()]
    assert not [secret for secret in secrets if secret in kept]
    assert (await verify_log(stage)).faults == []


async def test_a_secret_put_into_the_row_of_another_member_opens_nothing(
    ann: Member, stage: Site
) -> None:
    mine, _ = await set_up(ann)
    app, _ = await set_up(await a_member(stage, "bea"))
    first = await asked(stage)
    exchange = (
        "UPDATE authenticators SET sealed ="
        " (SELECT sealed FROM authenticators WHERE member_id <> :ann)"
    )
    ann_id = ann.id.hex if await stage.dialect() == "sqlite" else ann.id
    await stage.run(exchange, ann=ann_id)
    assert told(await verify(stage, first, await app.code())) == WRONG
    assert told(await verify(stage, first, await mine.code())) == WRONG
    theirs = await login(stage, "bea")
    assert (await verify(stage, theirs, await app.code())).status_code == 200  # the control


async def test_wrong_codes_are_audited(ann: Member, stage: Site) -> None:
    app, _ = await set_up(ann)
    first = await asked(stage)
    await verify(stage, first, wrong(await app.code()))
    await verify(stage, first, await app.code())
    row = AuditEntryModel
    found = await stage.ask(select(row).where(row.action.in_(["mfa", "login"])).order_by(row.id))
    mfa, signed_in = found[-2:]
    assert (mfa.action, mfa.target, mfa.result) == ("mfa", str(ann.id), "refused")
    assert (signed_in.action, signed_in.actor) == ("login", str(ann.id))
    assert (signed_in.meta["amr"], signed_in.meta["method"]) == ("pwd otp", "totp")
