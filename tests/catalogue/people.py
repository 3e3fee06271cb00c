"""Members of a certain rank, and proposals of theirs."""

from collections.abc import Mapping
from typing import Any

from httpx import Response
from sqlalchemy import select

from apps.catalogue.infrastructure.history import CardChangeModel
from tests.support.authenticators import employ
from tests.support.site import API, Member, Site


async def join(site: Site, nickname: str, *, level: int = 0, role: str = "user") -> Member:
    """Let somebody join who has come to this rank; until levels are earned, by hand."""
    member = await site.join(nickname)
    id = member.id.hex if await site.dialect() == "sqlite" else member.id
    await site.run("UPDATE standings SET trust_level = :level WHERE id = :id", level=level, id=id)
    await employ(member, role)
    return member


async def card(site: Site, code: str) -> dict[str, Any]:
    """The card with this code, as everybody sees it."""
    answer = await site.client.get(f"{API}/cards", params={"limit": 100})
    (found,) = (each for each in answer.json()["items"] if each["code"] == code)
    shown: dict[str, Any] = found
    return shown


async def an_addition(site: Site, code: str = "omg-hanni-pc", **more: Any) -> dict[str, Any]:
    """What tells all of a card that the small catalogue lacks."""
    like = await card(site, "omg-hanni")
    return {
        "code": code,
        "release_id": like["release"]["id"],
        "idol_ids": [idol["id"] for idol in like["idols"]],
        "kind": "album",
        **more,
    }


async def proposed(by: Member, body: Mapping[str, Any]) -> str:
    """The path of a new proposal."""
    answer = await by.post("/card-proposals", body)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"].removeprefix(API))


def told(answer: Response) -> tuple[int, str]:
    """The status and code of a refusal."""
    return answer.status_code, answer.json()["code"]


async def history(site: Site, card_id: str) -> list[CardChangeModel]:
    """Every change of a card, oldest first."""
    rows = await site.ask(select(CardChangeModel).order_by(CardChangeModel.id))
    return [row for row in rows if str(row.card_id) == card_id]
