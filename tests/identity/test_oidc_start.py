"""An attempt to sign in is begun and finished on one device, once, and leads only back to it."""

import asyncio
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from httpx import Response
from sqlalchemy import select

from apps.identity.domain.attempt import AttemptRepository
from apps.identity.infrastructure.attempts import AttemptModel, SqlAttemptRepository
from tests.identity.evil_provider import EvilProvider, Page, jws
from tests.identity.federation import (
    CALLBACK,
    CLIENT,
    OIDC,
    SECRET,
    Begun,
    Visitor,
    a_federated_site,
    quickly,
)
from tests.identity.stage import built, dump, post, statements, told
from tests.support.builders import FixedClock
from tests.support.site import Site, elsewhere

STATE_INVALID = (400, "oidc-state-invalid")
COOKIE = "__Secure-kcs_oidc"


def code_for(evil: EvilProvider, clock: FixedClock, begun: Begun) -> str:
    return evil.code_for(jws(evil.claims(begun.asked("nonce"), clock.now())))


async def test_the_provider_is_asked_by_the_book(
    federated: Site, evil: EvilProvider, clock: FixedClock
) -> None:
    visitor = Visitor(federated)
    begun = await visitor.begins()
    assert begun.url.startswith(f"{evil.issuer}/auth?")
    asked = {name: begun.asked(name) for name in ("response_type", "client_id", "redirect_uri")}
    assert asked == {"response_type": "code", "client_id": CLIENT, "redirect_uri": CALLBACK}
    assert (begun.asked("scope"), begun.asked("code_challenge_method")) == ("openid email", "S256")
    secrets = [begun.asked(name) for name in ("state", "nonce", "code_challenge")]
    assert [len(secret) for secret in secrets] == [43] * 3
    assert len({*secrets, begun.handle}) == 4
    code = code_for(evil, clock, begun)
    assert told(await visitor.ends(begun, code)) == (200, None)
    path, headers, form = evil.asked[1]
    assert path == "/token"
    assert headers["authorization"] == "Basic a2NzLXdlYjpodW50ZXIyJTIwaHVudGVyMg=="
    challenge = evil.challenge_of(form.pop("code_verifier"))
    assert challenge == begun.asked("code_challenge")
    wanted = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    assert form == wanted


async def test_a_client_shows_who_it_is_in_the_way_that_the_provider_takes(
    federated: Site, evil: EvilProvider, clock: FixedClock
) -> None:
    methods = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    told_so = evil.discovery(**methods, claims_parameter_supported=True)
    evil.pages["/.well-known/openid-configuration"] = Page(told_so)
    visitor = Visitor(federated)
    begun = await visitor.begins()
    assert "email_verified" in begun.asked("claims")
    code = code_for(evil, clock, begun)
    assert (await visitor.ends(begun, code)).status_code == 200
    _, headers, form = evil.asked[1]
    assert "authorization" not in headers
    assert (form["client_id"], form["client_secret"]) == (CLIENT, SECRET)


async def test_attack_45_a_state_that_is_missing_or_made_up(federated: Site) -> None:
    visitor = Visitor(federated)
    begun = await visitor.begins()
    for body in ({}, {"code": "c"}, {"code": "c", "state": ""}, {"code": "c", "state": None}):
        answer = await post(federated, f"{OIDC}/callback", body)
        assert told(answer) == (422, "validation-failed")
    for state in ("made up", begun.state[:-1], f"{begun.state}A", begun.state.swapcase()):
        assert told(await visitor.ends(begun, "c", state=state)) == STATE_INVALID


async def test_attack_45_a_state_serves_once_for_ten_minutes_at_its_provider(
    federated: Site, evil: EvilProvider, clock: FixedClock
) -> None:
    visitor = Visitor(federated)
    first, second = [await visitor.begins() for _ in range(2)]
    elsewhere_told = await post(
        federated,
        "/auth/oidc/google/callback",
        {"code": "c", "state": first.state, "handle": first.handle},
    )
    assert told(elsewhere_told) == STATE_INVALID
    code = code_for(evil, clock, first)
    assert (await visitor.ends(first, code)).status_code == 200
    assert told(await visitor.ends(first, code)) == STATE_INVALID
    clock.at += timedelta(minutes=10)
    assert told(await visitor.ends(second, code)) == STATE_INVALID


async def test_attack_45_a_state_is_used_up_also_where_the_provider_says_no(
    federated: Site, evil: EvilProvider
) -> None:
    visitor = Visitor(federated)
    begun = await visitor.begins()
    evil.pages["/token"] = Page({"error": "invalid_grant"}, 400)
    assert told(await visitor.ends(begun, "c")) == (401, "oidc-token-invalid")
    assert told(await visitor.ends(begun, "c")) == STATE_INVALID
    assert await federated.ask(select(AttemptModel.digest)) == []


async def test_attack_45_another_app_does_not_finish_it_nor_use_it_up(
    federated: Site, evil: EvilProvider, clock: FixedClock
) -> None:
    visitor = Visitor(federated)
    mine, other = [await visitor.begins() for _ in range(2)]
    code = code_for(evil, clock, mine)
    for handle in (None, "made up", other.handle, mine.state):
        assert told(await visitor.ends(mine, code, handle=handle)) == STATE_INVALID
    assert (await visitor.ends(mine, code)).status_code == 200


async def test_attack_45_another_browser_does_not_finish_it_nor_use_it_up(
    federated: Site, evil: EvilProvider, clock: FixedClock
) -> None:
    visitor = Visitor(federated)
    answer = await visitor.asks(delivery="cookie")
    begun = Begun.of(answer)
    assert begun.handle is None
    (told_cookie,) = answer.headers.get_list("Set-Cookie")
    pair, *attributes = told_cookie.split("; ")
    assert sorted(attributes) == sorted(
        ["Max-Age=600", "HttpOnly", "Secure", "SameSite=strict", "Path=/api/v1/auth/oidc"]
    )
    assert pair.startswith(f"{COOKIE}=")
    federated.client.cookies.clear()
    code = code_for(evil, clock, begun)

    async def ends(cookie: str | None) -> Response:
        headers = {"Cookie": cookie} if cookie else {}
        body = {"code": code, "state": begun.state}
        return await post(federated, f"{OIDC}/callback", body, **headers)

    other = (await visitor.asks(delivery="cookie")).headers["Set-Cookie"].partition(";")[0]
    federated.client.cookies.clear()
    for cookie in (None, other, f"{COOKIE}=", f"{COOKIE}={begun.state}"):
        assert told(await ends(cookie)) == STATE_INVALID
    done = await ends(pair)
    assert done.status_code == 200
    assert done.headers["Set-Cookie"].startswith(f'{COOKIE}=""; ')
    assert "Max-Age=0" in done.headers["Set-Cookie"]


ODD = (
    f"{CALLBACK}/",
    f"{CALLBACK}?x=1",
    f"{CALLBACK}#x",
    f"{CALLBACK}%20",
    CALLBACK.upper(),
    CALLBACK.replace("https", "http"),
    CALLBACK.replace("app.kcs.test", "app.kcs.test.evil.test"),
    CALLBACK.replace("app.kcs.test", "evil.app.kcs.test"),
    CALLBACK.replace("app.kcs.test", "app.kcs.test@evil.test"),
    CALLBACK.replace("app.kcs.test", "evil.test\\@app.kcs.test"),
    CALLBACK.replace("app.kcs.test", "app.kcs.test:443"),
    CALLBACK.replace("/signed-in", "/../signed-in"),
    CALLBACK.replace("app", "аpp"),  # noqa: RUF001 - a Cyrillic letter
    "app.kcs:/signed-in/..",
    "javascript:alert(1)",
    "//app.kcs.test/signed-in",
    urlsplit(CALLBACK).path,
)


async def test_attack_49_a_way_back_that_is_not_on_the_list(
    federated: Site, evil: EvilProvider
) -> None:
    visitor = Visitor(federated)
    for uri in ODD:
        answer = await visitor.asks(redirect_uri=uri)
        assert told(answer) == (422, "redirect-not-allowed"), uri
    assert evil.asked == []
    assert await federated.ask(select(AttemptModel.digest)) == []
    assert (await visitor.asks(redirect_uri="app.kcs:/signed-in")).status_code == 200


@pytest.mark.parametrize("what", ["start", "callback", "nonce", "id-token"])
async def test_a_provider_that_nobody_has_set_up(federated: Site, what: str) -> None:
    bodies = {
        "start": {"redirect_uri": CALLBACK},
        "callback": {"code": "c", "state": "s"},
        "nonce": None,
        "id-token": {"id_token": "a.b.c", "nonce": "n"},
    }
    for provider in ("facebook", "GENERIC", "generic%00", "x" * 500):
        answer = await post(federated, f"/auth/oidc/{provider}/{what}", bodies[what])
        assert told(answer) == (404, "unknown-provider")


async def test_nothing_that_serves_stands_in_the_database(federated: Site) -> None:
    begun = await Visitor(federated).begins()
    nonce = (await post(federated, f"{OIDC}/nonce", None)).json()["nonce"]
    rows = await dump(federated)
    assert begun.handle is not None
    assert begun.state not in rows
    assert begun.handle not in rows
    assert nonce in rows  # no secret: the ID token shows it to whoever it is shown to


class Meeting(SqlAttemptRepository):
    """Looks first and deletes then: the protection taken off."""

    async def finish(self, digest: str, **asked: object) -> object:  # type: ignore[override]
        del asked
        row = await self._current.session.get(AttemptModel, digest)
        await asyncio.sleep(0.2)  # until others have looked
        return row and row.entity()


async def finished_at_once(site: Site, evil: EvilProvider, clock: FixedClock) -> list[int]:
    """What eight hear who bring one code and state at the same moment."""
    visitor = Visitor(site)
    begun = await visitor.begins()
    code = code_for(evil, clock, begun)
    tries = [elsewhere(visitor.ends(begun, code)) for _ in range(8)]
    return sorted([(await each).status_code for each in tries])


async def test_of_many_who_finish_an_attempt_at_once_one_does(
    federated: Site, evil: EvilProvider, clock: FixedClock
) -> None:
    assert await finished_at_once(federated, evil, clock) == [200] + [400] * 7
    assert evil.times("/token") == 1


async def test_control_who_looks_before_finishing_is_not_alone(
    postgresql: str, keys: Path, evil: EvilProvider, clock: FixedClock
) -> None:
    overrides = built(AttemptRepository, Meeting), *quickly(clock)
    async with a_federated_site(postgresql, keys, evil.issuer, *overrides) as site:
        done = await finished_at_once(site, evil, clock)
    assert done.count(200) > 1


async def test_how_many_statements_it_takes(
    federated: Site, evil: EvilProvider, clock: FixedClock
) -> None:
    visitor = Visitor(federated)
    async with statements(federated) as beginning:
        begun = await visitor.begins()
    assert len(beginning) == 1
    assert (await visitor.ends(begun, code_for(evil, clock, begun))).is_success
    begun = await visitor.begins()
    code = code_for(evil, clock, begun)
    async with statements(federated) as ending:
        assert (await visitor.ends(begun, code)).is_success
    verbs = [statement.split()[0] for statement in ending]
    finished, known, means, account = ["DELETE"], ["SELECT"] * 3, ["SELECT"], ["SELECT", "UPDATE"]
    assert verbs == [*finished, *known, *means, "INSERT", *account, "INSERT"], "session, audited"
