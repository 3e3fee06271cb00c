"""Members with lists that fit together, and the rounds that they join."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from httpx import Response
from sqlalchemy import update

from apps.collection.contract import CopyId
from apps.identity.infrastructure.models import ProfileModel
from tests.support.levels import confirm_address, raise_to
from tests.support.site import Member, Site

NAMES = ("ann", "bea", "eve", "dan")


async def fan(site: Site, name: str, *, level: int = 1) -> Member:
    """Somebody with a confirmed address, of this trust level."""
    member = await site.join(name)
    await confirm_address(member)
    await raise_to(level, member)
    return member


async def opener(site: Site, name: str = "olga") -> Member:
    return await fan(site, name, level=2)


async def opening(site: Site, **more: Any) -> dict[str, Any]:
    """A body for POST /rounds."""
    closes_at = (await site.clock()).now() + timedelta(days=1)
    return {"title": "Seoul in May", "closes_at": closes_at.isoformat()} | more


async def a_round(by: Member, **more: Any) -> str:
    """Open one."""
    answer = await by.post("/rounds", await opening(by.site, **more))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def join(round: str, *members: Member) -> None:
    for member in members:
        answer = await member.post(f"/rounds/{round}/join")
        assert answer.status_code == 200, answer.text


async def close(round: str, by: Member) -> Response:
    answer = await by.post(f"/rounds/{round}/close")
    assert answer.status_code == 202, answer.text
    return answer


async def want(member: Member, card: object, **more: Any) -> str:
    answer = await member.post("/me/wants", {"card_ids": [str(card)]} | more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def move_to(region: str, *members: Member) -> None:
    for member in members:
        row = update(ProfileModel).where(ProfileModel.id == member.id)
        await member.site.change(row.values(region=region))


@dataclass(frozen=True)
class Circle:
    """Each member holds what the next one wants, and nobody else can help."""

    members: Sequence[Member]
    copies: Sequence[CopyId]
    wants: Sequence[str]


async def a_circle(site: Site, size: int = 3, *, start: int = 0, mark: str = "") -> Circle:
    """Of members of level 1, over cards of their own from the `start`th one on."""
    members = [await fan(site, f"{name}{mark}") for name in NAMES[:size]]
    cards = (await site.some_cards(start + size))[start:]
    copies = [await each.hold(card) for each, card in zip(members, cards, strict=True)]
    before = [cards[-1], *cards[:-1]]
    wants = [await want(each, card) for each, card in zip(members, before, strict=True)]
    return Circle(members, copies, wants)
