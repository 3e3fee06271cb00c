"""Handing slots on to others, and taking them back, over HTTP."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from dishka import Provider, Scope
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from apps.group_orders.application.round_ports import Debts
from apps.group_orders.domain.round_events import AllocationId
from apps.group_orders.infrastructure.round_models import OrderAllocationModel, OrderClaimModel
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.outbox import OutboxModel
from tests.group_orders.orders import fan
from tests.group_orders.rounds import a_scene, allocations, asked, claimed, fans, step
from tests.group_orders.test_claims_api import claims, expected
from tests.support.deals import told
from tests.support.levels import raise_to
from tests.support.site import Member, Site

ALLOCATIONS = "group_order_allocation_"


async def one_slot(site: Site) -> dict[str, Any]:
    """A round with one slot, of a card."""
    (card,) = await site.some_cards(1)
    return {"slots": [{"card_id": str(card), "unit_price": 900}]}


async def news(site: Site) -> list[str]:
    """What was told of allocations, in order."""
    kinds = await site.ask(select(OutboxModel.kind).order_by(OutboxModel.position))
    return [kind.removeprefix(ALLOCATIONS) for kind in kinds if kind.startswith(ALLOCATIONS)]


async def test_a_slot_is_handed_on_where_both_agree(site: Site) -> None:
    olga, order, round = await a_scene(site, **await one_slot(site))
    ann, ben, eve = await fans(site, 3)
    _ = await claimed(ann, round)
    (theirs,) = await allocations(ann, order)
    path = f"/allocations/{theirs['id']}"
    answer = await ann.post(f"{path}/transfer", {"to": str(ben.id)})
    assert answer.status_code == 200, answer.text
    assert answer.json()["offered_to"] == {"id": str(ben.id), "nickname": "fan1"}
    assert (await expected(ann)) != []
    assert told(await eve.post(f"{path}/accept", {"rules_version": 1})) == (404, "not-found")
    (offered,) = await allocations(ben, order)
    assert offered["allowed_actions"] == ["accept"]
    answer = await ben.post(f"{path}/accept", {"rules_version": 1})
    assert answer.status_code == 200, answer.text
    assert answer.json()["member"]["id"] == str(ben.id)
    assert answer.json()["unit_price"] == 900
    assert await expected(ann) == []
    assert [copy["id"] for copy in await expected(ben)] == [answer.json()["copy_id"]]
    (ended,) = await allocations(ann, order, live=False)
    assert ended["end_reason"] == "transferred"
    assert {name: each["state"] for name, each in (await claims(olga, round)).items()} == {
        "fan0": "withdrawn",
        "fan1": "allocated",
    }
    assert (await ben.get(f"/group-orders/{order}")).json()["my_part"] == "joiner"
    assert await news(site) == ["made", "offered", "handed_on"]


async def test_an_offer_is_withdrawn_as_long_as_it_is_not_taken_over(site: Site) -> None:
    olga, order, round = await a_scene(site, **await one_slot(site))
    ann, ben = await fans(site, 2)
    _ = await claimed(ann, round)
    (theirs,) = await allocations(ann, order)
    path = f"/allocations/{theirs['id']}"
    withdraw = f"{path}/transfer/withdraw"
    assert told(await ann.post(withdraw)) == (409, "nothing-offered")
    for _ in range(2):
        offered = await ann.post(f"{path}/transfer", {"to": str(ben.id)})
        assert offered.json()["allowed_actions"] == ["transfer", "withdraw_transfer"]
        for other in (olga, ben):
            assert told(await other.post(withdraw)) == (403, "holders-only")
        answer = await ann.post(withdraw)
        assert answer.status_code == 200, answer.text
        shown = answer.json()
        assert (shown["offered_to"], shown["offered_at"]) == (None, None)
        assert shown["allowed_actions"] == ["transfer"]
        assert await allocations(ben, order) == []
        for gone in (withdraw, f"{path}/accept"):
            body = {"rules_version": 1} if gone.endswith("accept") else None
            assert told(await ben.post(gone, body)) == (404, "not-found")
    assert await news(site) == ["made", *["offered", "offer_withdrawn"] * 2]
    _ = await ann.post(f"{path}/transfer", {"to": str(ben.id)})
    assert (await ben.post(f"{path}/accept", {"rules_version": 1})).status_code == 200
    assert told(await ann.post(withdraw)) == (409, "on-its-way")


async def test_nobody_named_is_who_waits_first(site: Site) -> None:
    _, order, round = await a_scene(site, **await one_slot(site))
    ann, ben, eve = await fans(site, 3)
    _ = await claimed(ann, round)
    (theirs,) = await allocations(ann, order)
    path = f"/allocations/{theirs['id']}"
    assert told(await ann.post(f"{path}/transfer", {})) == (409, "nobody-waits")
    waiting = await claimed(ben, round)
    _ = await claimed(eve, round)
    answer = await ann.post(f"{path}/transfer", {"to": None})
    assert answer.json()["offered_to"]["id"] == str(ben.id)
    answer = await ben.post(f"{path}/accept", {"rules_version": 1})
    assert answer.json()["claim_id"] == waiting["id"]
    assert (await claims(ben, round))["fan1"]["state"] == "allocated"


async def test_who_takes_over_is_held_against_the_terms(site: Site) -> None:
    olga, order, round = await a_scene(site, **await one_slot(site))
    ann, ben = await fans(site, 2)
    _ = await claimed(ann, round)
    (theirs,) = await allocations(ann, order)
    path = f"/allocations/{theirs['id']}"
    for to, code in ((ann.id, "transfer-to-yourself"), (uuid7(), "not-found")):
        assert told(await ann.post(f"{path}/transfer", {"to": str(to)}))[1] == code
    await ben.block(olga)
    answer = await ann.post(f"{path}/transfer", {"to": str(ben.id)})
    assert told(answer) == (404, "not-found")
    assert answer.json()["errors"][0]["pointer"] == "/to"
    _ = await ben.delete(f"/me/blocks/{olga.id}")
    _ = await ann.post(f"{path}/transfer", {"to": str(ben.id)})
    assert told(await ben.post(f"{path}/accept", {"rules_version": 9})) == (409, "rules-changed")
    assert told(await ann.post(f"{path}/accept", {"rules_version": 1})) == (
        403,
        "offered-to-somebody-else",
    )
    assert told(await olga.post(f"{path}/transfer", {})) == (403, "holders-only")
    assert told(await ben.post(f"{path}/release", {"reason": "released"})) == (
        403,
        "organisers-only",
    )
    await raise_to(0, olga)
    answer = await ben.post(f"{path}/accept", {"rules_version": 1})
    assert told(answer) == (422, "exposure-capped")


async def test_what_organisers_release_goes_to_who_waits(site: Site) -> None:
    olga, order, round = await a_scene(site, **await one_slot(site))
    ann, ben = await fans(site, 2)
    _ = await claimed(ann, round)
    waits = await claimed(ben, round)
    await step(olga, round, "close")
    await step(olga, round, "allocate")
    (theirs,) = await allocations(ann, order)
    path = f"/allocations/{theirs['id']}"
    answer = await olga.post(f"{path}/release", {"reason": "reclaimed"})
    assert told(answer) == (409, "not-overdue")
    answer = await olga.post(f"{path}/release", {"reason": "released"})
    assert (answer.status_code, answer.json()["end_reason"]) == (200, "released")
    assert await expected(ann) == []
    (moved,) = await allocations(ben, order)
    assert moved["claim_id"] == waits["id"]
    assert (await claims(ann, round))["fan0"]["state"] == "withdrawn"
    answer = await olga.post(f"{path}/release", {"reason": "released"})
    assert told(answer) == (409, "on-its-way")
    assert await news(site) == ["made", "ended", "made"]


async def test_a_part_of_a_claim_is_given_up(site: Site) -> None:
    olga, order, round = await a_scene(site)
    ann = await fan(site, "ann")
    _ = await claimed(ann, round, quantity=3)
    first, *_ = await allocations(ann, order)
    _ = await olga.post(f"/allocations/{first['id']}/release", {"reason": "released"})
    claim = (await claims(ann, round))["ann"]
    assert (claim["state"], claim["granted"], claim["quantity"]) == ("allocated", 2, 2)


async def test_what_is_taken_back_does_not_return_to_whose_it_was(site: Site) -> None:
    olga, order, round = await a_scene(site, **await one_slot(site))
    ann, ben = await fans(site, 2)
    _ = await claimed(ann, round, quantity=3)
    _ = await claimed(ben, round)
    (theirs,) = await allocations(ann, order)
    _ = await olga.post(f"/allocations/{theirs['id']}/release", {"reason": "released"})
    assert await allocations(ann, order) == []
    assert len(await allocations(ben, order)) == 1
    assert {name: each["state"] for name, each in (await claims(olga, round)).items()} == {
        "fan0": "withdrawn",
        "fan1": "allocated",
    }


async def test_what_is_on_its_way_stays(site: Site) -> None:
    olga, order, round = await a_scene(site)
    ann = await fan(site, "ann")
    _ = await claimed(ann, round)
    (theirs,) = await allocations(ann, order)
    row = update(OrderAllocationModel).where(OrderAllocationModel.id == UUID(theirs["id"]))
    await site.change(row.values(shipped_at=(await site.clock()).now()))
    path = f"/allocations/{theirs['id']}"
    assert told(await ann.post(f"{path}/transfer", {})) == (409, "on-its-way")
    answer = await olga.post(f"{path}/release", {"reason": "released"})
    assert told(answer) == (409, "on-its-way")
    assert (await allocations(ann, order))[0]["allowed_actions"] == ["confirm", "dispute"]


async def test_the_database_refuses_a_second_live_allocation_of_a_slot(site: Site) -> None:
    _, order, round = await a_scene(site)
    ann = await fan(site, "ann")
    _ = await claimed(ann, round)
    row = OrderAllocationModel
    (kept,) = await site.ask(select(row))
    again = {
        column.key: getattr(kept, column.key)
        for column in row.__table__.columns
        if column.key not in {"id", "copy_id"}
    }
    with pytest.raises(IntegrityError):
        await site.change(insert(row).values(again | {"id": uuid7()}))
    ended = {"ended_at": kept.allocated_at, "end_reason": "released"}
    await site.change(insert(row).values(again | {"id": uuid7()} | ended))
    assert len(await allocations(ann, order)) == 1


class Owing(Debts):
    """Everybody owes what they were allocated."""

    async def owes(self, member: MemberId, *, organiser: MemberId, at: datetime) -> bool:
        del member, organiser, at
        return True

    async def forfeited(self, allocation: AllocationId, *, at: datetime) -> bool:
        del allocation, at
        return True


@pytest.fixture
async def indebted(url: str, keys: Path) -> AsyncIterator[Site]:
    provider = Provider(scope=Scope.APP)
    provider.provide(Owing, provides=Debts)
    async with Site(url, keys, provider) as site:
        yield site


async def test_who_owes_something_claims_nothing(indebted: Site) -> None:
    _, _, round = await a_scene(indebted)
    assert told(await asked(await fan(indebted, "ann"), round)) == (409, "unpaid-dues")


async def allocated_somehow(site: Site, holder: Member, round: str, order: str) -> UUID:
    """The first slot to somebody who would not be let in."""
    slot = (await holder.get(f"/order-rounds/{round}/slots")).json()["items"][0]
    id, claim, now = uuid7(), uuid7(), (await site.clock()).now()
    whose = {"round_id": UUID(round), "member_id": holder.id}
    asks = {"card_id": UUID(slot["card_id"]), "quantity": 1, "granted": 1, "state": "allocated"}
    told_of_it = {"id": claim, "sequence": 1, "submitted_at": now}
    await site.change(insert(OrderClaimModel).values(whose | asks | told_of_it))
    gets = {"id": id, "claim_id": claim, "slot_id": UUID(slot["id"]), "unit_price": 1}
    told_of_it = {"group_order_id": UUID(order), "allocated_at": now}
    await site.change(insert(OrderAllocationModel).values(whose | gets | told_of_it))
    return id


async def test_what_is_not_paid_is_reclaimed(indebted: Site) -> None:
    olga, order, round = await a_scene(indebted)
    ann = await fan(indebted, "ann")
    id = await allocated_somehow(indebted, ann, round, order)
    answer = await olga.post(f"/allocations/{id}/release", {"reason": "reclaimed"})
    assert (answer.status_code, answer.json()["end_reason"]) == (200, "reclaimed")
