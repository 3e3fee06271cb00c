"""Signed-in devices: seen from any of them, and signed out from any of them."""

from datetime import timedelta
from uuid import UUID

import pytest

from apps.identity.domain.session import TERMS
from tests.identity.phones import Phone, a_phone
from tests.identity.stage import told
from tests.support.builders import FixedClock
from tests.support.site import API, Member, Site

NOBODYS = UUID("01940000-0000-7000-8000-000000000000")


@pytest.fixture
async def ann(stage: Site) -> Member:
    return await stage.join("anna")  # `phone` is Ann's


async def listed(member: Member, **query: object) -> list[str]:
    """The ids of the member's sessions, page by page."""
    found: list[str] = []
    while True:
        page = (await member.get("/auth/sessions", **query)).json()
        found += [session["id"] for session in page["items"]]
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]


async def test_a_device_is_shown_as_it_signed_in(stage: Site, clock: FixedClock) -> None:
    account = {"email": "ann@kcs.test", "password": "correct horse battery"}
    await stage.client.post(f"{API}/auth/register", json=account | {"nickname": "ann"})
    signed_in = await stage.client.post(
        f"{API}/auth/login", json=account | {"device_name": "phone"}, headers={"User-Agent": "App"}
    )
    tokens, began = signed_in.json(), clock.at
    clock.at += timedelta(minutes=5)
    refreshed = await stage.client.post(
        f"{API}/auth/refresh", json={"refresh_token": tokens["refresh_token"]}
    )
    bearer = {"Authorization": f"Bearer {refreshed.json()['access_token']}"}
    answer = await stage.client.get(f"{API}/auth/sessions", headers=bearer)
    assert answer.headers["Cache-Control"] == "no-store"
    (session,) = answer.json()["items"]
    assert session == {
        "id": tokens["session_id"],
        "device_name": "phone",
        "ua": "App",
        "ip_trunc": "127.0.0.0/24",
        "created_at": in_json(began),
        "last_used_at": in_json(clock.at),
        "expires_at": in_json(began + TERMS.lifetime),
        "current": True,
    }


def in_json(moment: object) -> str:
    return str(moment).replace(" ", "T").replace("+00:00", "Z")


async def test_the_newest_come_first_page_by_page_and_the_callers_own_is_marked(
    ann: Member,
) -> None:
    phones = [await a_phone(ann.site, ann.id) for _ in range(4)]
    await a_phone(ann.site, (await ann.site.join("bea")).id)
    everything = (await ann.get("/auth/sessions")).json()["items"]
    assert [session["id"] for session in everything[:-1]] == [str(p.id) for p in reversed(phones)]
    assert [session["current"] for session in everything] == [False] * 4 + [True]
    for limit in (1, 2, 5):
        assert await listed(ann, limit=limit) == [session["id"] for session in everything]


async def test_what_has_ended_is_not_listed_and_cannot_be_ended(
    ann: Member, clock: FixedClock
) -> None:
    left, old = await a_phone(ann.site, ann.id), await a_phone(ann.site, ann.id)
    await left.leave()
    clock.at += timedelta(days=14)
    new = await a_phone(ann.site, ann.id)
    ann = Member(ann.site, ann.id, ann.nickname, new.access)
    assert await listed(ann) == [str(new.id)]
    for ended in (left, old):
        assert told(await ann.delete(f"/auth/sessions/{ended.id}")) == (404, "not-found")


async def test_a_device_is_signed_out_from_another_by_its_next_request(
    ann: Member, phone: Phone
) -> None:
    bea, other = await ann.site.join("bea"), await a_phone(ann.site, ann.id)
    answer = await ann.delete(f"/auth/sessions/{other.id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert await other.is_dead()
    assert told(await ann.delete(f"/auth/sessions/{other.id}")) == (404, "not-found")
    for bystander in (ann, bea):
        assert (await bystander.get("/me")).status_code == 200
    assert (await phone.look()).status_code == 200


async def test_attack_34_of_anothers_session_one_learns_and_ends_nothing(
    ann: Member, phone: Phone
) -> None:
    bea = await ann.site.join("bea")
    hidden = await bea.delete(f"/auth/sessions/{phone.id}")
    missing = await bea.delete(f"/auth/sessions/{NOBODYS}")
    assert told(hidden) == told(missing) == (404, "not-found")
    differing = {name for name, value in hidden.json().items() if missing.json()[name] != value}
    assert differing == {"instance", "request_id"}
    assert (await phone.look()).status_code == 200
    await phone.swap()


async def test_a_device_may_sign_itself_out(phone: Phone) -> None:
    bearer = {"Authorization": f"Bearer {phone.access}"}
    path = f"{API}/auth/sessions/{phone.id}"
    assert (await phone.site.client.delete(path, headers=bearer)).status_code == 204
    assert await phone.is_dead()


@pytest.mark.parametrize("body", [None, {}, {"keep_current": False}])
async def test_all_devices_are_signed_out_at_once(ann: Member, body: object) -> None:
    bea, phones = await ann.site.join("bea"), [await a_phone(ann.site, ann.id) for _ in range(3)]
    answer = await ann.post("/auth/logout-all", body)
    assert (answer.status_code, answer.content) == (204, b"")
    for phone in phones:
        assert await phone.is_dead()
    assert told(await ann.get("/me")) == (401, "invalid-token")
    assert (await bea.get("/me")).status_code == 200


async def test_the_device_that_asks_may_stay(ann: Member, phone: Phone) -> None:
    other = await a_phone(ann.site, phone.member)
    owner = Member(ann.site, phone.member, "ann", phone.access)
    assert (await owner.post("/auth/logout-all", {"keep_current": True})).status_code == 204
    assert await listed(owner) == [str(phone.id)]
    await phone.swap()
    assert await other.is_dead()


async def test_keeping_is_said_with_true_or_false(ann: Member) -> None:
    oddities: tuple[object, ...] = ("yes", 1, None, [])
    for odd in oddities:
        answer = await ann.post("/auth/logout-all", {"keep_current": odd})
        assert told(answer) == (422, "validation-failed")
    assert len(await listed(ann)) == 1


@pytest.mark.parametrize(
    "way", ["GET /sessions", f"DELETE /sessions/{NOBODYS}", "POST /logout-all"]
)
async def test_visitors_have_no_devices(stage: Site, way: str) -> None:
    method, path = way.split()
    answer = await stage.client.request(method, f"{API}/auth{path}")
    assert told(answer) == (401, "unauthenticated")
