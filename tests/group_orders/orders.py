"""Organisers and their group orders, as tests make them."""

from typing import Any

from sqlalchemy import select

from apps.catalogue.infrastructure.models import GroupModel
from tests.support.authenticators import employ
from tests.support.levels import confirm_address, raise_to
from tests.support.site import Member, Site

RULES = "Pay within three days. No cancelling once it is ordered."


async def organiser(site: Site, nickname: str = "olga", *, level: int = 2) -> Member:
    """Somebody who may organise."""
    member = await site.join(nickname)
    await confirm_address(member)
    await raise_to(level, member)
    return member


async def fan(site: Site, nickname: str, *, level: int = 1) -> Member:
    """Somebody who may join."""
    return await organiser(site, nickname, level=level)


async def moderator(site: Site) -> Member:
    """Somebody who is staff and runs no order."""
    member = await fan(site, "mod")
    await employ(member, "moderator")
    await confirm_address(member)
    return member


async def drafting(site: Site, **more: Any) -> dict[str, Any]:
    """A body for POST /group-orders."""
    _ = await site.some_cards(1)
    group = (await site.ask(select(GroupModel.id)))[0]
    told = {
        "title": "Armageddon, first press",
        "group_id": str(group),
        "seller_type": "shop",
        "destination": "TW",
        "ways": ["mail"],
        "currency": "EUR",
        "rules": RULES,
    }
    return told | more


async def a_draft(by: Member, **more: Any) -> str:
    """Its id."""
    answer = await by.post("/group-orders", await drafting(by.site, **more))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def an_order(by: Member, **more: Any) -> str:
    """The id of one that is open."""
    order = await a_draft(by, **more)
    answer = await by.post(f"/group-orders/{order}/open")
    assert answer.status_code == 200, answer.text
    return order
