"""Vouch cards: signed, shown to anybody, and taken back (R9)."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import select
from uuid_utils.compat import uuid7

from apps.identity.application.ports import SessionTokens
from apps.identity.contract import Standings, TradeRecord
from apps.identity.domain.session import SessionId
from apps.identity.infrastructure.tokens import Tokens
from apps.identity.infrastructure.vouches import VouchModel
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import MemberId
from tests.identity.stage import told
from tests.support.builders import FixedClock
from tests.support.site import API, Member, Site

DAY = timedelta(days=1)
FIGURES = {
    "completed_trades": 41,
    "presence_verified": 7,
    "cancelled_at_fault": 2,
    "disputes_lost": 1,
}


@pytest.fixture
async def ann(stage: Site) -> Member:
    return await stage.join("앤")


async def issued(member: Member) -> dict[str, Any]:
    answer = await member.post("/me/vouch")
    assert answer.status_code == 201, answer.text
    card: dict[str, Any] = answer.json()
    return card


async def check(site: Site, token: str) -> Response:
    """As anybody would who was shown the card."""
    return await site.client.get(f"{API}/vouches/{token}")


async def stand(site: Site, **more: int) -> None:
    counts = ", ".join(f"{name} = {value}" for name, value in (FIGURES | more).items())
    await site.run(f"UPDATE standings SET {counts}")


def claims_of(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    parts = [part + "=" * (-len(part) % 4) for part in token.split(".")[:2]]
    header, claims = (json.loads(base64.urlsafe_b64decode(part)) for part in parts)
    return header, claims


async def test_a_card_says_who_it_is_of_and_what_their_trades_have_shown(
    stage: Site, ann: Member, clock: FixedClock
) -> None:
    await stand(stage, trust_level=2)
    await ann.send("PATCH", "/me", {"region": "KR-11", "bio": "Seoul"})
    clock.at += timedelta(microseconds=987_654)
    card = await issued(ann)
    statement = card["statement"]
    noon = clock.at.replace(microsecond=0)
    assert statement == {
        "id": statement["id"],
        "nickname": "앤",
        "trust_level": 2,
        "reputation": {"new": False, **FIGURES},
        "issued_at": noon.isoformat().replace("+00:00", "Z"),
        "expires_at": (noon + 30 * DAY).isoformat().replace("+00:00", "Z"),
    }
    answer = await check(stage, card["token"])
    assert (answer.status_code, answer.json()) == (
        200,
        {"state": "valid", "statement": statement},
    )
    header, claims = claims_of(card["token"])
    assert (header["alg"], header["typ"]) == ("ES256", "vouch+jwt")
    assert claims.keys() == {
        *("iss", "jti", "iat", "exp", "nickname", "trust_level", "new"),
        *FIGURES,
    }
    assert not [word for word in ("@", "KR-11", "Seoul", str(ann.id)) if word in answer.text]
    assert not [word for word in ("@", "KR-11", "Seoul", str(ann.id)) if word in str(claims)]


async def test_a_newcomers_card_has_no_figures(stage: Site, ann: Member) -> None:
    """R5."""
    await stand(stage, completed_trades=2)
    card = await issued(ann)
    assert card["statement"]["reputation"] == {"new": True, **dict.fromkeys(FIGURES)}
    assert not FIGURES.keys() & claims_of(card["token"])[1].keys()
    assert (await check(stage, card["token"])).json()["statement"] == card["statement"]


async def test_a_card_holds_for_thirty_days(stage: Site, ann: Member, clock: FixedClock) -> None:
    token, issued_at = (await issued(ann))["token"], clock.at
    clock.at = issued_at + 30 * DAY - timedelta(seconds=1)
    assert (await check(stage, token)).json()["state"] == "valid"
    clock.at = issued_at + 30 * DAY
    assert (await check(stage, token)).json() == {"state": "expired", "statement": None}


async def test_its_member_alone_takes_a_card_back(stage: Site, ann: Member) -> None:
    bea = await stage.join("bea")
    card, other = await issued(ann), await issued(ann)
    path = f"/me/vouch/{card['statement']['id']}"
    assert told(await bea.delete(path)) == (404, "not-found")
    assert (await check(stage, card["token"])).json()["state"] == "valid"
    for _ in range(2):
        assert (await ann.delete(path)).status_code == 204
        assert (await check(stage, card["token"])).json() == {
            "state": "revoked",
            "statement": None,
        }
    assert (await check(stage, other["token"])).json()["state"] == "valid"
    assert told(await ann.delete(f"/me/vouch/{uuid7()}")) == (404, "not-found")


async def test_cards_that_hold_are_listed(stage: Site, ann: Member) -> None:
    bea = await stage.join("bea")
    await issued(bea)
    old = await issued(ann)
    cards = [(await issued(ann))["statement"] for _ in range(3)]
    await ann.delete(f"/me/vouch/{old['statement']['id']}")
    first = (await ann.get("/me/vouch", limit=2)).json()
    rest = (await ann.get("/me/vouch", limit=2, cursor=first["next_cursor"])).json()
    listed = [*first["items"], *rest["items"]]
    told_of = ("id", "issued_at", "expires_at")
    assert listed == [{name: card[name] for name in told_of} for card in reversed(cards)]
    await stage.run("UPDATE vouches SET expires_at = issued_at")
    assert (await ann.get("/me/vouch")).json()["items"] == []


async def test_who_is_out_is_vouched_for_no_more(stage: Site, ann: Member) -> None:
    token = (await issued(ann))["token"]
    await stage.run("UPDATE users SET status = 'suspended'")
    assert (await check(stage, token)).json() == {"state": "revoked", "statement": None}


async def test_whose_level_falls_has_no_card_any_more(
    stage: Site, ann: Member, clock: FixedClock
) -> None:
    """Or a cheat would go on with last month's level for another one."""
    await stand(stage, trust_level=2)
    token = (await issued(ann))["token"]

    async def count(members: object) -> dict[MemberId, TradeRecord]:
        del members
        return {ann.id: TradeRecord(completed_trades=41)}

    async with await stage.port(UnitOfWork):  # type: ignore[type-abstract]
        standings = await stage.port(Standings)  # type: ignore[type-abstract]
        await standings.recount([ann.id], count, at=clock.at)
    assert (await ann.get("/me")).json()["trust_level"] == 0
    assert (await check(stage, token)).json()["state"] == "revoked"
    assert (await check(stage, (await issued(ann))["token"])).json()["state"] == "valid"


async def test_a_member_has_ten_cards(ann: Member) -> None:
    cards = [await issued(ann) for _ in range(10)]
    refused = await ann.post("/me/vouch")
    assert told(refused) == (422, "limit-exceeded")
    assert (refused.json()["limit_key"], refused.json()["current_value"]) == ("vouches", 10)
    await ann.delete(f"/me/vouch/{cards[0]['statement']['id']}")
    await issued(ann)


async def forgeries(stage: Site, ann: Member) -> list[str]:
    card = (await issued(ann))["token"]
    header, claims, signature = card.split(".")
    tokens = await stage.port(Tokens)
    good = claims_of(card)[1]
    del good["iss"]
    access = (await stage.port(SessionTokens)).access(  # type: ignore[type-abstract]
        member=ann.id,
        session=SessionId(uuid7()),
        generation=0,
        auth_time=FixedClock().at,
        at=FixedClock().at,
        jti=uuid7(),
    )
    return [
        "x",
        "a.b.c",
        f"{header}.{claims}.",
        f"{header}.{claims}.{signature[:-4]}AAAA",
        f"{header}.{claims[:-4]}AAAA.{signature}",
        ann.token,
        access,
        tokens.sign("at+jwt", good),
        tokens.sign("vouch+jwt", good | {"jti": str(uuid7())}),
        tokens.sign("vouch+jwt", good | {"iss": "https://elsewhere.example"}),
        tokens.sign("vouch+jwt", good | {"trust_level": 4}),
        tokens.sign("vouch+jwt", good | {"exp": good["exp"] + 1}),
        tokens.sign("vouch+jwt", good | {"email": "ann@mail.example"}),
        tokens.sign("vouch+jwt", good | {"new": False}),
        tokens.sign("vouch+jwt", {name: good[name] for name in ("jti", "iat", "exp")}),
    ]


async def test_what_was_not_issued_here_is_no_card(stage: Site, ann: Member) -> None:
    for forgery in await forgeries(stage, ann):
        assert told(await check(stage, forgery)) == (404, "not-found"), forgery
    assert told(await check(stage, "x" * 4097)) == (422, "validation-failed")


async def test_a_card_is_no_access_token(stage: Site, ann: Member) -> None:
    token = (await issued(ann))["token"]
    answer = await stage.client.get(f"{API}/me", headers={"Authorization": f"Bearer {token}"})
    assert told(answer) == (401, "invalid-token")


async def test_what_a_card_says_is_not_kept(stage: Site, ann: Member) -> None:
    card = await issued(ann)
    (row,) = await stage.ask(select(VouchModel))
    assert (str(row.id), row.member_id) == (card["statement"]["id"], ann.id)
