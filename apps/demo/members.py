"""Members with cards, wishes and histories, for whoever tries the service for the first time.

What a client can do is done as a client would, over HTTP: accounts, copies, wants, and the trades
of the past, which are proposed, accepted and confirmed one by one. Nobody can earn a trust level in
seconds, so that is not earned: it is written down (`Promote`), and so is that the address of the
member is confirmed.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from apps.demo.person import Person, StepFailed

PASSWORD = "photocard-demo"  # noqa: S105  printed for everybody to sign in with
DOMAIN = "demo.kcardswap.example"

Promote = Callable[[str, int], Awaitable[None]]
"""Give the member of this id this trust level, and a confirmed address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settler:
    """What a demo member has and looks for, each in the words that find the card."""

    level: int
    holds: tuple[str, ...]
    wants: tuple[str, ...]


SETTLERS = {
    "minji": Settler(
        level=1, holds=("뉴진스 하니", "에스파 카리나", "아이브 원영"), wants=("에스파 윈터",)
    ),
    "haerin": Settler(
        level=1, holds=("뉴진스 민지", "에스파 윈터", "르세라핌 채원"), wants=("뉴진스 하니",)
    ),
    "sora": Settler(level=2, holds=("seventeen hoshi", "txt soobin"), wants=("itzy ryujin",)),
    "yuna": Settler(level=2, holds=("enhypen jake", "twice jihyo"), wants=("seventeen hoshi",)),
    "jiho": Settler(level=3, holds=("itzy ryujin", "ateez san"), wants=("enhypen jake",)),
    "mina": Settler(level=1, holds=("seventeen woozi", "itzy yeji"), wants=("txt yeonjun",)),
    "tao": Settler(level=0, holds=("txt yeonjun", "ateez mingi"), wants=("seventeen woozi",)),
    "lin": Settler(level=0, holds=("enhypen sunoo",), wants=("ateez san", "twice jihyo")),
}
"""Minji and Haerin fit, and so do Mina and Tao; Sora, Yuna and Jiho do so as three only."""

HISTORY = {
    ("jiho", "yuna"): 2,
    ("jiho", "sora"): 2,
    ("jiho", "minji"): 1,
    ("yuna", "sora"): 1,
    ("haerin", "mina"): 1,
}
"""So many trades each pair has completed."""
KEEPSAKES = ("에스파 지젤", "아이브 리즈")
"""What changed hands in them; nobody looks for these."""


def demo_person(http: httpx.AsyncClient, name: str) -> Person:
    """Return one of the demo members, not signed in yet."""
    return Person(http, name, f"{name}@{DOMAIN}", PASSWORD)


async def load_members(http: httpx.AsyncClient, promote: Promote) -> list[str]:
    """Open the demo accounts, fill their binders, and tell of each how that went.

    What is there already stays as it is; a nickname that somebody has taken is passed over.
    """
    settled: dict[str, Person] = {}
    told = []
    for name in SETTLERS:
        person = demo_person(http, name)
        try:
            level = await settle(person, promote)
        except StepFailed as failure:
            told.append(f"{name} is left out: {failure}")
        else:
            settled[name] = person
            told.append(f"{person.email}  password: {PASSWORD}  trust level: {level}")
    for (one, other), trades in HISTORY.items():
        if one in settled and other in settled:
            await remember(settled[one], settled[other], trades)
    return told


async def settle(person: Person, promote: Promote) -> int:
    """Open the account of one member unless there is one, fill an empty binder; tell the level."""
    try:
        await person.sign_in()
    except StepFailed:
        await person.register()
        await person.sign_in()
    settler, me = SETTLERS[person.nickname], await person.call("GET", "/me")
    level: int = max(me["trust_level"], settler.level)
    if me["trust_level"] < level:
        await promote(me["id"], level)
    if not await person.binder():
        for words in settler.holds:
            await person.add_copy(await person.find_card(words))
        for words in settler.wants:
            await person.want(await person.find_card(words))
    return level


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
