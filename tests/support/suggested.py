"""Members who list cards and look for cards, on a site, and what they are suggested."""

from collections.abc import Sequence
from typing import Any

from httpx import Response

from apps.catalogue.contract import CardId
from tests.support.levels import confirm_address, raise_to
from tests.support.site import Member, Site

NAMES = ("ann", "bea", "eve", "dan")


async def want(member: Member, *cards: CardId, **more: Any) -> str:
    """Open a want group and return its id."""
    answer = await member.post("/me/wants", {"card_ids": [str(card) for card in cards]} | more)
    assert answer.status_code == 201, answer.text
    id: str = answer.json()["id"]
    return id


async def matches(member: Member, **query: Any) -> list[dict[str, Any]]:
    """What this member is suggested, in order."""
    found: list[dict[str, Any]] = (await listed(member, **query))["items"]
    return found


async def listed(member: Member, **query: Any) -> dict[str, Any]:
    """A page of it, with all that is told beside."""
    answer = await member.get("/me/matches", **query)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def left_out(member: Member, **query: Any) -> dict[str, int]:
    """How much was left out, by the reason."""
    return {each["code"]: each["count"] for each in (await listed(member, **query))["left_out"]}


async def a_market(site: Site, *, size: int = 2, number: int = 0) -> list[Member]:
    """Members of whom each lists a card that only the next one looks for; another by number."""
    members = [await site.join(f"{name}{number or ''}") for name in NAMES[:size]]
    await raise_to(1, *members)
    await confirm_address(*members)
    first = 1 + number * size  # for the first card is the one that everybody holds
    cards = (await site.some_cards(first + size))[first:]
    for place, (member, card) in enumerate(zip(members, cards, strict=True)):
        await member.hold(card)
        await want(members[(place + 1) % size], card)
    return members


async def propose(member: Member, match: dict[str, Any], **more: Any) -> Response:
    """Propose a match, by the first method that it names."""
    body = {"method": match["methods"][0]} | more
    return await member.post(f"/me/matches/{match['id']}/propose", body)


def circle(match: dict[str, Any]) -> list[str]:
    """The nicknames of a match, in the order of giving."""
    return [party["nickname"] for party in match["parties"]]


def given(match: dict[str, Any]) -> dict[str, Sequence[str]]:
    """Which copies each nickname would give."""
    names = {party["member_id"]: party["nickname"] for party in match["parties"]}
    return {names[leg["from"]]: [copy["id"] for copy in leg["copies"]] for leg in match["legs"]}
