"""A request for every route that it answers well, and ids that are somebody else's."""

from typing import Any

from uuid_utils.compat import uuid7

from apps.identity.domain.one_time_token import Purpose
from tests.support.good import Good, Row, a_card, somebody
from tests.support.good_accounts import (
    PASSWORD,
    an_address,
    block,
    login,
    mailed,
    member,
    new_address,
    nickname,
    profile,
    proof,
    registration,
    session,
    sessions,
    with_a_password,
    with_a_ticket,
    with_an_authenticator,
    with_refresh_token,
)
from tests.support.good_departures import archive, operation, proven
from tests.support.good_ratings import a_card as a_vouch_card
from tests.support.good_ratings import ratings_of_a_trade, reply, vouch, vouch_of_mine
from tests.support.routes import API
from tests.support.site import Member, Site, proposal


async def nothing(_: Site) -> Good:
    return Good()


async def signed_in(site: Site) -> Good:
    return Good(by=await somebody(site))


async def words(_: Site) -> Good:
    return Good(query={"q": "album"})


def entry(kind: str) -> Row:
    """Return what asks for the group, idol or release on a card, or for the card itself."""

    async def row(site: Site) -> Good:
        card = await a_card(site)
        shown = (await site.client.get(f"{API}/cards/{card}")).json()
        ids = {"card": card, "idol": shown["idols"][0]["id"]}
        ids |= {name: shown[name]["id"] for name in ("group", "release")}
        return Good(ids={f"{kind}_id": ids[kind]})

    return row


def filtered(*names: str) -> Row:
    async def row(site: Site) -> Good:
        shown = (await site.client.get(f"{API}/cards/{await a_card(site)}")).json()
        known = {
            "q": "album",
            "group": shown["group"]["id"],
            "idol": shown["idols"][0]["id"],
            "release": shown["release"]["id"],
            "kind": "album",
            "retailer": "Weverse",
        }
        return Good(query={name: known[name] for name in names})

    return row


async def card(site: Site) -> Good:
    return Good(by=await somebody(site), ids={"card_id": await a_card(site)})


async def copy_entry(site: Site) -> Good:
    body = {"card_id": await a_card(site), "condition": "mint", "for_trade": True, "note": "new"}
    return Good(by=await somebody(site), body=body, status=201)


async def copies_entry(site: Site) -> Good:
    """More than half of what a binder holds, so that twice as many are refused."""
    good = await copy_entry(site)
    return Good(by=good.by, body={"items": [good.body | {"quantity": 501}]}, status=201)


async def copies_listed(site: Site) -> Good:
    shown = (await site.client.get(f"{API}/cards/{await a_card(site)}")).json()
    body = f"code,condition,for_trade,note,id\n{shown['code']},mint,true,sleeved,{uuid7()}\n"
    query = {"dry_run": "false"}
    return Good(by=await somebody(site), query=query, body=body, media="text/csv")


def copy_of_mine(status: int = 200, **body: Any) -> Row:
    async def row(site: Site) -> Good:
        me, other = await somebody(site), await somebody(site)
        mine, theirs = await me.hold(), await other.hold()
        return Good(
            by=me,
            ids={"copy_id": str(mine)},
            foreign={"copy_id": str(theirs)},
            body=body or None,
            status=status,
        )

    return row


async def copy_for_trade(site: Site) -> Good:
    copy = await (await somebody(site)).hold()
    return Good(by=await somebody(site), ids={"copy_id": str(copy)})


async def want(site: Site) -> Good:
    body = {"card_ids": [await a_card(site)], "count": 1, "rank": 2, "min_condition": "light"}
    return Good(by=await somebody(site), body=body, status=201)


def want_of_mine(status: int = 200, *, changed: bool = False) -> Row:
    async def row(site: Site) -> Good:
        ids = []
        for _ in range(2):
            good = await want(site)
            answer = await good.by.post("/me/wants", good.body) if good.by else None
            assert answer, answer
            ids.append(answer.json()["id"])
        return Good(
            by=good.by,
            ids={"want_group_id": ids[1]},
            foreign={"want_group_id": ids[0]},
            body=good.body if changed else None,
            status=status,
        )

    return row


async def an_offer(site: Site) -> tuple[Member, Member, dict[str, Any]]:
    ann, bea = await somebody(site), await somebody(site)
    return ann, bea, proposal(bea, give=[await ann.hold()], take=[await bea.hold()])


async def proposed(site: Site) -> tuple[Member, Member, str]:
    ann, bea, body = await an_offer(site)
    answer = await ann.post("/trades", body)
    assert answer.status_code == 201, answer.text
    return ann, bea, answer.json()["id"]


def trade(body: Any = None, *, by: str = "asked", accepted: bool = False, status: int = 200) -> Row:
    async def row(site: Site) -> Good:
        (_, _, other), (ann, bea, mine) = await proposed(site), await proposed(site)
        if accepted:
            answer = await bea.post(f"/trades/{mine}/accept", {"revision": 1})
            assert answer.status_code == 200, answer.text
        return Good(
            by=bea if by == "asked" else ann,
            ids={"trade_id": mine},
            foreign={"trade_id": other},
            body=body,
            status=status,
        )

    return row


async def my_trades(site: Site) -> Good:
    ann, _, _ = await proposed(site)
    return Good(by=ann, query={"state": "proposed", "turn": "me"})


async def disputed(site: Site) -> Good:
    good = await trade({"revision": 1}, accepted=True)(site)
    assert good.by
    answer = await good.by.post(f"/trades/{good.ids['trade_id']}/dispute", COMPLAINT)
    assert answer.status_code == 200, answer.text
    return good


COMPLAINT = {"kind": "no_show", "text": "No.", "evidence": ["Here"], "revision": 1}
CANCEL = {"by_agreement": False, "reason": "no time", "revision": 1}
ANSWER = {"reason": "no thanks", "revision": 1}

ROWS: dict[tuple[str, str], Row] = {
    ("GET", "/healthz"): nothing,
    ("GET", "/readyz"): nothing,
    ("GET", "/startupz"): nothing,
    ("GET", "/.well-known/jwks.json"): nothing,
    ("POST", f"{API}/auth/register"): registration,
    ("POST", f"{API}/auth/login"): login,
    ("POST", f"{API}/auth/refresh"): with_refresh_token(200),
    ("POST", f"{API}/auth/logout"): with_refresh_token(204),
    ("POST", f"{API}/auth/logout-all"): sessions,
    ("POST", f"{API}/auth/email/verify"): mailed(Purpose.VERIFY_EMAIL),
    ("POST", f"{API}/auth/email/resend"): an_address,
    ("POST", f"{API}/auth/email/change"): new_address,
    ("POST", f"{API}/auth/email/confirm"): mailed(Purpose.CHANGE_EMAIL),
    ("POST", f"{API}/auth/email/undo"): mailed(Purpose.UNDO_EMAIL_CHANGE),
    ("POST", f"{API}/auth/password/forgot"): an_address,
    ("POST", f"{API}/auth/password/reset"): mailed(Purpose.RESET_PASSWORD, new_password=PASSWORD),
    ("POST", f"{API}/auth/password/change"): with_a_password(
        current_password=PASSWORD, new_password=f"new {PASSWORD}"
    ),
    ("POST", f"{API}/auth/reauth"): proof,
    ("POST", f"{API}/auth/mfa/verify"): with_a_ticket,
    ("POST", f"{API}/auth/totp/enroll"): signed_in,
    ("POST", f"{API}/auth/totp/confirm"): with_an_authenticator(confirmed=False, shows=True),
    ("DELETE", f"{API}/auth/totp"): with_an_authenticator(confirmed=True, status=204),
    ("POST", f"{API}/auth/recovery-codes"): with_an_authenticator(confirmed=True),
    ("GET", f"{API}/auth/sessions"): signed_in,
    ("DELETE", f"{API}/auth/sessions/{{session_id}}"): session,
    ("GET", f"{API}/me"): signed_in,
    ("PATCH", f"{API}/me"): profile,
    ("DELETE", f"{API}/me"): proven,
    ("POST", f"{API}/me/deletion/cancel"): mailed(Purpose.CANCEL_DELETION),
    ("POST", f"{API}/me/exports"): proven,
    ("GET", f"{API}/exports/{{operation_id}}"): archive,
    ("GET", f"{API}/operations/{{operation_id}}"): operation,
    ("GET", f"{API}/me/blocks"): signed_in,
    ("PUT", f"{API}/me/blocks/{{member_id}}"): block,
    ("DELETE", f"{API}/me/blocks/{{member_id}}"): block,
    ("GET", f"{API}/members"): nickname,
    ("GET", f"{API}/members/{{member_id}}"): member,
    ("GET", f"{API}/members/{{member_id}}/ratings"): member,
    ("GET", f"{API}/members/{{member_id}}/reputation"): member,
    ("GET", f"{API}/me/vouch"): signed_in,
    ("POST", f"{API}/me/vouch"): vouch,
    ("DELETE", f"{API}/me/vouch/{{vouch_id}}"): vouch_of_mine,
    ("GET", f"{API}/vouches/{{token}}"): a_vouch_card,
    ("GET", f"{API}/trades/{{trade_id}}/ratings"): ratings_of_a_trade(given=False),
    ("POST", f"{API}/trades/{{trade_id}}/ratings"): ratings_of_a_trade(given=True),
    ("POST", f"{API}/trades/{{trade_id}}/ratings/{{rating_id}}/reply"): reply,
    ("GET", f"{API}/groups"): words,
    ("GET", f"{API}/groups/{{group_id}}"): entry("group"),
    ("GET", f"{API}/idols"): filtered("q", "group"),
    ("GET", f"{API}/idols/{{idol_id}}"): entry("idol"),
    ("GET", f"{API}/releases"): filtered("q", "group"),
    ("GET", f"{API}/releases/{{release_id}}"): entry("release"),
    ("GET", f"{API}/cards"): filtered("q", "group", "idol", "release", "kind", "retailer"),
    ("GET", f"{API}/cards/{{card_id}}"): entry("card"),
    ("GET", f"{API}/me/copies"): signed_in,
    ("POST", f"{API}/me/copies"): copy_entry,
    ("POST", f"{API}/me/copies/batch"): copies_entry,
    ("GET", f"{API}/me/copies/export"): signed_in,
    ("POST", f"{API}/me/copies/import"): copies_listed,
    ("GET", f"{API}/me/copies/{{copy_id}}"): copy_of_mine(),
    ("PATCH", f"{API}/me/copies/{{copy_id}}"): copy_of_mine(
        condition="light", for_trade=False, note="bent"
    ),
    ("DELETE", f"{API}/me/copies/{{copy_id}}"): copy_of_mine(204),
    ("GET", f"{API}/copies/{{copy_id}}"): copy_for_trade,
    ("GET", f"{API}/copies/{{copy_id}}/chain"): copy_for_trade,
    ("GET", f"{API}/members/{{member_id}}/copies"): member,
    ("GET", f"{API}/members/{{member_id}}/wants"): member,
    ("GET", f"{API}/cards/{{card_id}}/copies"): card,
    ("GET", f"{API}/cards/{{card_id}}/wants"): card,
    ("GET", f"{API}/me/wants"): signed_in,
    ("GET", f"{API}/me/statistics"): signed_in,
    ("POST", f"{API}/me/wants"): want,
    ("GET", f"{API}/me/wants/{{want_group_id}}"): want_of_mine(),
    ("PATCH", f"{API}/me/wants/{{want_group_id}}"): want_of_mine(changed=True),
    ("DELETE", f"{API}/me/wants/{{want_group_id}}"): want_of_mine(204),
    ("GET", f"{API}/trades"): my_trades,
    ("GET", f"{API}/trades/{{trade_id}}"): trade(),
    ("POST", f"{API}/trades/{{trade_id}}/cancel"): trade(CANCEL, accepted=True),
    ("POST", f"{API}/trades/{{trade_id}}/reject"): trade(ANSWER),
    ("POST", f"{API}/trades/{{trade_id}}/withdraw"): trade(ANSWER, by="author"),
    ("GET", f"{API}/trades/{{trade_id}}/events"): trade(),
    ("POST", f"{API}/trades/{{trade_id}}/dispute"): trade(COMPLAINT, accepted=True),
    ("POST", f"{API}/trades/{{trade_id}}/resume"): disputed,
    ("GET", f"{API}/trades/{{trade_id}}/notes"): trade(),
    ("POST", f"{API}/trades/{{trade_id}}/notes"): trade({"text": "At noon?"}, status=201),
}
