"""The main job, played against a running service: two strangers find each other and swap a card."""

import secrets
from collections.abc import Callable
from typing import Any

import httpx

from apps.demo.person import Person, StepFailed

Tell = Callable[[str], None]

WORDS = {"ann": "뉴진스 하니", "bea": "aespa karina"}


async def play_swap(http: httpx.AsyncClient, tell: Tell) -> None:
    """Tell each step; raise StepFailed at the first that goes otherwise than it should."""
    ann, bea = [await sign_up(http, name, tell) for name in WORDS]
    anns_card, beas_card = [await find(who, tell) for who in (ann, bea)]
    anns, beas = await ann.add_copy(anns_card), await bea.add_copy(beas_card)
    await want(ann, beas_card, tell)
    await want(bea, anns_card, tell)
    await show_binders(tell, "before", ann, bea)

    offer = await find_partner(ann, bea, beas_card, anns_card, tell)
    trade = await propose(ann, offer, give=anns, take=beas, tell=tell)
    await step(bea, f"{trade}/accept", state="accepted", tell=tell, revision=1)
    await step(ann, f"{trade}/confirm", state="fulfilling", tell=tell)
    await step(bea, f"{trade}/confirm", state="completed", tell=tell)

    await show_binders(tell, "after", ann, bea)
    held = await ann.binder(), await bea.binder()
    expect(held == ({beas: beas_card["code"]}, {anns: anns_card["code"]}), f"binders are {held}")
    chain = (await bea.call("GET", f"/copies/{anns}/chain"))["items"]
    names = [(link["from"]["nickname"], link["to"]["nickname"]) for link in chain]
    expect(names == [(ann.nickname, bea.nickname)], f"the chain of custody is {names}")
    tell("Each holds the other's card, and the chain of custody says how it came there.")


async def sign_up(http: httpx.AsyncClient, name: str, tell: Tell) -> Person:
    """Open a fresh account and sign in."""
    nickname = f"{name}-{secrets.token_hex(4)}"
    person = Person(http, nickname, f"{nickname}@demo.kcardswap.example", secrets.token_urlsafe())
    await person.register()
    await person.sign_in()
    tell(f"{nickname} signs up and signs in.")
    return person


async def find(person: Person, tell: Tell) -> dict[str, Any]:
    """Find the card that this person holds."""
    words = WORDS[person.nickname.partition("-")[0]]
    card = await person.find_card(words)
    tell(f"{person.nickname} searches “{words}”, finds {card['code']}, and lists a copy for trade.")
    return card


async def want(person: Person, card: dict[str, Any], tell: Tell) -> None:
    """Look for a card."""
    await person.want(card)
    tell(f"{person.nickname} wants {card['code']}.")


async def find_partner(
    asker: Person, other: Person, missing: dict[str, Any], own: dict[str, Any], tell: Tell
) -> str:
    """Find the other among those who hold what is missing and want what is there."""
    holders = await asker.call("GET", f"/cards/{missing['id']}/copies", limit=100)
    seekers = await asker.call("GET", f"/cards/{own['id']}/wants", limit=100)
    both = {copy["owner"]["id"] for copy in holders["items"]} & {
        group["member"]["id"] for group in seekers["items"]
    }
    other_id = await other.me()
    expect(other_id in both, f"{other.nickname} is not among those who hold and want")
    tell(f"{asker.nickname} sees that {other.nickname} holds the one and wants the other.")
    return other_id


async def propose(asker: Person, to: str, *, give: str, take: str, tell: Tell) -> str:
    """Send the proposal and return the path of the trade."""
    body = {
        "to": to,
        "give": [give],
        "take": [take],
        "method": "in_person",
        "place": "Taipei Main Station, gate M4",
        "note": "Saturday afternoon?",
    }
    trade = await asker.call("POST", "/trades", body, expect=201)
    expect(trade["state"] == "proposed", f"the trade is {trade['state']}")
    tell(f"{asker.nickname} proposes trade {trade['id']}.")
    return f"/trades/{trade['id']}"


async def step(person: Person, command: str, *, state: str, tell: Tell, **body: int) -> None:
    """Give a command and see that the trade gets where it should."""
    answer = await person.call("POST", command, body or None)
    expect(answer["state"] == state, f"the trade is {answer['state']}, not {state}")
    tell(f"{person.nickname}: {command.rpartition('/')[2]}. The trade is {state}.")


async def show_binders(tell: Tell, when: str, *people: Person) -> None:
    """Tell who holds what."""
    for person in people:
        tell(f"  {when}: {person.nickname} holds {', '.join((await person.binder()).values())}")


def expect(truth: bool, otherwise: str) -> None:  # noqa: FBT001  it is said, not switched
    """Go on only if it is so."""
    if not truth:
        raise StepFailed(f"Expected otherwise: {otherwise}.")
