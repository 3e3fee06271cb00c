"""What is written to the audit log of ways in and out: providers, devices, leaving, archives."""

from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from apps.identity.application.delete_account import EraseAccounts
from apps.identity.application.departures import RemoveMember, SuspendMember
from apps.identity.domain.session import BY_PROVIDER
from apps.identity.domain.user import GRACE
from apps.shared.application.audit import AuditLog
from apps.shared.infrastructure.audit import AuditEntryModel
from tests.identity.bearing import Bearer
from tests.identity.evil_provider import jws
from tests.identity.guessing import fail, lock
from tests.identity.letters import Mails, a_member, works
from tests.identity.phones import Phone
from tests.identity.provided import Provided
from tests.identity.stage import Postbox, post, register, told
from tests.support.audit import entries
from tests.support.builders import FixedClock
from tests.support.labour import work_once
from tests.support.levels import confirm_address
from tests.support.site import Site


async def refusals(site: Site) -> list[tuple[str | None, Any]]:
    """The target and the meta of each refused entry, oldest first."""
    rows = await site.ask(select(AuditEntryModel).order_by(AuditEntryModel.id))
    return [(row.target, row.meta) for row in rows if row.result == "refused"]


async def test_leaving_coming_back_and_being_erased_is_audited(
    stage: Site, postbox: Postbox, clock: FixedClock
) -> None:
    mails = Mails(stage, postbox)
    ann = await a_member(stage, "ann")
    await mails.of("ann@kcs.test")
    assert (await ann.delete("/me")).status_code == 202
    assert await works(stage, "keep", await mails.token("ann@kcs.test", "keep"))
    ann = await a_member(stage, "ann")
    assert (await ann.delete("/me")).status_code == 202
    clock.at += GRACE
    await (await stage.port(EraseAccounts))()
    await work_once(stage)
    id = str(ann.id)
    assert [entry for entry in await entries(stage) if entry[0] != "login"] == [
        ("account.delete", id, None, "ok"),
        ("account.keep", id, None, "ok"),
        ("account.delete", id, None, "ok"),
        ("account.erase", None, id, "ok"),
    ]


async def test_an_archive_is_audited_when_it_is_asked_for_and_when_it_is_fetched(
    stage: Site,
) -> None:
    ann = await stage.join("ann")
    id = str(ann.id)
    operation = (await ann.post("/me/exports")).json()
    assert (await ann.post("/me/exports")).status_code == 202  # the same one
    await work_once(stage)
    href = (await ann.get(f"/operations/{operation['id']}")).json()["result"]["href"]
    assert (await stage.client.get(f"{href[:-1]}x")).status_code in {404, 422}
    assert (await stage.client.get(href)).status_code == 200
    bearer = {"Authorization": f"Bearer {ann.token}"}
    assert (await stage.client.get(href, headers=bearer)).status_code == 200
    assert await entries(stage) == [
        ("export.ask", id, None, "ok"),
        ("export.fetch", None, id, "ok"),
        ("export.fetch", id, id, "ok"),
    ]


async def test_a_refresh_token_that_comes_by_another_way_is_audited(phone: Phone) -> None:
    cookie = {"Cookie": f"__Secure-kcs_rt={phone.refresh}", "X-KCS-Client": "web"}
    page = cookie | {"Sec-Fetch-Site": "same-origin"}
    assert told(await post(phone.site, "/auth/refresh", {}, **page)) == (
        401,
        "invalid-refresh-token",
    )
    told_of = {"session": str(phone.id), "reason": "another-way"}
    assert await refusals(phone.site) == [(str(phone.member), told_of)]
    await phone.swap()


async def test_the_failure_that_locks_an_account_says_so(stage: Site, clock: FixedClock) -> None:
    await register(stage, "ann")
    await lock(stage, "ann", clock)
    await fail(stage, "eve", 10)
    log = await stage.port(AuditLog)  # type: ignore[type-abstract]
    eve = log.pseudonym("eve@kcs.test")
    told_of = [(target == eve, meta) for target, meta in await refusals(stage)]
    assert told_of == [*[(False, {})] * 99, (False, {"locks": True}), *[(True, {})] * 10]


async def test_what_providers_open_is_audited(provided: Provided) -> None:
    site = provided.site
    ann = await provided.member(await provided.signs_in("ann"))
    waiting = await a_member(site, "bea")
    before = len(await entries(site))
    await provided.signs_in("bea", email="bea@kcs.test")
    assert told(await provided.signs_in("second", by=ann)) == (200, None)
    identity = (await ann.get("/auth/identities")).json()["items"][0]["id"]
    assert told(await ann.delete(f"/auth/identities/{identity}")) == (204, None)
    id, beas = str(ann.id), str(waiting.id)
    told_of = await entries(site)
    joined, linked, opened = told_of[:3]
    assert joined == ("account.join", id, None, "ok")
    assert (linked[:2], linked[3]) == (("identity.link", id), "ok")
    assert opened == ("login", id, None, "ok")
    assert [(action, actor) for action, actor, _, _ in told_of[before:]] == [
        ("account.claim", beas),
        ("identity.link", beas),
        ("login", beas),
        ("identity.link", id),
        ("identity.unlink", id),
    ]
    assert told_of[-1][2] == identity


@pytest.mark.parametrize("known", [True, False])
async def test_who_is_kept_out_in_spite_of_a_provider_is_audited(
    provided: Provided, *, known: bool
) -> None:
    """By an identity that opens the account, or by its address alone."""
    site = provided.site
    if known:
        ann = await provided.member(await provided.signs_in("ann"))
    else:
        ann = await a_member(site, "ann")
        await confirm_address(ann)
        assert told(await provided.signs_in("ann")) == (409, "account-link-required")
    await (await site.port(SuspendMember))(ann.id, reason="test")
    assert told(await provided.signs_in("ann")) == (403, "account-suspended")
    await (await site.port(RemoveMember))(ann.id, reason="test")
    assert told(await provided.signs_in("ann")) == (401, "oidc-token-invalid")
    way = {"amr": BY_PROVIDER, "provider": "generic"}
    reasons = ["suspended", "gone"] if known else ["link-required", "suspended", "gone"]
    found = [entry for entry in await refusals(site) if "reason" in entry[1]]
    assert found == [(str(ann.id), way | {"reason": reason}) for reason in reasons]


async def test_an_id_token_that_proves_nothing_is_audited(bearer: Bearer) -> None:
    site = bearer.visitor.site
    for way in (bearer.by_code, bearer.by_app):
        answer = await way(partial(jws, key=None, alg="none"))
        assert told(answer) == (401, "oidc-token-invalid")
    told_of = {"amr": BY_PROVIDER, "provider": "generic", "reason": "token-invalid"}
    assert await refusals(site) == [(None, told_of)] * 2
