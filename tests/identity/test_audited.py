"""What is written to the audit log about accounts: who, whom, and never an address in clear."""

from uuid import UUID

import pytest
from sqlalchemy import select

from apps.identity.application.departures import ReinstateMember, SuspendMember
from apps.shared.application.audit import AuditLog
from apps.shared.application.audit_chain import VerifyAuditLog
from apps.shared.infrastructure.audit import AuditEntryModel
from tests.identity.letters import Mails, a_member, ask, use
from tests.identity.phones import Phone
from tests.identity.stage import PASSWORD, Postbox, dump, login, register
from tests.support.audit import entries
from tests.support.builders import HOUR, FixedClock
from tests.support.site import Site


@pytest.fixture
def mails(stage: Site, postbox: Postbox) -> Mails:
    return Mails(stage, postbox)


async def test_signing_in_is_audited_and_so_is_failing_to(stage: Site) -> None:
    ann = await a_member(stage, "ann")
    log = await stage.port(AuditLog)  # type: ignore[type-abstract]
    await login(stage, "ann", password="wrong password")
    await login(stage, "eve")
    await login(stage, "EVE")
    id, eve = str(ann.id), log.pseudonym("eve@kcs.test")
    assert await entries(stage) == [
        ("login", None, log.pseudonym("ann@kcs.test"), "refused"),  # before there was an account
        ("login", id, None, "ok"),
        ("login", None, id, "refused"),
        ("login", None, eve, "refused"),
        ("login", None, eve, "refused"),
    ]
    (row, *_) = await stage.ask(select(AuditEntryModel))
    assert row.ip_trunc == "127.0.0.0/24"
    assert UUID(row.request_id).version == 7
    kept = [line for line in (await dump(stage)).splitlines() if line.startswith("audit_")]
    assert kept
    assert not [line for line in kept if "@" in line]


async def test_a_stolen_refresh_token_is_audited_once(phone: Phone, stage: Site) -> None:
    await phone.swap()
    await phone.swap()
    assert await entries(stage) == []
    for _ in range(2):
        await phone.ask(phone.tokens[0])
    assert await entries(stage) == [("refresh", None, str(phone.member), "refused")]
    (row,) = await stage.ask(select(AuditEntryModel))
    assert row.meta == {"session": str(phone.id), "reason": "reuse"}


async def test_what_is_done_to_an_account_is_audited(
    stage: Site, mails: Mails, clock: FixedClock
) -> None:
    ann = await a_member(stage, "ann")
    await mails.of("ann@kcs.test")
    id = str(ann.id)

    seen = len(await entries(stage))
    body = {"current_password": PASSWORD, "new_password": "a new password"}
    changed = await ann.post("/auth/password/change", body)
    assert changed.status_code == 200, changed.text
    ann = await a_member(stage, "ann", "a new password")
    await ann.post("/auth/email/change", {"new_email": "new@kcs.test"})
    assert (await use(stage, "confirm", await mails.token("new@kcs.test", "confirm"))).is_success
    assert (await use(stage, "undo", await mails.token("ann@kcs.test", "undo"))).is_success
    assert (await use(stage, "reset", await mails.token("ann@kcs.test", "reset"))).is_success
    clock.at += HOUR
    await login(stage, "ann", password="another long one")
    ann = await a_member(stage, "ann", "another long one")
    assert (await ann.post("/auth/logout-all")).status_code == 204
    told = [entry for entry in (await entries(stage))[seen:] if entry[0] != "login"]
    assert told == [
        ("password.change", id, None, "ok"),
        ("email.change", id, None, "ok"),
        ("email.undo", id, None, "ok"),
        ("password.reset", id, None, "ok"),
        ("logout-all", id, None, "ok"),
    ]
    assert (await ask(stage, "password/forgot", "ann@kcs.test")).status_code == 202
    assert (await (await stage.port(VerifyAuditLog))()).faults == []


async def test_a_refused_change_is_not_told_as_one(stage: Site) -> None:
    ann = await a_member(stage, "ann")
    before = await entries(stage)
    body = {"current_password": "wrong password", "new_password": "a new password"}
    assert (await ann.post("/auth/password/change", body)).status_code == 401
    assert await entries(stage) == before


async def test_suspending_and_reinstating_is_audited_with_its_reason(stage: Site) -> None:
    ann = await stage.join("ann")
    await (await stage.port(SuspendMember))(ann.id, reason="spam")
    await (await stage.port(ReinstateMember))(ann.id, reason="a mistake")
    assert await entries(stage) == [
        ("member.suspend", None, str(ann.id), "ok"),
        ("member.reinstate", None, str(ann.id), "ok"),
    ]
    assert [row.meta for row in await stage.ask(select(AuditEntryModel))] == [
        {"reason": "spam"},
        {"reason": "a mistake"},
    ]


async def test_registering_leaves_no_trace_of_an_address(stage: Site) -> None:
    await register(stage, "ann")
    assert await entries(stage) == []
