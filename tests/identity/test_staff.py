"""Staff without a second factor are members like any other, until they sign in with one."""

import re

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select

from apps.identity.infrastructure.models import RefreshSessionModel
from apps.shared.presentation.who import as_staff
from tests.identity.letters import a_member
from tests.identity.stage import login, post, told
from tests.support.authenticators import App, set_up, verify
from tests.support.builders import HOUR, FixedClock, a_uuid
from tests.support.routes import PUBLIC, place_of, routes_of
from tests.support.site import API, Member, Site

NOBODY = str(a_uuid(1))
OPEN_TO_OTHERS = [
    ("POST", f"/card-proposals/{NOBODY}/confirm"),
    ("POST", "/rounds"),
    ("POST", f"/rounds/{NOBODY}/close"),
]
"""Routes that a trust level, or having begun something, opens as well."""

STAFFS = [
    ("GET", "/admin/members"),
    ("POST", f"/admin/members/{NOBODY}/suspend"),
    ("POST", f"/admin/members/{NOBODY}/reinstate"),
    ("DELETE", f"/admin/members/{NOBODY}/sessions"),
    ("PUT", f"/admin/members/{NOBODY}/role"),
    ("GET", "/admin/audit-log"),
    ("GET", "/admin/cases"),
    ("GET", f"/admin/cases/{NOBODY}"),
    ("POST", f"/admin/cases/{NOBODY}/assign"),
    ("POST", f"/admin/cases/{NOBODY}/decide"),
    ("GET", "/admin/appeals"),
    ("POST", f"/admin/appeals/{NOBODY}/decide"),
    ("POST", "/cards"),
    ("PATCH", f"/cards/{NOBODY}"),
    ("POST", f"/cards/{NOBODY}/merge"),
    ("POST", f"/card-proposals/{NOBODY}/reject"),
    ("GET", f"/rounds/{NOBODY}/result"),
    ("POST", f"/allocations/{NOBODY}/decide"),
    *OPEN_TO_OTHERS,
]
"""Routes on which it counts whether somebody is staff."""


async def refused(member: Member, method: str, path: str) -> bool:
    """Whether the second factor is what is missing."""
    body: dict[str, str] | None = None if method == "GET" else {}
    return told(await member.send(method, path, body)) == (403, "mfa-required")


async def signed_in(site: Site, nickname: str, app: App | None = None) -> Member:
    answer = await login(site, nickname)
    if app:
        answer = await verify(site, answer, await app.code())
    assert answer.status_code == 200, answer.text
    me = Member(site, (await a_session(site)).user_id, nickname, answer.json()["access_token"])
    assert (await me.get("/me")).json()["nickname"] == nickname
    return me


async def a_session(site: Site) -> RefreshSessionModel:
    """The newest one."""
    row = RefreshSessionModel
    found = await site.ask(select(row).order_by(row.id.desc()).limit(1))
    session: RefreshSessionModel = found[0]
    return session


@pytest.fixture(params=["moderator", "admin"])
async def staff(request: pytest.FixtureRequest, stage: Site) -> Member:
    """Somebody of staff who is signed in with a password only."""
    await a_member(stage, "max")
    await stage.run("UPDATE users SET role = :role", role=request.param)
    return await signed_in(stage, "max")


async def test_all_such_routes_are_in_the_list(stage: Site) -> None:
    """Those that are refused to whoever is not staff, and some that are not.

    Staff see all of any group order; the matrix asks each of those routes.
    """
    asked, refused_to_others, of_orders = set(), set(), set()
    for route in routes_of(stage.app):
        method, path = place_of(route)
        told_of = re.sub(r"{\w+}", NOBODY, path.removeprefix(API))
        original = route.original_route
        assert isinstance(original, APIRoute)
        if "group orders" in original.tags and place_of(route) not in PUBLIC:
            of_orders.add((method, told_of))
        if as_staff in {each.call for each in original.dependant.dependencies}:
            asked.add((method, told_of))
        if {"moderators-only", "admins-only", "curators-only"} & {
            *(original.openapi_extra or {}).get("x-refusals", ())
        }:
            refused_to_others.add((method, told_of))
    assert asked == {*STAFFS} | of_orders
    assert asked - refused_to_others - of_orders == {*OPEN_TO_OTHERS}
    assert refused_to_others <= asked


@pytest.mark.parametrize(("method", "path"), STAFFS)
async def test_what_only_staff_may_takes_a_second_factor(
    stage: Site, clock: FixedClock, method: str, path: str
) -> None:
    member = await a_member(stage, "max")
    assert not await refused(member, method, path)
    await stage.run("UPDATE users SET role = 'moderator'")
    assert await refused(member, method, path)
    app, _ = await set_up(member)
    assert await refused(member, method, path)  # this device was signed in without
    strong = await signed_in(stage, "max", app)
    assert not await refused(strong, method, path)
    clock.at += HOUR / 60
    assert (await strong.delete("/auth/totp")).status_code == 204
    assert await refused(strong, method, path)


async def test_staff_without_one_is_a_member_like_any_other(staff: Member) -> None:
    assert (await staff.get("/me")).status_code == 200
    assert (await staff.get("/me/copies")).status_code == 200
    assert (await staff.get("/card-proposals")).status_code == 200
    assert (await staff.get("/auth/sessions")).status_code == 200


async def test_sessions_of_staff_end_after_half_an_hour_and_half_a_day(
    staff: Member, stage: Site, clock: FixedClock
) -> None:
    session = await a_session(stage)
    assert session.idle_expires_at == clock.at + HOUR / 2
    assert session.expires_at == clock.at + 12 * HOUR
    token = (await login(stage, "max")).json()["refresh_token"]
    for _ in range(24):
        clock.at += HOUR / 2 - HOUR / 3600
        answer = await post(stage, "/auth/refresh", {"refresh_token": token})
        assert answer.status_code == 200
        token = answer.json()["refresh_token"]
    clock.at += HOUR / 60
    ended = await post(stage, "/auth/refresh", {"refresh_token": token})
    assert told(ended) == (401, "session-expired")
    token = (await login(stage, "max")).json()["refresh_token"]
    clock.at += HOUR / 2
    idle = await post(stage, "/auth/refresh", {"refresh_token": token})
    assert told(idle) == (401, "session-expired")
    assert told(await staff.get("/me"))[0] == 401
