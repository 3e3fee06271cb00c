"""A copy or want entered while its card is merged is not left behind on the merged card (P9)."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

from dishka import Provider, Scope
from httpx import Response
from sqlalchemy import event

from apps.catalogue.contract import CardId, Catalogue
from apps.catalogue.infrastructure.cards import SqlCatalogue
from apps.operations.infrastructure.invariants import broken
from tests.catalogue.demo import fill
from tests.catalogue.people import an_addition, card, join
from tests.support.site import Member, Site, proposal

LEFT_BEHIND = "copies and wants are of cards that are not merged"
ROUNDS, FANS = 12, 6


class People:
    """A curator, and members who enter copies and wants."""

    def __init__(self, cur: Member, fans: list[Member], survivor: str) -> None:
        self.cur, self.fans, self.survivor = cur, fans, survivor

    @classmethod
    async def gather(cls, site: Site) -> "People":
        await fill(site)
        cur = await join(site, "cur", role="admin")
        fans = [await site.join(f"fan-{number}") for number in range(FANS)]
        return cls(cur, fans, (await card(site, "omg-hanni"))["id"])

    async def a_round(self, number: int) -> list[Response]:
        """Merge a new card, while all enter copies and wants of it, and trade two of them."""
        entry = await an_addition(self.cur.site, f"omg-{number}")
        old = (await self.cur.post("/cards", entry)).json()["id"]
        ann, bea, *_ = self.fans
        give, take = await ann.hold(CardId(UUID(old))), await bea.hold(CardId(UUID(old)))
        group = (await ann.post("/me/wants", {"card_ids": [old, self.survivor]})).json()["id"]
        copy = {"card_id": old, "condition": "mint", "for_trade": True}
        steps = [fan.post("/me/copies", copy) for fan in self.fans]
        steps.insert(number % FANS, self.cur.post(f"/cards/{old}/merge", {"into": self.survivor}))
        steps += [fan.post("/me/wants", {"card_ids": [old]}) for fan in self.fans]
        steps += [
            ann.post("/trades", proposal(bea, give=[give], take=[take])),
            ann.patch(f"/me/wants/{group}", {"card_ids": [old], "rank": 2}),
        ]
        return await asyncio.gather(*steps)


def failures(site_engine: Any) -> list[Any]:
    seen: list[Any] = []
    event.listen(site_engine.sync_engine, "handle_error", seen.append)
    return seen


async def test_nothing_is_left_behind_on_a_merged_card(site: Site) -> None:
    seen, people = failures(await site.engine()), await People.gather(site)
    for number in range(ROUNDS):
        answers = await people.a_round(number)
        refused = [each.text for each in answers if each.is_error]
        assert not [text for text in refused if "limit-exceeded" not in text]
    found = await broken(await site.engine())
    assert found == dict.fromkeys(found, 0)
    assert not seen, "no deadlock: merging and entering lock in one order"


async def test_merges_in_a_circle_leave_one_surviving_card(site: Site) -> None:
    people = await People.gather(site)
    for number in range(ROUNDS):
        entries = [await an_addition(site, f"omg-{number}-{each}") for each in range(3)]
        ids = [(await people.cur.post("/cards", entry)).json()["id"] for entry in entries]
        answers = await asyncio.gather(
            *(
                people.cur.post(f"/cards/{id}/merge", {"into": into})
                for id, into in zip(ids, [*ids[1:], ids[0]], strict=True)
            )
        )
        assert {answer.status_code for answer in answers} <= {200, 409}
        shown = [await people.cur.get(f"/cards/{id}") for id in ids]
        merged = sum(answer.status_code == 308 for answer in shown)
        assert merged == sum(answer.status_code == 200 for answer in answers) > 0
    found = await broken(await site.engine())
    assert found == dict.fromkeys(found, 0)


class Careless(SqlCatalogue):
    """Resolves ids, but does not keep the cards from being merged."""

    async def hold(self, ids: Iterable[CardId]) -> Any:
        return {id: each.id for id, each in (await self.cards(list(ids))).items()}


async def test_without_the_lock_copies_are_left_behind(postgresql: str, keys: Path) -> None:
    """The control: it shows that the test above can fail."""
    careless = Provider(scope=Scope.APP)
    careless.provide(Careless, provides=Catalogue)
    async with Site(postgresql, keys, careless) as site:
        people = await People.gather(site)
        for number in range(ROUNDS):
            await people.a_round(number)
            if (await broken(await site.engine()))[LEFT_BEHIND]:
                break
        assert (await broken(await site.engine()))[LEFT_BEHIND]
