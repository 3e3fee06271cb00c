"""Members with cards, wishes and histories, for whoever tries the service for the first time.

What a client can do is done as a client would, over HTTP: accounts, copies, wants, and the trades
of the past, which are proposed, accepted and confirmed one by one. Accounts cannot age in seconds,
so that is written down (`Season`), and so is that the address is confirmed; which trust level
follows from all that, the service says.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from apps.demo.person import Person, StepFailed

PASSWORD = "photocard-demo"  # noqa: S105  printed for everybody to sign in with
DOMAIN = "demo.kcardswap.example"

Season = Callable[[str], Awaitable[None]]
"""Let the account of the member of this id be some months old, and its address confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settler:
    """What a demo member has and looks for, each in the words that find the card."""

    holds: tuple[str, ...]
    wants: tuple[str, ...]
    seasoned: bool = True


SETTLERS = {
    "minji": Settler(holds=("뉴진스 하니", "에스파 카리나", "아이브 원영"), wants=("에스파 윈터",)),
    "haerin": Settler(
        holds=("뉴진스 민지", "에스파 윈터", "르세라핌 채원"), wants=("뉴진스 하니",)
    ),
    "sora": Settler(holds=("seventeen hoshi", "txt soobin"), wants=("itzy ryujin",)),
    "yuna": Settler(holds=("enhypen jake", "twice jihyo"), wants=("seventeen hoshi",)),
    "jiho": Settler(holds=("itzy ryujin", "ateez san"), wants=("enhypen jake",)),
    "mina": Settler(holds=("seventeen woozi", "itzy yeji"), wants=("txt yeonjun",)),
    "tao": Settler(
        holds=("txt yeonjun", "ateez mingi"), wants=("seventeen woozi",), seasoned=False
    ),
    "lin": Settler(holds=("enhypen sunoo",), wants=("ateez san", "twice jihyo"), seasoned=False),
}
"""Minji and Haerin fit, and so do Mina and Tao; Sora, Yuna and Jiho do so as three only."""

HISTORY = {
    ("jiho", "yuna"): 2,
    ("jiho", "sora"): 2,
    ("jiho", "minji"): 1,
    ("yuna", "sora"): 1,
    ("haerin", "mina"): 1,
}
"""So many trades each pair has completed; with five, and three partners, Jiho is of level 2."""
KEEPSAKES = ("에스파 지젤", "아이브 리즈")
"""What changed hands in them; nobody looks for these."""


def demo_person(http: httpx.AsyncClient, name: str) -> Person:
    """Return one of the demo members, not signed in yet."""
    return Person(http, name, f"{name}@{DOMAIN}", PASSWORD)


async def load_members(http: httpx.AsyncClient, season: Season) -> list[str]:
    """Open the demo accounts, fill their binders, and tell of each how that went.

    What is there already stays as it is; a nickname that somebody has taken is passed over.
    """
    settled: dict[str, Person] = {}
    told = []
    for name in SETTLERS:
        person = demo_person(http, name)
        try:
            await settle(person, season)
        except StepFailed as failure:
            told.append(f"{name} is left out: {failure}")
        else:
            settled[name] = person
    for (one, other), trades in HISTORY.items():
        if one in settled and other in settled:
            await remember(settled[one], settled[other], trades)
    for person in settled.values():
        level = (await person.call("GET", "/me"))["trust_level"]
        told.append(f"{person.email}  password: {PASSWORD}  trust level: {level}")
    return told


async def settle(person: Person, season: Season) -> None:
    """Open the account of one member unless there is one, and fill an empty binder."""
    try:
        await person.sign_in()
    except StepFailed:
        await person.register()
        await person.sign_in()
    settler = SETTLERS[person.nickname]
    if settler.seasoned:
        await season(await person.me())
    if not await person.binder():
        for words in settler.holds:
            await person.add_copy(await person.find_card(words))
        for words in settler.wants:
            await person.want(await person.find_card(words))


async def remember(one: Person, other: Person, trades: int) -> None:
    """Let two members have completed so many trades with each other."""
    other_id = await other.me()
    done = await one.call("GET", "/trades", state="completed", limit=100)
    partners = [party["member_id"] for trade in done["items"] for party in trade["parties"]]
    for _ in range(partners.count(other_id), trades):
        given, taken = [await one.find_card(words) for words in KEEPSAKES]
        body = {
            "to": other_id,
            "give": [await one.add_copy(given)],
            "take": [await other.add_copy(taken)],
            "method": "in_person",
        }
        path = f"/trades/{(await one.call('POST', '/trades', body, expect=201))['id']}"
        await other.call("POST", f"{path}/accept", {"revision": 1, "accept_surplus": True})
        await one.call("POST", f"{path}/confirm")
        await other.call("POST", f"{path}/confirm")
