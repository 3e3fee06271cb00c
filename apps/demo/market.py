"""A small market, played by the demo members: enough of them for figures to be shown."""

from collections.abc import Sequence

import httpx

from apps.demo.members import KEEPSAKES, SETTLERS, demo_person
from apps.demo.person import Person, StepFailed
from apps.demo.swap import Tell

PAIRS = (("jiho", "haerin"), ("yuna", "mina"), ("sora", "minji"))
"""Of level 1 and more, who have not swapped with each other in the history of the demo."""
FOR_ONE = 2


async def play_market(http: httpx.AsyncClient, tell: Tell) -> None:
    """Tell each step; raise StepFailed at the first that goes otherwise than it should."""
    members = {name: await signed_in(http, name) for name in SETTLERS}
    dear, cheap = [await members["jiho"].find_card(words) for words in KEEPSAKES]
    for one, other in PAIRS:
        given = [await members[one].add_copy(dear)]
        taken = [await members[other].add_copy(cheap) for _ in range(FOR_ONE)]
        await swap(members[one], members[other], given, taken)
        tell(f"{one} gives {other} {dear['code']} for {FOR_ONE} of {cheap['code']}.")
    for person in members.values():
        _ = await person.add_copy(dear)
        await person.want(dear)
    tell(f"All {len(members)} list {dear['code']} for trade, and look for another one.")
    tell("Workers read that within seconds, and count it within a minute. Then look at")
    tell(f"  GET /api/v1/cards/{dear['id']}/market")
    tell(f"  GET /api/v1/cards/{dear['id']}/swap-index?against={cheap['id']}")
    tell(f"  kcs market chart {dear['code']} --out market.svg")


async def signed_in(http: httpx.AsyncClient, name: str) -> Person:
    """Return a demo member."""
    person = demo_person(http, name)
    try:
        await person.sign_in()
    except StepFailed:
        raise StepFailed(f"{name} cannot sign in: load the demo first.") from None
    return person


async def swap(one: Person, other: Person, given: Sequence[str], taken: Sequence[str]) -> None:
    """Complete a trade."""
    body = {"to": await other.me(), "give": given, "take": taken, "method": "in_person"}
    path = f"/trades/{(await one.call('POST', '/trades', body, expect=201))['id']}"
    await other.call("POST", f"{path}/accept", {"revision": 1, "accept_surplus": True})
    for person in (one, other):
        await person.call("POST", f"{path}/confirm")
