"""Who is let in: the bearer of an access token of a session that lives, and nobody else."""

from datetime import timedelta

import pytest
from httpx import Headers, Response

from apps.identity.application.departures import ReinstateMember, SuspendMember
from tests.identity.forging import b64, hs, parts
from tests.identity.phones import Phone, a_phone
from tests.identity.stage import heard, post, statements, told
from tests.support.builders import FixedClock
from tests.support.site import API, Site

INVALID_TOKEN = (401, "invalid-token")
SENT, NOT_SENT = 'Bearer error="invalid_token"', "Bearer"


async def me(site: Site, *headers: tuple[str, str], **query: str) -> Response:
    return await site.client.get(f"{API}/me", headers=Headers([*headers]), params=query)


def bearer(token: str, scheme: str = "Bearer") -> tuple[str, str]:
    return "Authorization", f"{scheme} {token}"


def challenge(answer: Response) -> tuple[int, str, str]:
    return answer.status_code, answer.json()["code"], answer.headers["WWW-Authenticate"]


async def test_who_sends_no_token_is_asked_for_one(stage: Site) -> None:
    assert challenge(await me(stage)) == (401, "unauthenticated", NOT_SENT)


async def test_who_sends_a_bad_one_is_told_that_it_is_bad(stage: Site) -> None:
    assert challenge(await me(stage, bearer("token"))) == (401, "invalid-token", SENT)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_scheme_is_read_in_any_case(phone: Phone, scheme: str) -> None:
    assert (await me(phone.site, bearer(phone.access, scheme))).status_code == 200


async def test_attack_17_a_refresh_token_is_no_access_token(phone: Phone) -> None:
    assert told(await phone.look(phone.refresh)) == INVALID_TOKEN


async def test_attack_17_an_access_token_is_no_refresh_token(phone: Phone) -> None:
    assert told(await phone.ask(phone.access)) == (401, "invalid-refresh-token")


@pytest.mark.parametrize("scheme", ["Basic", "Token", "DPoP", "Bearer:", "Bearer Bearer", ""])
async def test_attack_18_another_scheme(phone: Phone, scheme: str) -> None:
    answer = await me(phone.site, bearer(phone.access, scheme))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == SENT


async def test_attack_18_two_authorization_headers(phone: Phone) -> None:
    good, bad = bearer(phone.access), bearer("token")
    for headers in ([good, good], [good, bad], [bad, good], [good, ("Authorization", "")]):
        answer = await me(phone.site, *headers)
        assert challenge(answer) == (401, "unauthenticated", SENT)


async def test_attack_18_two_tokens_in_one_header(phone: Phone) -> None:
    for header in (f"{phone.access}, Bearer {phone.access}", f"{phone.access} {phone.access}"):
        assert told(await me(phone.site, bearer(header))) == INVALID_TOKEN


async def test_attack_18_a_token_in_the_query_or_a_cookie(phone: Phone) -> None:
    assert told(await me(phone.site, access_token=phone.access)) == (400, "unknown-parameter")
    for name in ("access_token", "Authorization", "token"):
        answer = await me(phone.site, ("Cookie", f"{name}={phone.access}"))
        assert told(answer) == (401, "unauthenticated")


async def test_what_is_wrong_with_a_token_is_not_told(phone: Phone, clock: FixedClock) -> None:
    good = phone.access
    other = await a_phone(phone.site, (await phone.site.join("bea")).id)
    header, claims, signature = good.split(".")
    bad = [
        f"{header}.{claims}.{other.access.rpartition('.')[2]}",
        f"{header}.{other.access.split('.')[1]}.{signature}",
        f"{header}.{claims}.",
        phone.refresh,
        "x" * 5000,
        "a.b.c",
    ]
    answers = [heard(await phone.look(token)) for token in bad]
    await phone.leave()
    answers.append(heard(await phone.look()))
    assert answers == [answers[0]] * len(answers)
    assert answers[0][1]["code"] == "invalid-token"
    clock.at += timedelta(minutes=10, seconds=6)
    assert challenge(await other.look()) == (401, "token-expired", SENT)
    assert challenge(await phone.look()) == (401, "token-expired", SENT)


async def test_attack_10_a_token_is_good_four_seconds_too_late_and_not_six(
    phone: Phone, clock: FixedClock
) -> None:
    clock.at += timedelta(minutes=10, seconds=4)
    assert (await phone.look()).status_code == 200
    clock.at += timedelta(seconds=2)
    assert told(await phone.look()) == (401, "token-expired")


async def test_a_token_that_is_no_token_costs_no_query(phone: Phone) -> None:
    odd = [phone.refresh, "token", f"{phone.access}x", phone.access[:-1], "." * 4000]
    async with statements(phone.site) as sent:
        for token in odd:
            assert told(await phone.look(token)) == INVALID_TOKEN
    assert sent == []


@pytest.mark.parametrize("status", ["suspended", "deleted"])
async def test_attack_16_and_attack_29_who_was_suspended_or_deleted_is_out_at_once(
    phone: Phone, status: str
) -> None:
    assert (await phone.look()).status_code == 200
    await phone.site.run("UPDATE users SET status = :status", status=status)
    assert told(await phone.look()) == INVALID_TOKEN
    await phone.site.run("UPDATE users SET status = 'active'")
    assert (await phone.look()).status_code == 200


async def test_attack_29_who_is_suspended_can_neither_ask_nor_refresh(
    phone: Phone, stage: Site
) -> None:
    other = await a_phone(stage, (await stage.join("bea")).id)
    await (await stage.port(SuspendMember))(phone.member, reason="selling")
    assert await phone.is_dead()
    await (await stage.port(ReinstateMember))(phone.member, reason="a mistake")
    assert await phone.is_dead()
    await other.swap()


async def test_attack_16_an_account_that_is_gone_takes_its_sessions_along(phone: Phone) -> None:
    await phone.site.run("DELETE FROM profiles")
    await phone.site.run("DELETE FROM standings")
    await phone.site.run("DELETE FROM users")
    assert told(await phone.look()) == INVALID_TOKEN
    assert told(await phone.ask(phone.refresh)) == (401, "invalid-refresh-token")


async def test_a_session_does_not_speak_for_another_member(phone: Phone) -> None:
    bea = await phone.site.join("bea")
    await phone.site.run("UPDATE refresh_sessions SET user_id = :bea", bea=as_stored(phone, bea.id))
    assert told(await phone.look()) == INVALID_TOKEN


def as_stored(phone: Phone, id: object) -> object:
    """SQLite keeps ids as text."""
    return str(id).replace("-", "") if "sqlite" in phone.site.settings.database_url else id


async def test_a_token_says_nothing_but_ids_and_times(phone: Phone) -> None:
    header, claims = parts(phone.access)
    assert header.keys() == {"alg", "kid", "typ"}
    assert (claims["sub"], claims["sid"], claims["gen"]) == (str(phone.member), str(phone.id), 0)
    assert claims["exp"] - claims["iat"] == 600


# Signing out


async def both_dead(phone: Phone) -> None:
    assert told(await phone.look()) == INVALID_TOKEN
    assert told(await phone.ask(phone.refresh)) == (401, "invalid-refresh-token")


async def test_attack_26_signing_out_by_the_refresh_token_acts_on_the_next_request(
    phone: Phone,
) -> None:
    await phone.swap()
    assert (await phone.look()).status_code == 200
    answer = await post(phone.site, "/auth/logout", {"refresh_token": phone.refresh})
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    await both_dead(phone)


@pytest.mark.parametrize("body", [None, {}, {"refresh_token": None}], ids=str)
async def test_attack_26_so_does_signing_out_by_the_access_token(
    phone: Phone, body: object
) -> None:
    answer = await post(phone.site, "/auth/logout", body, **dict([bearer(phone.access)]))
    assert answer.status_code == 204
    await both_dead(phone)


async def test_signing_out_by_an_older_token_of_the_device_works_too(phone: Phone) -> None:
    await phone.swap()
    answer = await post(phone.site, "/auth/logout", {"refresh_token": phone.tokens[0]})
    assert answer.status_code == 204
    await both_dead(phone)


async def test_signing_out_leaves_other_devices_alone(phone: Phone) -> None:
    other = await a_phone(phone.site, phone.member)
    await phone.leave()
    assert (await other.look()).status_code == 200


async def test_what_is_unknown_or_over_can_be_signed_out_as_well(phone: Phone) -> None:
    await phone.leave()
    for token in (phone.refresh, "token", phone.access, f"{phone.refresh}="):
        answer = await post(phone.site, "/auth/logout", {"refresh_token": token})
        assert answer.status_code == 204
    assert (await phone.site.client.post(f"{API}/auth/logout")).status_code == 204


@pytest.mark.parametrize("secret", [b"", bytes(32)])
async def test_attack_23_a_forged_refresh_token_signs_nobody_out(
    phone: Phone, secret: bytes
) -> None:
    message = phone.refresh.rpartition(".")[0]
    forged = f"{message}.{b64(hs(secret)(message.encode()))}"
    answer = await post(phone.site, "/auth/logout", {"refresh_token": forged})
    assert answer.status_code == 204
    assert (await phone.look()).status_code == 200
    await phone.swap()


async def test_a_bad_refresh_token_beside_a_good_access_token_signs_its_device_out(
    phone: Phone,
) -> None:
    body = {"refresh_token": "token"}
    answer = await post(phone.site, "/auth/logout", body, **dict([bearer(phone.access)]))
    assert answer.status_code == 204
    await both_dead(phone)


async def test_a_refresh_token_says_which_of_two_devices_is_signed_out(phone: Phone) -> None:
    other = await a_phone(phone.site, phone.member)
    body = {"refresh_token": other.refresh}
    await post(phone.site, "/auth/logout", body, **dict([bearer(phone.access)]))
    await both_dead(other)
    assert (await phone.look()).status_code == 200


async def test_a_refresh_token_signs_out_whatever_became_of_the_access_token(
    phone: Phone, clock: FixedClock
) -> None:
    clock.at += timedelta(hours=1)
    headers = dict([bearer(phone.access)])
    answer = await post(phone.site, "/auth/logout", {"refresh_token": phone.refresh}, **headers)
    assert answer.status_code == 204
    assert (await phone.row()).revoked_at == clock.at


async def test_an_access_token_alone_must_be_good_to_sign_out(
    phone: Phone, clock: FixedClock
) -> None:
    clock.at += timedelta(hours=1)
    answer = await post(phone.site, "/auth/logout", {}, **dict([bearer(phone.access)]))
    assert told(answer) == (401, "token-expired")
    assert (await phone.row()).revoked_at is None
