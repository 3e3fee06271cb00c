"""Which account a provider's word opens: a new one, one's own, and never somebody else's."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from apps.identity.application.departures import ReinstateMember, RemoveMember, SuspendMember
from apps.identity.infrastructure.linked_identities import LinkedIdentityModel
from apps.identity.infrastructure.models import UserModel
from apps.shared.domain.ids import Clock
from tests.identity.evil_provider import EvilProvider
from tests.identity.federation import a_federated_site
from tests.identity.letters import NEW_PASSWORD, Mails, a_member, ask, works
from tests.identity.phones import a_phone
from tests.identity.provided import Provided
from tests.identity.stage import Postbox, login, register, serving, told
from tests.identity.test_login import Hashing
from tests.support.authenticators import WRONG, set_up, verify, wrong
from tests.support.builders import NOON, FixedClock
from tests.support.levels import level_of
from tests.support.site import Member, Site

LOGIN_MEMBERS = {
    *("access_token", "token_type", "expires_in"),
    *("session_id", "refresh_token", "refresh_expires_in"),
}
GONE = (401, "oidc-token-invalid")
LINK_REQUIRED = (409, "account-link-required")


@pytest.fixture
def mails(federated: Site, postbox: Postbox) -> Mails:
    return Mails(federated, postbox)


async def confirmed(site: Site, member: Member) -> Member:
    """The member, who has confirmed the address."""
    await site.change(
        update(UserModel).where(UserModel.id == member.id).values(email_verified_at=NOON)
    )
    return member


async def test_who_is_new_gets_an_account_without_a_password(provided: Provided) -> None:
    site = provided.site
    first = await provided.signs_in("ann")
    assert first.status_code == 200
    assert first.json().keys() == LOGIN_MEMBERS
    me = await provided.me(first)
    assert (me["email"], me["email_verified"], me["role"]) == ("ann@kcs.test", True, "user")
    assert re.fullmatch(r"fan-[0-9a-f]{10}", me["nickname"])
    assert told(await login(site, "ann")) == (401, "invalid-credentials")
    again = await provided.signs_in("ann", email="moved@kcs.test")
    assert (await provided.me(again)) == me
    session, *_ = (await provided.get(again, "/auth/sessions")).json()["items"]
    assert session["current"] is True
    other = await provided.me(await provided.signs_in("bea", email="bea@kcs.test"))
    assert other["id"] != me["id"]


async def test_a_nickname_can_be_chosen_later(provided: Provided) -> None:
    ann = await provided.member(await provided.signs_in("ann"))
    assert (await ann.patch("/me", {"nickname": "ann"})).status_code == 200


async def test_a_password_can_be_set_later(provided: Provided, mails: Mails) -> None:
    await provided.signs_in("ann")
    await ask(provided.site, "password/forgot", "ann@kcs.test")
    assert await works(provided.site, "reset", await mails.token("ann@kcs.test", "reset"))
    assert (await login(provided.site, "ann", password=NEW_PASSWORD)).status_code == 200


async def test_a_second_factor_is_asked_for_behind_a_provider_too(provided: Provided) -> None:
    ann = await provided.member(await provided.signs_in("ann"))
    app, _ = await set_up(ann)
    first = await provided.signs_in("ann")
    assert first.json().keys() == {"status", "mfa_token", "methods"}
    assert told(await verify(provided.site, first, wrong(await app.code()))) == WRONG
    signed_in = await verify(provided.site, first, await app.code())
    assert (await provided.me(signed_in))["id"] == str(ann.id)


async def test_attack_35_signing_in_without_a_password_costs_the_work_of_a_wrong_one(
    url: str, keys: Path, evil: EvilProvider, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashing, still = Hashing(monkeypatch), serving(Clock, clock)
    async with a_federated_site(url, keys, evil.issuer, still) as site:
        assert (await Provided(site, evil, clock).signs_in("ann")).status_code == 200
        await register(site, "bea")
        done = []
        for nickname, guess in (("ann", "wrong"), ("bea", "wrong"), ("eve", "wrong"), ("ann", "!")):
            hashing.runs.clear()
            answer = await login(site, nickname, password=guess)
            assert told(answer) == (401, "invalid-credentials")
            done.append([run for run in hashing.runs if run])
    assert done == [["$argon2id$v=19$m=19456,t=2,p=1"]] * 4


async def test_a_confirmed_account_with_the_same_address_is_not_opened(
    provided: Provided, mails: Mails
) -> None:
    site = provided.site
    ann = await confirmed(site, await a_member(site, "ann"))
    for email in ("ann@kcs.test", "ANN@kcs.test"):
        assert told(await provided.signs_in("ann", email=email)) == LINK_REQUIRED
    assert await site.ask(select(LinkedIdentityModel.id)) == []
    assert (await login(site, "ann")).status_code == 200
    await mails.of("ann@kcs.test")
    assert told(await provided.signs_in("ann", by=ann)) == (200, None)
    opened = await provided.me(await provided.signs_in("ann"))
    assert opened["id"] == str(ann.id)
    (letter,) = await mails.of("ann@kcs.test")
    assert letter.subject == "Another way to sign in"


async def test_an_address_that_can_be_taken_back_is_not_given_away(
    provided: Provided, mails: Mails
) -> None:
    site = provided.site
    ann = await confirmed(site, await a_member(site, "ann"))
    await mails.of("ann@kcs.test")
    assert (await ann.post("/auth/email/change", {"new_email": "b@kcs.test"})).status_code == 202
    assert await works(site, "confirm", await mails.token("b@kcs.test", "confirm"))
    assert told(await provided.signs_in("x", email="ann@kcs.test")) == LINK_REQUIRED


async def test_an_unconfirmed_account_is_handed_over_with_all_its_doors_shut(
    provided: Provided, mails: Mails
) -> None:
    """Somebody waits in an account under the address of its owner, who comes by a provider."""
    site, address = provided.site, "ann@kcs.test"
    waiting = await a_member(site, "ann")
    phone = await a_phone(site, waiting.id)
    verification = await mails.token(address, "verify")
    await ask(site, "password/forgot", address)
    reset = await mails.token(address, "reset")
    await waiting.post("/auth/email/change", {"new_email": "eve@kcs.test"})
    change = await mails.token("eve@kcs.test", "confirm")
    await waiting.post("/auth/email/change", {"new_email": "eva@kcs.test"})  # not yet sent
    assert told(await provided.visitor.asks(waiting)) == (403, "email-not-verified")

    opened = await provided.signs_in("ann")

    assert opened.status_code == 200
    me = await provided.me(opened)
    assert (me["id"], me["email_verified"]) == (str(waiting.id), True)
    assert told(await login(site, "ann")) == (401, "invalid-credentials")
    assert told(await waiting.get("/me")) == (401, "invalid-token")
    assert await phone.is_dead()
    for what, token in (("verify", verification), ("reset", reset), ("confirm", change)):
        assert not await works(site, what, token)
    assert await mails.none()
    assert len((await provided.get(opened, "/auth/sessions")).json()["items"]) == 1
    assert await level_of(await provided.member(opened)) == 0
    assert (await provided.me(await provided.signs_in("ann")))["id"] == str(waiting.id)


async def test_a_device_that_began_to_link_before_is_too_late(provided: Provided) -> None:
    site = provided.site
    waiting = await a_member(site, "ann")
    await confirmed(site, waiting)
    begun = await provided.visitor.begins(waiting)
    await waiting.post("/auth/logout-all", {})
    answer = await provided.ends(begun, "eve")
    assert told(answer) == (400, "oidc-state-invalid")
    assert await site.ask(select(LinkedIdentityModel.id)) == []


async def test_linking_takes_somebody_who_has_just_proved_who_they_are(
    provided: Provided, clock: FixedClock
) -> None:
    site = provided.site
    ann = await confirmed(site, await a_member(site, "ann"))
    assert told(await provided.visitor.asks(intent="link")) == (401, "unauthenticated")
    nobody = Member(site, ann.id, "ann", "x.y.z")
    assert told(await provided.visitor.asks(nobody)) == (401, "invalid-token")
    clock.at += timedelta(minutes=5, seconds=1)
    assert told(await provided.visitor.asks(ann)) == (403, "reauth-required")


async def test_addresses_need_not_be_equal_to_be_linked(provided: Provided) -> None:
    ann = await confirmed(provided.site, await a_member(provided.site, "ann"))
    for _ in range(2):  # linked already, it stays so
        linked = await provided.signs_in("g", by=ann, email="private@kcs.test")
        assert (linked.status_code, linked.json()) == (200, {"status": "linked"})
    (shown,) = (await ann.get("/auth/identities")).json()["items"]
    assert (shown["provider"], shown["email"]) == ("generic", "private@kcs.test")
    assert shown.keys() == {"id", "provider", "email", "created_at"}
    assert (await provided.me(await provided.signs_in("g")))["id"] == str(ann.id)


async def test_what_opens_one_account_is_not_linked_to_another(provided: Provided) -> None:
    ann = await confirmed(provided.site, await a_member(provided.site, "ann"))
    await provided.signs_in("bea", email="bea@kcs.test")
    assert told(await provided.signs_in("bea", by=ann)) == (409, "identity-taken")
    assert (await ann.get("/auth/identities")).json()["items"] == []


async def test_there_is_an_end_to_linking(provided: Provided) -> None:
    ann = await confirmed(provided.site, await a_member(provided.site, "ann"))
    answers = [told(await provided.signs_in(f"g{number}", by=ann)) for number in range(11)]
    assert answers == [(200, None)] * 10 + [(422, "limit-exceeded")]
    first = await ann.get("/auth/identities", limit=6)
    rest = await ann.get("/auth/identities", limit=6, cursor=first.json()["next_cursor"])
    assert [len(page.json()["items"]) for page in (first, rest)] == [6, 4]


async def test_the_same_subject_elsewhere_is_somebody_else(provided: Provided) -> None:
    mine = await provided.signs_in("ann")
    await provided.site.change(update(LinkedIdentityModel).values(issuer="https://other.test"))
    assert told(await provided.signs_in("ann")) == LINK_REQUIRED
    assert (await provided.me(mine))["email"] == "ann@kcs.test"


async def test_who_is_suspended_or_gone_stays_out(provided: Provided) -> None:
    site = provided.site
    ann = await provided.member(await provided.signs_in("ann"))
    await (await site.port(SuspendMember))(ann.id, reason="test")
    assert told(await provided.signs_in("ann")) == (403, "account-suspended")
    await (await site.port(ReinstateMember))(ann.id, reason="test")
    assert told(await provided.signs_in("ann")) == (200, None)
    await (await site.port(RemoveMember))(ann.id, reason="test")
    assert told(await provided.signs_in("ann")) == GONE
    assert told(await provided.signs_in("new")) == GONE
    bea = await a_member(site, "bea")
    await (await site.port(SuspendMember))(bea.id, reason="test")
    suspended = await provided.signs_in("bea", email="bea@kcs.test")
    await (await site.port(RemoveMember))(bea.id, reason="test")
    removed = await provided.signs_in("bea", email="bea@kcs.test")
    assert [told(suspended), told(removed)] == [(403, "account-suspended"), GONE]


@pytest.mark.parametrize("linked", [True, False])
async def test_who_is_leaving_stays_out_as_well(
    provided: Provided, mails: Mails, *, linked: bool
) -> None:
    site = provided.site
    if linked:
        ann = await provided.member(await provided.signs_in("ann"))
    else:
        ann = await a_member(site, "ann")
        await mails.of("ann@kcs.test")
    assert (await ann.delete("/me")).status_code == 202
    assert told(await provided.signs_in("ann")) == GONE
    assert await works(site, "keep", await mails.token("ann@kcs.test", "keep"))
    assert told(await provided.signs_in("ann")) == (200, None)


async def test_the_last_way_in_stays(provided: Provided, mails: Mails, clock: FixedClock) -> None:
    site = provided.site
    ann = await provided.member(await provided.signs_in("ann"))
    assert told(await provided.signs_in("second", by=ann)) == (200, None)
    second, first = [item["id"] for item in (await ann.get("/auth/identities")).json()["items"]]
    bea = await provided.member(await provided.signs_in("bea", email="bea@kcs.test"))
    for identity in (first, str(bea.id)):
        assert told(await bea.delete(f"/auth/identities/{identity}")) == (404, "not-found")
    assert told(await ann.delete(f"/auth/identities/{first}")) == (204, None)
    assert told(await provided.signs_in("ann")) == LINK_REQUIRED
    assert told(await ann.delete(f"/auth/identities/{first}")) == (404, "not-found")
    assert told(await ann.delete(f"/auth/identities/{second}")) == (409, "last-credential")
    assert told(await provided.signs_in("second")) == (200, None)
    await mails.of("ann@kcs.test")
    await ask(site, "password/forgot", "ann@kcs.test")
    assert await works(site, "reset", await mails.token("ann@kcs.test", "reset"))
    ann = await provided.member(await provided.signs_in("second"))
    clock.at += timedelta(minutes=5, seconds=1)
    assert told(await ann.delete(f"/auth/identities/{second}")) == (403, "reauth-required")
    ann = await provided.member(await provided.signs_in("second"))
    assert told(await ann.delete(f"/auth/identities/{second}")) == (204, None)


async def test_undoing_a_change_of_address_unlinks_what_a_thief_has_linked(
    provided: Provided, mails: Mails
) -> None:
    site = provided.site
    thief = await confirmed(site, await a_member(site, "ann"))
    assert told(await provided.signs_in("eve", by=thief)) == (200, None)
    await mails.of("ann@kcs.test")
    await thief.post("/auth/email/change", {"new_email": "eve@kcs.test"})
    assert await works(site, "confirm", await mails.token("eve@kcs.test", "confirm"))
    assert await works(site, "undo", await mails.token("ann@kcs.test", "undo"))
    assert await site.ask(select(LinkedIdentityModel.id)) == []
    mine = await provided.me(await provided.signs_in("eve", email="eve@kcs.test"))
    assert mine["id"] != str(thief.id)
