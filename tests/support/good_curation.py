"""A good request for every route by which members and curators change the catalogue."""

from typing import Any

from uuid_utils.compat import uuid7

from tests.support.authenticators import employ
from tests.support.good import Good, Row, a_card, somebody
from tests.support.routes import API
from tests.support.site import Member, Site


async def a_curator(site: Site) -> Member:
    member = await somebody(site)
    await employ(member, "moderator")
    return member


async def a_design(site: Site) -> dict[str, Any]:
    shown = (await site.client.get(f"{API}/cards/{await a_card(site)}")).json()
    return {
        "release_id": shown["release"]["id"],
        "idol_ids": [shown["idols"][0]["id"]],
        "kind": "lucky_draw",
        "retailer": "M2U",
        "version": "A ver.",
        "number": "1",
        "names": ["Blue"],
    }


async def a_new_card(site: Site) -> dict[str, Any]:
    return {"code": f"new-{uuid7().hex[-12:]}", **await a_design(site)}


async def card_entry(site: Site) -> Good:
    return Good(by=await a_curator(site), body=await a_new_card(site), status=201)


async def card_patch(site: Site) -> Good:
    entered = await a_curator(site)
    card = (await entered.post("/cards", await a_new_card(site))).json()["id"]
    return Good(by=entered, ids={"card_id": card}, body=await a_design(site))


async def merger(site: Site) -> Good:
    good = await card_patch(site)
    return Good(by=good.by, ids=good.ids, body={"into": await a_card(site)})


async def correction(site: Site) -> Good:
    card = (await site.client.get(f"{API}/cards/{await a_card(site)}")).json()
    told = {"code": card["code"], **await a_design(site)}
    body = {"card_id": card["id"], "card": told, "note": "I own it."}
    return Good(by=await somebody(site), body=body, status=201)


def proposal(by: str = "proposer") -> Row:
    async def row(site: Site) -> Good:
        proposer = await somebody(site)
        answer = await proposer.post("/card-proposals", {"card": await a_new_card(site)})
        assert answer.status_code == 201, answer.text
        return Good(
            by=proposer if by == "proposer" else await a_curator(site),
            ids={"proposal_id": answer.json()["id"]},
        )

    return row


async def proposals(site: Site) -> Good:
    return Good(by=await somebody(site), query={"state": "open"})


CURATION: dict[tuple[str, str], Row] = {
    ("POST", f"{API}/cards"): card_entry,
    ("PATCH", f"{API}/cards/{{card_id}}"): card_patch,
    ("POST", f"{API}/cards/{{card_id}}/merge"): merger,
    ("POST", f"{API}/card-proposals"): correction,
    ("GET", f"{API}/card-proposals"): proposals,
    ("GET", f"{API}/card-proposals/{{proposal_id}}"): proposal(),
    ("POST", f"{API}/card-proposals/{{proposal_id}}/confirm"): proposal("curator"),
    ("POST", f"{API}/card-proposals/{{proposal_id}}/reject"): proposal("curator"),
}
