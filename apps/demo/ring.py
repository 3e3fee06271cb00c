"""A ring of three by mail, played by demo members against a running service."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

from apps.demo.members import demo_person
from apps.demo.person import Person, StepFailed
from apps.demo.swap import Tell, expect, show_binders

Propose = Callable[[Mapping[str, str]], Awaitable[str]]
"""Put a ring to its members: who gives which copy, in order; return the id of the trade."""

GIVES = {"sora": "seventeen hoshi", "yuna": "enhypen jake", "jiho": "itzy ryujin"}
"""Each to the next, and Jiho to Sora."""


async def play_ring(http: httpx.AsyncClient, propose: Propose, tell: Tell) -> None:
    """Tell each step; raise StepFailed at the first that goes otherwise than it should.

    Only matching makes rings, so `propose` goes past the API; all else is what clients can do.
    """
    people = [await come_in(http, name, tell) for name in GIVES]
    following = [*people[1:], people[0]]
    cards = [await each.find_card(GIVES[each.nickname]) for each in people]
    copies = [await offer(*each, tell) for each in zip(people, cards, strict=True)]
    for receiver, card in zip(following, cards, strict=True):
        await look_for(receiver, card, tell)
    await show_binders(tell, "before", *people)

    gifts = {await each.me(): copy for each, copy in zip(people, copies, strict=True)}
    trade = f"/trades/{await propose(gifts)}"
    tell(f"Matching proposes ring {trade.rpartition('/')[2]}: each gives to the next, by mail.")
    for person in people:
        last = person is people[-1]
        consent = {"revision": 1, "address_id": await address_of(person)}
        answer = await person.call("POST", f"{trade}/accept", consent)
        reached(person, "accept", answer, "accepted" if last else "proposed", tell)
    for number, person in enumerate(people, start=1):
        leg = await leg_of(person, trade, "from")
        parcel = {"carrier": "Chunghwa Post", "tracking_number": f"RR{number:09}TW"}
        answer = await person.call("POST", f"{trade}/legs/{leg}/ship", parcel)
        reached(
            person, f"ship, tracking number {parcel['tracking_number']}", answer, "fulfilling", tell
        )
    for person in people:
        leg, last = await leg_of(person, trade, "to"), person is people[-1]
        answer = await person.call("POST", f"{trade}/legs/{leg}/receive")
        reached(person, "receive", answer, "completed" if last else "fulfilling", tell)

    await show_binders(tell, "after", *people)
    for receiver, copy in zip(following, copies, strict=True):
        expect(copy in await receiver.binder(), f"{receiver.nickname} does not hold {copy}")
    tell("Each holds what the one before gave, and nobody gave without getting.")


async def come_in(http: httpx.AsyncClient, name: str, tell: Tell) -> Person:
    """Sign a demo member in."""
    person = demo_person(http, name)
    try:
        await person.sign_in()
    except StepFailed as failure:
        raise StepFailed(f"{name} cannot sign in: load the demo first. {failure}") from failure
    tell(f"{name} signs in.")
    return person


async def offer(person: Person, card: dict[str, Any], tell: Tell) -> str:
    """Return a copy of this card that is for trade and free; list a new one if there is none."""
    held = await person.call("GET", "/me/copies", limit=100)
    for copy in held["items"]:
        if copy["card"]["id"] == card["id"] and copy["for_trade"] and copy["state"] == "held":
            id: str = copy["id"]
            return id
    tell(f"{person.nickname} lists a copy of {card['code']} for trade.")
    return await person.add_copy(card)


async def look_for(person: Person, card: dict[str, Any], tell: Tell) -> None:
    """Open a want group for this card, unless there is one."""
    groups = (await person.call("GET", "/me/wants", limit=100))["items"]
    if card["id"] not in [each["id"] for group in groups for each in group["cards"]]:
        await person.want(card)
    tell(f"{person.nickname} wants {card['code']}.")


async def address_of(person: Person) -> str:
    """Return the id of where mail reaches this member; enter an address if there is none."""
    known = (await person.call("GET", "/me/addresses"))["items"]
    if not known:
        lines = [f"{len(person.nickname)} Demo Street"]
        address = {"recipient": person.nickname, "lines": lines, "city": "Taipei", "country": "TW"}
        known = [await person.call("POST", "/me/addresses", address, expect=201)]
    id: str = known[0]["id"]
    return id


async def leg_of(person: Person, trade: str, side: str) -> str:
    """Return the id of the leg `from` or `to` this member."""
    me, legs = await person.me(), (await person.call("GET", trade))["legs"]
    found: str = next(leg["id"] for leg in legs if leg[side] == me)
    return found


def reached(person: Person, did: str, answer: dict[str, Any], state: str, tell: Tell) -> None:
    """See that the ring got where it should."""
    expect(answer["state"] == state, f"the ring is {answer['state']}, not {state}")
    tell(f"{person.nickname}: {did}. The ring is {state}.")
