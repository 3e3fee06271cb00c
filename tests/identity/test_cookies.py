"""A page in a browser: its refresh token lives in a cookie that only pages of ours can use."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch
from uuid import UUID

import pytest
from httpx import Response
from sqlalchemy import select

from apps.identity.application.ports import Mailer, Passwords
from apps.identity.domain.session import SessionId
from apps.identity.infrastructure.models import UserModel
from apps.identity.presentation import cookies
from apps.shared.domain.ids import Clock
from tests.identity.letters import NEW_PASSWORD
from tests.identity.phones import Phone, a_phone
from tests.identity.stage import (
    PASSWORD,
    PlainPasswords,
    Postbox,
    login,
    post,
    register,
    serving,
    statements,
    told,
)
from tests.support.builders import FixedClock
from tests.support.site import API, Member, Site

OURS, ANOTHER = "https://app.kcs.test", "https://desk.kcs.test"
NAME = "__Secure-kcs_rt"
KEPT = "Path=/api/v1/auth; HttpOnly; Secure; SameSite=Strict"
JSON = {"Content-Type": "application/json"}
CLIENT = {"X-KCS-Client": "web"}
PAGE = JSON | CLIENT | {"Origin": OURS}
INVALID = (401, "invalid-refresh-token")
CSRF = (403, "csrf-failed")
DOORS = ["refresh", "logout"]


@pytest.fixture
async def stage(url: str, keys: Path, clock: FixedClock, postbox: Postbox) -> AsyncIterator[Site]:
    """An installation that lets pages of two origins in."""
    services = {Clock: clock, Mailer: postbox, Passwords: PlainPasswords()}
    overrides = [serving(kind, service) for kind, service in services.items()]
    async with Site(url, keys, *overrides, cors_origins=(OURS, ANOTHER)) as site:
        yield site


@pytest.fixture
async def page(stage: Site) -> Phone:
    """Ann's browser; its refresh tokens came in cookies."""
    await register(stage, "ann")
    answer = await login(stage, "ann", delivery="cookie")
    (member,) = await stage.ask(select(UserModel.id))
    session = SessionId(UUID(answer.json()["session_id"]))
    return Phone(stage, member, session, answer.json()["access_token"], [held(answer)])


def held(answer: Response) -> str:
    """The token that an answer has the browser keep, every attribute of it being right."""
    assert answer.status_code == 200, answer.text
    (header,) = answer.headers.get_list("Set-Cookie")
    pair, _, kept = header.partition("; ")
    name, _, token = pair.partition("=")
    assert name == NAME
    assert kept == f"Max-Age={answer.json()['refresh_expires_in']}; {KEPT}"
    assert "refresh_token" not in answer.json()
    assert token not in answer.text
    return token


async def knock(
    site: Site, door: str, token: str | None, headers: dict[str, str] = PAGE, content: str = "{}"
) -> Response:
    """Ask as a browser does that holds this cookie, or none."""
    cookie = {"Cookie": f"theme=dark; {NAME}={token}"} if token else {}
    return await site.client.post(
        f"{API}/auth/{door}", content=content, headers=[*headers.items(), *cookie.items()]
    )


async def test_attack_33_the_cookie_has_these_attributes_wherever_it_is_set(
    stage: Site, page: Phone
) -> None:
    refreshed = await knock(stage, "refresh", page.refresh)
    assert held(refreshed) != page.refresh
    ann = Member(stage, page.member, "ann", refreshed.json()["access_token"])
    change = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    token = held(await ann.post("/auth/password/change", change))
    assert (await knock(stage, "refresh", token)).status_code == 200
    assert told(await knock(stage, "refresh", held(refreshed))) == INVALID


async def test_in_body_mode_no_cookie_is_set(stage: Site, page: Phone) -> None:
    for body in ({}, {"delivery": "body"}):
        answer = await login(stage, "ann", **body)
        assert "Set-Cookie" not in answer.headers
        again = await post(
            stage, "/auth/refresh", {"refresh_token": answer.json()["refresh_token"]}
        )
        assert "Set-Cookie" not in again.headers
        assert again.json()["refresh_token"]
    assert (await page.row()).generation == 0


async def test_a_page_refreshes_and_a_retry_gets_the_same_cookie(page: Phone) -> None:
    second = held(await knock(page.site, "refresh", page.refresh))
    assert held(await knock(page.site, "refresh", page.refresh)) == second
    third = held(await knock(page.site, "refresh", second))
    stolen = await knock(page.site, "refresh", page.refresh)
    assert told(stolen) == (401, "refresh-token-reused")
    assert told(await knock(page.site, "refresh", third)) == INVALID


@pytest.mark.parametrize("content", ["{}", "", "null", '{"refresh_token": null}'])
async def test_the_body_may_say_nothing(page: Phone, content: str) -> None:
    held(await knock(page.site, "refresh", page.refresh, content=content))


async def test_attack_31_a_token_from_a_cookie_counts_in_no_body(page: Phone) -> None:
    before = vars(await page.row())
    assert told(await page.ask(page.refresh)) == INVALID
    both = await knock(
        page.site, "refresh", page.refresh, content=f'{{"refresh_token": "{page.refresh}"}}'
    )
    assert told(both) == INVALID
    await page.leave()
    assert vars(await page.row()) == before
    held(await knock(page.site, "refresh", page.refresh))


async def test_attack_31_a_token_from_a_body_counts_in_no_cookie(stage: Site, page: Phone) -> None:
    phone = await a_phone(stage, page.member)
    before = vars(await phone.row())
    for door, answer in (("refresh", INVALID), ("logout", (204, None))):
        assert told(await knock(stage, door, phone.refresh)) == answer
    assert vars(await phone.row()) == before
    await phone.swap()


FOREIGN: dict[str, dict[str, str]] = {
    "no origin": JSON | CLIENT,
    "foreign": PAGE | {"Origin": "https://evil.test"},
    "null": PAGE | {"Origin": "null"},
    "empty": PAGE | {"Origin": ""},
    "http": PAGE | {"Origin": "http://app.kcs.test"},
    "port": PAGE | {"Origin": f"{OURS}:8443"},
    "longer": PAGE | {"Origin": f"{OURS}.evil.test"},
    "both": PAGE | {"Origin": f"{OURS}, {ANOTHER}"},
    "case": PAGE | {"Origin": OURS.upper()},
    "same site": JSON | CLIENT | {"Sec-Fetch-Site": "same-site"},
    "cross site": JSON | CLIENT | {"Sec-Fetch-Site": "cross-site"},
    "foreign page of the same origin": PAGE
    | {"Origin": "https://evil.test", "Sec-Fetch-Site": "same-origin"},
    "referrer": JSON | CLIENT | {"Referer": f"{OURS}/"},
    "no client": JSON | {"Origin": OURS},
    "another client": PAGE | {"X-KCS-Client": "app"},
    "no media type": CLIENT | {"Origin": OURS},
    "a form": PAGE | {"Content-Type": "application/x-www-form-urlencoded"},
    "text": PAGE | {"Content-Type": "text/plain"},
    "nearly JSON": PAGE | {"Content-Type": "application/jsonp"},
}


@pytest.mark.parametrize("door", DOORS)
async def test_attack_32_the_cookie_is_good_for_pages_of_ours_alone(page: Phone, door: str) -> None:
    before = vars(await page.row())
    for name, headers in FOREIGN.items():
        answer = await knock(page.site, door, page.refresh, headers)
        assert told(answer) == CSRF, name
        assert "Set-Cookie" not in answer.headers
        assert vars(await page.row()) == before, name
    held(await knock(page.site, "refresh", page.refresh))


async def test_attack_32_two_origins_or_two_clients_are_none(page: Phone) -> None:
    for twice in (("Origin", ANOTHER), ("X-KCS-Client", "web")):
        headers = [*PAGE.items(), twice, ("Cookie", f"{NAME}={page.refresh}")]
        answer = await page.site.client.post(f"{API}/auth/refresh", json={}, headers=headers)
        assert told(answer) == CSRF
    assert (await page.row()).generation == 0


async def test_attack_32_without_that_check_a_foreign_page_would_rotate_it(
    page: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cookies, "hold_that_our_page_asks", lambda *_: None)
    held(await knock(page.site, "refresh", page.refresh, FOREIGN["foreign"]))
    assert (await page.row()).generation == 1


@pytest.mark.parametrize(
    "headers",
    [
        PAGE,
        PAGE | {"Origin": ANOTHER},
        PAGE | {"Content-Type": "Application/JSON; charset=utf-8"},
        PAGE | {"Sec-Fetch-Site": "same-site"},
        JSON | CLIENT | {"Sec-Fetch-Site": "same-origin"},
    ],
)
async def test_pages_of_ours_are_let_in(page: Phone, headers: dict[str, str]) -> None:
    held(await knock(page.site, "refresh", page.refresh, headers))


async def test_a_page_whose_cookie_has_ended_is_told_to_sign_in(stage: Site) -> None:
    assert told(await knock(stage, "refresh", None)) == INVALID
    assert told(await knock(stage, "refresh", "no-token")) == INVALID
    assert told(await knock(stage, "refresh", None, JSON)) == (422, "validation-failed")


async def test_a_page_signs_out(stage: Site, page: Phone) -> None:
    phone = await a_phone(stage, page.member)
    answer = await knock(stage, "logout", page.refresh)
    assert told(answer) == (204, None)
    assert answer.headers.get_list("Set-Cookie") == [f"{NAME}=; Max-Age=0; {KEPT}"]
    assert told(await page.look()) == (401, "invalid-token")
    assert told(await knock(stage, "refresh", page.refresh)) == INVALID
    assert (await phone.look()).status_code == 200
    gone = await knock(stage, "logout", page.refresh)
    assert (gone.status_code, gone.headers["Set-Cookie"][: len(NAME)]) == (204, NAME)
    await phone.leave()


async def test_nothing_else_reads_the_cookie(stage: Site, page: Phone) -> None:
    headers = PAGE | {"Cookie": f"{NAME}={page.refresh}"}
    for method, path in (("GET", "/auth/sessions"), ("POST", "/auth/logout-all"), ("GET", "/me")):
        answer = await stage.client.request(method, API + path, headers=headers)
        assert told(answer) == (401, "unauthenticated")
    assert (await page.row()).revoked_at is None


async def test_a_body_is_still_refreshed_past_fastapi(stage: Site, page: Phone) -> None:
    phone = await a_phone(stage, page.member)
    with patch("fastapi.routing.solve_dependencies", side_effect=AssertionError) as by_fastapi:
        await phone.swap()
        assert not by_fastapi.called
        assert told(await knock(stage, "refresh", page.refresh)) == (500, "internal-error")
        assert by_fastapi.called  # control: nothing else would have served the cookie


async def test_a_page_costs_the_same_statements(page: Phone) -> None:
    await page.look()
    async with statements(page.site) as sent:
        held(await knock(page.site, "refresh", page.refresh))
        assert told(await knock(page.site, "refresh", None)) == INVALID
        await knock(page.site, "refresh", page.refresh, FOREIGN["foreign"])
    assert [statement.split()[0] for statement in sent] == ["SELECT", "UPDATE"]


async def test_the_cookie_lives_as_long_as_the_token(page: Phone, clock: FixedClock) -> None:
    token = page.refresh
    for _ in range(8):
        clock.at += timedelta(days=11)
        token = held(await knock(page.site, "refresh", token))
    assert (await knock(page.site, "refresh", token)).json()["refresh_expires_in"] == 2 * 86_400
