"""However many confirm a proposal at once, two of them accept it, and it is applied once (K2)."""

import asyncio
from pathlib import Path

from tests.catalogue.demo import fill
from tests.catalogue.people import an_addition, history, join, proposed
from tests.support.site import Member, Site
from tests.support.weakening import an_unguarded_site

ROUNDS, FANS = 10, 8
FAIR = [200] * 2 + [409] * (FANS - 2)


async def fans(site: Site) -> list[Member]:
    await fill(site)
    return [await join(site, f"fan-{number}", level=2) for number in range(FANS)]


async def a_round(ann: Member, fans: list[Member], number: int) -> tuple[str, list[int]]:
    """All confirm the same proposal."""
    path = await proposed(ann, {"card": await an_addition(ann.site, f"omg-{number}")})
    answers = await asyncio.gather(*(fan.post(f"{path}/confirm") for fan in fans))
    return path, sorted(answer.status_code for answer in answers)


async def test_of_many_confirmations_at_once_two_count(site: Site) -> None:
    people, ann = await fans(site), await site.join("ann")
    for number in range(ROUNDS):
        path, statuses = await a_round(ann, people, number)
        shown = (await ann.get(path)).json()
        assert statuses == FAIR
        assert (shown["state"], len(shown["confirmed_by"])) == ("accepted", 2)
        assert len(await history(site, shown["card_id"])) == 1


async def test_without_locks_others_count_too(postgresql: str, keys: Path) -> None:
    """The control: it shows that the test above can fail."""
    async with an_unguarded_site(postgresql, keys) as site:
        people, ann = await fans(site), await site.join("ann")
        rounds = [(await a_round(ann, people, number))[1] for number in range(ROUNDS)]
        assert rounds != [FAIR] * ROUNDS
