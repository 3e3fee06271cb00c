"""Members with lists that fit together, and the rounds that they join."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from httpx import Response
from sqlalchemy import select, update

from apps.collection.contract import CopyId
from apps.identity.infrastructure.models import ProfileModel
from apps.matching.application.close_round import SOLVE
from apps.matching.application.solve_round import TEND
from apps.shared.application.jobs import JobState
from apps.shared.application.outbox import DeliverEvents
from apps.shared.infrastructure.jobs import JobModel
from tests.support.labour import hurry, work_once
from tests.support.levels import confirm_address, raise_to
from tests.support.mail import address_of
from tests.support.site import Member, Site

MOST_TURNS = 50
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


async def work(site: Site) -> None:
    """Let workers do what is due, and events come to those who consume them, until all is quiet."""
    deliver = await site.port(DeliverEvents)
    for _ in range(MOST_TURNS):
        await hurry(site)
        await work_once(site)
        if not await deliver() and not (await states_of_jobs(site)):
            return
    raise TimeoutError


async def states_of_jobs(site: Site) -> list[str]:
    """The kinds of jobs of rounds that are not done."""
    waiting = JobModel.state.in_([JobState.READY, JobState.RUNNING])
    kinds = select(JobModel.kind).where(waiting, JobModel.kind.in_([SOLVE, TEND]))
    return await site.ask(kinds)


async def result(round: str, to: Member, **query: object) -> dict[str, Any]:
    answer = await to.get(f"/rounds/{round}/result", **query)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def state(round: str, to: Member) -> str:
    return str((await to.get(f"/rounds/{round}")).json()["state"])


async def published(site: Site, olga: Member, *circles: Circle, **more: Any) -> str:
    """A round that all of these have joined, with its rings before them."""
    round = await a_round(olga, **more)
    for circle in circles:
        await join(round, *circle.members)
    await close(round, olga)
    await work(site)
    return round


async def accept(trade: str, *members: Member) -> None:
    for member in members:
        consent = {"revision": 1, "address_id": await address_of(member)}
        answer = await member.post(f"/trades/{trade}/accept", consent)
        assert answer.status_code == 200, answer.text


async def reject(trade: str, member: Member) -> None:
    answer = await member.post(f"/trades/{trade}/reject")
    assert answer.status_code == 200, answer.text
