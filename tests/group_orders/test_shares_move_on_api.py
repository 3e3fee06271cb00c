"""What a bill comes to is charged in full, whoever has the slots that it is for, over HTTP."""

from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from tests.group_orders.money import Shop, ensure_balanced, let_pass
from tests.group_orders.orders import an_order, fan, organiser
from tests.group_orders.rounds import allocations, an_open_round, asked, claimed
from tests.support.deals import told
from tests.support.site import Member, Site

STEPS = [step for step in ("release", "hand on", "ask") for _ in range(3)]
SLOTS = [{"item": "Poster", "unit_price": 700, "units": 3}]


class Shared:
    """Three posters; ann, bea and cleo have one each, and dora and eve wait."""

    def __init__(self, shop: Shop, fans: list[Member], round: str) -> None:
        self.shop, self.fans, self.round = shop, fans, round

    async def holders(self) -> dict[str, str]:
        """Whose each live allocation is."""
        found = await allocations(self.shop.olga, self.shop.order)
        return {each["id"]: each["member"]["id"] for each in found}

    async def of(self, member: Member) -> str:
        """Their allocation."""
        (theirs,) = [id for id, of in (await self.holders()).items() if of == str(member.id)]
        return theirs

    async def release(self, allocation: str, reason: str = "released") -> Any:
        answer = await self.shop.olga.post(f"/allocations/{allocation}/release", {"reason": reason})
        assert answer.status_code == 200, answer.text
        return answer

    async def hand_on(self, giver: Member, taker: Member) -> Any:
        allocation = await self.of(giver)
        body = {"to": str(taker.id)}
        assert (await giver.post(f"/allocations/{allocation}/transfer", body)).status_code == 200
        return await taker.post(f"/allocations/{allocation}/accept", {"rules_version": 1})

    async def ensure_complete(self) -> None:
        """Shares that stand and what is uncharged come to each bill, and each slot has a share."""
        listed = (await self.shop.olga.get(f"{self.shop.path}/dues", limit=100)).json()["items"]
        statement = (await self.shop.olga.get(f"{self.shop.path}/statement")).json()
        left = Counter({each["bill_id"]: each["amount"] for each in statement["uncharged"]})
        standing = [each for each in listed if each["state"] != "reversed"]
        for each in standing:
            left[each["bill_id"]] += each["amount"]
        assert sorted(left.values()) == [1_000, 2_100]
        live = await self.holders()
        assert {each["allocation_id"]: each["member"]["id"] for each in standing} == live
        assert Counter(each["kind"] for each in standing) == {
            kind: len(live) for kind in ("item", "ems") if live
        }
        await ensure_balanced(self.shop.site)


@pytest.fixture
async def shared(site: Site) -> Shared:
    olga = await organiser(site)
    fans = [await fan(site, name) for name in ("ann", "bea", "cleo", "dora", "eve")]
    shop = Shop(site, await an_order(olga), olga, ann=fans[0], bea=fans[1])
    round = await an_open_round(olga, shop.order, slots=SLOTS)
    for member in fans:
        _ = await claimed(member, round, item="Poster")
    for bill in (shop.bill("item"), shop.bill("ems", total=1_000, split="unit")):
        answer = await bill
        assert answer.status_code == 201, answer.text
    return Shared(shop, fans, round)


async def test_who_moves_up_takes_over_what_the_slot_was_charged(shared: Shared) -> None:
    ann, *_, dora, _ = shared.fans
    before = await shared.shop.dues(ann)
    await shared.release(await shared.of(ann))
    assert [(kind, amount) for kind, amount, *_ in await shared.shop.dues(dora)] == [
        (kind, amount) for kind, amount, *_ in before
    ]
    statement = (await shared.shop.olga.get(f"{shared.shop.path}/statement")).json()
    assert statement["uncharged"] == []
    assert await shared.shop.owed(ann) == 0
    await shared.ensure_complete()


async def test_who_moves_up_has_three_days(shared: Shared) -> None:
    ann, *_, dora, _ = shared.fans
    await let_pass(shared.shop, timedelta(hours=96 + 49))
    await shared.release(await shared.of(ann), "reclaimed")
    assert {state for *_, state in await shared.shop.dues(dora)} == {"open"}
    path = f"/allocations/{await shared.of(dora)}/release"
    refused = await shared.shop.olga.post(path, {"reason": "reclaimed"})
    assert told(refused) == (409, "not-overdue")


async def test_what_nobody_has_is_charged_to_who_asks_for_it_later(shared: Shared) -> None:
    for member in shared.fans:
        await shared.release(await shared.of(member))
    statement = (await shared.shop.olga.get(f"{shared.shop.path}/statement")).json()
    assert {each["kind"]: each["amount"] for each in statement["uncharged"]} == {
        "item": 2_100,
        "ems": 1_000,
    }
    of_ann = (await shared.fans[0].get(f"{shared.shop.path}/statement")).json()
    assert of_ann["uncharged"] == []
    await shared.ensure_complete()
    flo = await fan(shared.shop.site, "flo")
    assert (await asked(flo, shared.round, item="Poster", quantity=3)).status_code == 201
    assert await shared.shop.owed(flo) == 3_100
    await shared.ensure_complete()


async def test_what_the_organiser_has_reversed_stays_reversed(shared: Shared) -> None:
    ann, *_, dora, _ = shared.fans
    listed = (await ann.get(f"{shared.shop.path}/dues")).json()["items"]
    (ems,) = [each for each in listed if each["kind"] == "ems"]
    (entry,) = [x for x in await shared.shop.ledger(ann) if x["subject_id"] == ems["id"]]
    body = {"reverses": entry["id"], "reason": "A present."}
    assert (await shared.shop.olga.post(f"{shared.shop.path}/ledger", body)).status_code == 201
    await shared.release(await shared.of(ann))
    assert [kind for kind, *_ in await shared.shop.dues(dora)] == ["item"]
    statement = (await shared.shop.olga.get(f"{shared.shop.path}/statement")).json()
    assert [each["amount"] for each in statement["uncharged"]] == [ems["amount"]]


@pytest.mark.parametrize("seed", range(2))
async def test_shares_and_what_is_uncharged_come_to_the_bill_whatever_happens(
    shared: Shared, seed: int
) -> None:
    chance = Random(seed)
    names = {str(member.id): member for member in shared.fans}
    for step in chance.sample(STEPS, len(STEPS)):
        live = await shared.holders()
        without = [member for id, member in names.items() if id not in live.values()]
        if step == "release" and live:
            await shared.release(chance.choice(sorted(live)))
        elif step == "hand on" and live:
            giver = names[live[chance.choice(sorted(live))]]
            answer = await shared.hand_on(giver, chance.choice(without))
            assert answer.status_code == 200, answer.text
        else:
            answer = await asked(chance.choice(without), shared.round, item="Poster")
            assert answer.status_code in {201, 409}, "who waits already asks for no more"
        await shared.ensure_complete()
