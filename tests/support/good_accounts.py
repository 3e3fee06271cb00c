"""Good requests of identity: accounts, devices, profiles and blocks."""

from typing import Any

from uuid_utils.compat import uuid7

from apps.identity.application.send_letters import MakeToken
from apps.identity.domain.one_time_token import Purpose
from apps.shared.domain.ids import MemberId
from tests.support.authenticators import employ, enroll, set_up, strengthen
from tests.support.good import Good, Row, somebody
from tests.support.routes import API
from tests.support.site import Member, Site

PASSWORD = "correct horse battery"


def an_account() -> dict[str, Any]:
    mark = uuid7().hex[-20:]
    return {"email": f"{mark}@kcs.test", "password": PASSWORD, "nickname": f"new{mark}"}


async def registration(_: Site) -> Good:
    return Good(body=an_account() | {"locale": "ko-KR"}, status=202)


async def login(site: Site) -> Good:
    account = an_account()
    answer = await site.client.post(f"{API}/auth/register", json=account)
    assert answer.status_code == 202, answer.text
    del account["nickname"]
    more = {"delivery": "body", "device_name": "phone", "refresh_token": "of another device"}
    return Good(body=account | more)


def with_refresh_token(status: int) -> Row:
    async def row(site: Site) -> Good:
        account = (await login(site)).body
        answer = await site.client.post(f"{API}/auth/login", json=account)
        assert answer.status_code == 200, answer.text
        return Good(body={"refresh_token": answer.json()["refresh_token"]}, status=status)

    return row


async def an_address(_: Site) -> Good:
    return Good(body={"email": an_account()["email"]}, status=202)


def mailed(purpose: Purpose, **more: str) -> Row:
    """Return what uses a token that was mailed to an address for this purpose."""

    async def row(site: Site) -> Good:
        member = (await somebody(site)).id
        moved = "new" if purpose is Purpose.CHANGE_EMAIL else ""
        make = await site.port(MakeToken)
        token = await make(purpose, of=member, email=f"{moved}{member.hex}@kcs.test")
        return Good(body={"token": token} | more, status=204)

    return row


async def new_address(site: Site) -> Good:
    body = {"new_email": an_account()["email"]}
    return Good(by=await somebody(site), body=body, status=202)


def with_a_password(**body: str) -> Row:
    """Return what somebody asks who has signed in with a password."""

    async def row(site: Site) -> Good:
        answer = await site.client.post(f"{API}/auth/login", json=(await login(site)).body)
        assert answer.status_code == 200, answer.text
        member = Member(site, MemberId(uuid7()), "new", answer.json()["access_token"])
        return Good(by=member, body=body)

    return row


def with_an_authenticator(*, confirmed: bool, status: int = 200, shows: bool = False) -> Row:
    """Return what somebody asks who has set one up, and perhaps confirmed and used it."""

    async def row(site: Site) -> Good:
        member = await somebody(site)
        app = (await set_up(member))[0] if confirmed else await enroll(member)
        if confirmed:
            await strengthen(member)
        body = {"code": await app.code()} if shows else None
        return Good(by=member, body=body, status=status)

    return row


async def proof(site: Site) -> Good:
    good = await with_a_password(password=PASSWORD)(site)
    assert good.by
    app, _ = await set_up(good.by)
    return Good(by=good.by, body=good.body | {"totp": await app.code()})


async def with_a_ticket(site: Site) -> Good:
    account = (await login(site)).body
    path = f"{API}/auth/login"
    token = (await site.client.post(path, json=account)).json()["access_token"]
    app, _ = await set_up(Member(site, MemberId(uuid7()), "new", token))
    ticket = (await site.client.post(path, json=account)).json()["mfa_token"]
    return Good(body={"mfa_token": ticket, "method": "totp", "code": await app.code()})


async def profile(site: Site) -> Good:
    privacy = dict.fromkeys(
        ("nearby_visible", "show_online", "allow_stranger_messages", "accepts_proposals"), True
    )
    body = {"nickname": f"new{uuid7().hex[-20:]}", "bio": "hi", "region": "TW-TPE"}
    return Good(by=await somebody(site), body=body | {"locale": "zh-TW", "privacy": privacy})


async def nickname(site: Site) -> Good:
    member = await somebody(site)
    return Good(by=member, query={"q": member.nickname[:10]})


async def member(site: Site) -> Good:
    return Good(by=await somebody(site), ids={"member_id": str((await somebody(site)).id)})


async def session(site: Site) -> Good:
    me, other = await somebody(site), await somebody(site)
    mine, theirs = [(await each.get("/auth/sessions")).json()["items"] for each in (me, other)]
    return Good(
        by=me,
        ids={"session_id": mine[0]["id"]},
        foreign={"session_id": theirs[0]["id"]},
        status=204,
    )


async def sessions(site: Site) -> Good:
    return Good(by=await somebody(site), body={"keep_current": True}, status=204)


async def block(site: Site) -> Good:
    me, other = await somebody(site), await somebody(site)
    return Good(by=me, ids={"member_id": str(other.id)}, unchecked=True, status=204)


def by_staff(
    role: str, body: dict[str, str] | None = None, *, status: int = 200, about: bool = True
) -> Row:
    """Return what somebody of staff asks, perhaps about a member."""

    async def row(site: Site) -> Good:
        me = await somebody(site)
        await employ(me, role)
        ids = {"member_id": str((await somebody(site)).id)} if about else {}
        return Good(by=me, ids=ids, body=body, status=status)

    return row


async def looked_up(site: Site) -> Good:
    good = await by_staff("moderator", about=False)(site)
    return Good(by=good.by, query={"q": "a"})


async def log_read(site: Site) -> Good:
    good = await by_staff("admin", about=False)(site)
    return Good(by=good.by, query={"actor": str(uuid7()), "action": "login"})


REASON = {"reason": "Three reports"}
ADMINISTRATION: dict[tuple[str, str], Row] = {
    ("GET", f"{API}/admin/members"): looked_up,
    ("POST", f"{API}/admin/members/{{member_id}}/suspend"): by_staff(
        "moderator", REASON, status=204
    ),
    ("POST", f"{API}/admin/members/{{member_id}}/reinstate"): by_staff(
        "moderator", REASON, status=204
    ),
    ("DELETE", f"{API}/admin/members/{{member_id}}/sessions"): by_staff("moderator", status=204),
    ("PUT", f"{API}/admin/members/{{member_id}}/role"): by_staff("admin", {"role": "moderator"}),
    ("GET", f"{API}/admin/audit-log"): log_read,
}
