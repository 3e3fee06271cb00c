"""What moderators and admins may do about members, and what is kept of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from tests.identity.stage import told
from tests.support.audit import verify
from tests.support.authenticators import employ
from tests.support.builders import FixedClock
from tests.support.site import Member, Site
from tests.support.weakening import let_change

REASON = {"reason": "Three reports"}


@pytest.fixture
async def max_(stage: Site) -> Member:
    member = await stage.join("max")
    await employ(member, "moderator")
    return member


@pytest.fixture
async def ada(stage: Site) -> Member:
    member = await stage.join("ada")
    await employ(member, "admin")
    return member


@pytest.fixture
async def ann(stage: Site) -> Member:
    return await stage.join("ann")


def about(member: Member, what: str) -> str:
    return f"/admin/members/{member.id}/{what}"


async def alive(member: Member) -> bool:
    return (await member.get("/me")).status_code == 200


async def log(ada: Member, **query: Any) -> list[dict[str, Any]]:
    answer = await ada.get("/admin/audit-log", **query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_moderator_suspends_and_reinstates(max_: Member, ann: Member, ada: Member) -> None:
    assert (await max_.post(about(ann, "suspend"), REASON)).status_code == 204
    assert not await alive(ann)
    assert (await max_.post(about(ann, "reinstate"), REASON)).status_code == 204
    assert not await alive(ann)  # she has to sign in again
    up, down = await log(ada, actor=str(max_.id))
    assert (up["action"], down["action"]) == ("member.reinstate", "member.suspend")
    assert down["target"] == str(ann.id)
    assert down["meta"] == REASON
    assert down["request_id"]


async def test_a_moderator_signs_a_member_out(max_: Member, ann: Member, ada: Member) -> None:
    assert (await max_.delete(about(ann, "sessions"))).status_code == 204
    assert not await alive(ann)
    (entry,) = await log(ada, action="member.logout")
    assert (entry["actor"], entry["target"]) == (str(max_.id), str(ann.id))


async def test_members_like_any_other_may_do_nothing_of_it(
    stage: Site, ann: Member, ada: Member
) -> None:
    bea = await stage.join("bea")
    refused = (403, "moderators-only")
    assert told(await bea.get("/admin/members")) == refused
    for verb in ("suspend", "reinstate"):
        assert told(await bea.post(about(ann, verb), REASON)) == refused
    assert told(await bea.delete(about(ann, "sessions"))) == refused
    assert told(await bea.get("/admin/audit-log")) == (403, "admins-only")
    role = await bea.send("PUT", about(bea, "role"), {"role": "admin"})
    assert told(role) == (403, "admins-only")
    assert await alive(ann)
    assert await log(ada, actor=str(bea.id)) == []


async def test_a_moderator_cannot_act_on_staff(stage: Site, max_: Member, ada: Member) -> None:
    mia = await stage.join("mia")
    await employ(mia, "moderator")
    refused = (403, "staff-protected")
    for staff in (mia, ada, max_):
        for verb in ("suspend", "reinstate"):
            assert told(await max_.post(about(staff, verb), REASON)) == refused
        assert told(await max_.delete(about(staff, "sessions"))) == refused
        changed = await max_.send("PUT", about(staff, "role"), {"role": "user"})
        assert told(changed) == (403, "admins-only")
        assert await alive(staff)
    assert (await ada.post(about(mia, "suspend"), REASON)).status_code == 204
    assert not await alive(mia)


@pytest.mark.parametrize("verb", ["suspend", "reinstate"])
async def test_a_reason_is_asked_for_and_the_member_has_to_be_there(
    max_: Member, ann: Member, verb: str
) -> None:
    for body in ({}, {"reason": ""}, {"reason": "x" * 501}):
        assert (await max_.post(about(ann, verb), body)).status_code == 422
    missing = await max_.post(f"/admin/members/{uuid7()}/{verb}", REASON)
    assert told(missing) == (404, "not-found")


async def test_a_role_counts_from_the_next_request_on(ada: Member, ann: Member) -> None:
    answer = await ada.send("PUT", about(ann, "role"), {"role": "moderator"})
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["id"], shown["role"], shown["status"]) == (str(ann.id), "moderator", "active")
    assert not await alive(ann)  # her sessions were those of a member
    (entry,) = await log(ada, action="role.change")
    assert (entry["target"], entry["meta"]) == (str(ann.id), {"was": "user", "now": "moderator"})
    again = await ada.send("PUT", about(ann, "role"), {"role": "moderator"})
    assert again.status_code == 200
    assert len(await log(ada, action="role.change")) == 1


async def test_who_steps_down_is_staff_no_more(ada: Member, max_: Member, ann: Member) -> None:
    assert (await max_.get("/admin/members")).status_code == 200
    assert (await ada.send("PUT", about(max_, "role"), {"role": "user"})).status_code == 200
    assert (await max_.post(about(ann, "suspend"), REASON)).status_code == 401
    assert await alive(ann)


async def test_roles_are_changed_and_the_log_is_read_only_by_who_has_just_proved_it(
    ada: Member, ann: Member, clock: FixedClock
) -> None:
    clock.at += timedelta(minutes=5, seconds=1)
    refused = (403, "reauth-required")
    assert told(await ada.send("PUT", about(ann, "role"), {"role": "admin"})) == refused
    assert told(await ada.get("/admin/audit-log")) == refused
    assert (await ada.get("/admin/members")).status_code == 200


async def test_the_last_admin_stays(ada: Member, stage: Site) -> None:
    last = (409, "last-admin")
    for role in ("user", "moderator"):
        assert told(await ada.send("PUT", about(ada, "role"), {"role": role})) == last
    assert told(await ada.post(about(ada, "suspend"), REASON)) == last
    bob = await stage.join("bob")
    await employ(bob, "admin")
    assert (await ada.post(about(bob, "suspend"), REASON)).status_code == 204
    assert told(await ada.post(about(ada, "suspend"), REASON)) == last  # bob counts no more
    assert (await ada.post(about(bob, "reinstate"), REASON)).status_code == 204
    assert (await ada.send("PUT", about(ada, "role"), {"role": "user"})).status_code == 200


async def test_members_are_looked_up_by_how_their_nickname_begins(
    max_: Member, ada: Member, stage: Site
) -> None:
    for name in ("Fan 1", "fan 2", "fan 3"):
        await stage.join(name)
    found = (await max_.get("/admin/members", q="FAN", limit=2)).json()
    assert [each["nickname"] for each in found["items"]] == ["Fan 1", "fan 2"]
    rest = (await max_.get("/admin/members", q="FAN", cursor=found["next_cursor"])).json()
    assert [each["nickname"] for each in rest["items"]] == ["fan 3"]
    assert rest["next_cursor"] is None
    assert len((await max_.get("/admin/members")).json()["items"]) == 5
    await max_.post(f"/admin/members/{rest['items'][0]['id']}/suspend", REASON)
    shown = (await max_.get("/admin/members", q="fan 3")).json()["items"]
    assert [each["status"] for each in shown] == ["suspended"]
    assert len(await log(ada, action="members.read")) == 4


async def test_only_admins_see_addresses(max_: Member, ada: Member, ann: Member) -> None:
    (seen,) = (await max_.get("/admin/members", q="ann")).json()["items"]
    assert seen["email"] is None
    (seen,) = (await ada.get("/admin/members", q="ann")).json()["items"]
    assert seen["email"] == f"{ann.id.hex}@kcs.test"


async def test_the_log_is_read_page_by_page_newest_first_and_so_is_reading_it(
    ada: Member, max_: Member, ann: Member
) -> None:
    for _ in range(5):
        await max_.delete(about(ann, "sessions"))
    ids = list[UUID]()
    cursor = dict[str, str]()
    while True:
        page = (await ada.get("/admin/audit-log", limit=2, action="member.logout", **cursor)).json()
        ids += [UUID(item["id"]) for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert len(ids) == 5
    assert ids == sorted(ids, reverse=True)
    assert len(await log(ada, action="audit.read", actor=str(ada.id))) == 3
    assert await log(ada, action="audit.read", actor=str(max_.id)) == []
    assert (await verify(ada.site)).faults == []


async def test_what_fails_is_in_the_log_as_little_as_in_the_database(
    max_: Member, ann: Member, ada: Member, stage: Site
) -> None:
    """A fault in the log undoes the deed: neither is kept without the other."""
    await let_change(stage, "audit_entries")
    await stage.run("ALTER TABLE audit_entries RENAME TO audit_entries_elsewhere")
    assert (await max_.post(about(ann, "suspend"), REASON)).status_code >= 500
    await stage.run("ALTER TABLE audit_entries_elsewhere RENAME TO audit_entries")
    assert await alive(ann)
    assert await log(ada, action="member.suspend") == []
