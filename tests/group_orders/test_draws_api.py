"""Lotteries: committed to, fixed, revealed, and recomputed from what anybody is shown (G6)."""

import json
from hashlib import sha256

from httpx import Response
from sqlalchemy import select

from apps.group_orders.infrastructure.round_models import OrderRoundModel
from tests.group_orders.recipe import faults_of
from tests.group_orders.rounds import (
    a_planned_round,
    a_scene,
    allocations,
    claimed,
    fans,
    step,
)
from tests.support.deals import told
from tests.support.departures import suspend
from tests.support.levels import raise_to
from tests.support.routes import API
from tests.support.site import Site

THINGS = [
    {"item": "Poster", "unit_price": 300, "units": 2},
    {"item": "Box", "unit_price": 900, "units": 1},
]


async def draw(site: Site, round: str) -> Response:
    """As somebody asks who has no account here."""
    return await site.client.get(f"{API}/order-rounds/{round}/draw")


async def drawn(site: Site) -> str:
    """The id of a round that was drawn."""
    olga, _, round = await a_scene(site, policy="lottery", slots=THINGS)
    for number, each in enumerate(await fans(site, 6)):
        _ = await claimed(each, round, item="Poster", quantity=1 + number % 2)
        _ = await claimed(each, round, item="Box")
    await step(olga, round, "close")
    await step(olga, round, "allocate")
    return round


async def test_a_lottery_is_committed_to_fixed_and_revealed(site: Site) -> None:
    olga, _, round = await a_scene(site, policy="lottery", slots=THINGS)
    (ann,) = await fans(site, 1)
    opened = (await draw(site, round)).json()
    assert len(opened["seed_commitment"]) == 64
    hidden = {name: opened[name] for name in ("input", "claims_digest", "claims", "seed", "order")}
    assert set(hidden.values()) == {None}
    claim = await claimed(ann, round, item="Poster")
    await step(olga, round, "close")
    closed = (await draw(site, round)).json()
    assert closed["claims"] == [{"id": claim["id"], "thing": "item:Poster", "quantity": 1}]
    assert [slot["thing"] for slot in closed["slots"]] == ["item:Poster"] * 2 + ["item:Box"]
    assert (closed["seed"], closed["order"], closed["outcome"]) == (None, None, None)
    await step(olga, round, "allocate")
    revealed = (await draw(site, round)).json()
    fixed = ("seed_commitment", "input", "claims_digest")
    assert [revealed[name] for name in fixed] == [
        *(opened["seed_commitment"], closed["input"], closed["claims_digest"])
    ]
    assert faults_of(revealed) == []


async def test_anybody_recomputes_a_lottery_from_the_public_answer(site: Site) -> None:
    round = await drawn(site)
    shown = (await draw(site, round)).json()
    assert faults_of(shown) == []
    assert len(shown["order"]) == 12
    assert [each["slot"] for each in shown["outcome"]] == [1, 2, 3]
    assert "member" not in json.dumps(shown)


async def test_control_what_was_tampered_with_is_noticed(site: Site) -> None:
    round = await drawn(site)
    shown = (await draw(site, round)).json()
    other_seed = shown | {"seed": sha256(bytes.fromhex(shown["seed"])).hexdigest()}
    assert "another seed than it was committed to" in faults_of(other_seed)
    told_of = json.loads(shown["input"])
    fewer = told_of | {"claims": told_of["claims"][1:]}
    other_claims = shown | {"input": json.dumps(fewer, separators=(",", ":"), sort_keys=True)}
    assert "another input than was fixed" in faults_of(other_claims)
    assert "another order" in faults_of(other_claims)
    first, *rest = shown["outcome"]
    somebody = next(id for id in shown["order"] if id != first["claim_id"])
    swapped = shown | {"outcome": [first | {"claim_id": somebody}, *rest]}
    assert faults_of(swapped) == ["slots that went to others"]


async def test_nothing_is_drawn_a_second_time(site: Site) -> None:
    olga, _, round = await a_scene(site, policy="lottery", slots=THINGS)
    await step(olga, round, "close")
    await step(olga, round, "allocate")
    before = (await draw(site, round)).json()
    for action in ("open", "close", "allocate"):
        answer = await olga.post(f"/order-rounds/{round}/{action}")
        assert told(answer) == (409, "invalid-transition")
    assert (await draw(site, round)).json() == before


async def test_who_waits_moves_up_as_drawn(site: Site) -> None:
    slots = [{"item": "Box", "unit_price": 900}]
    olga, order, round = await a_scene(site, policy="lottery", slots=slots)
    for each in await fans(site, 5):
        _ = await claimed(each, round, item="Box")
    await step(olga, round, "close")
    await step(olga, round, "allocate")
    shown = (await draw(site, round)).json()
    for expected in shown["order"]:
        (held,) = await allocations(olga, order)
        assert held["claim_id"] == expected
        path = f"/allocations/{held['id']}/release"
        assert (await olga.post(path, {"reason": "released"})).status_code == 200
    assert (await draw(site, round)).json() == shown


async def test_what_was_fixed_is_drawn_from_whoever_is_put_out_since(site: Site) -> None:
    slots = [{"item": "Box", "unit_price": 900}]
    olga, _, round = await a_scene(site, policy="lottery", slots=slots)
    (ann,) = await fans(site, 1)
    claim = await claimed(ann, round, item="Box")
    await step(olga, round, "close")
    await suspend(ann)
    await step(olga, round, "allocate")
    shown = (await draw(site, round)).json()
    assert shown["outcome"] == [{"slot": 1, "claim_id": claim["id"]}]
    assert faults_of(shown) == []


async def test_what_is_not_drawn_or_not_open_yet_has_no_draw(site: Site) -> None:
    olga, order, round = await a_scene(site)
    await raise_to(3, olga)
    planned = await a_planned_round(olga, order, policy="lottery")
    for each in (round, planned):
        assert told(await draw(site, each)) == (404, "not-found")


async def test_the_seed_is_told_to_nobody_before_it_is_revealed(site: Site) -> None:
    olga, order, round = await a_scene(site, policy="lottery", slots=THINGS)
    await step(olga, round, "close")
    (seed,) = await site.ask(select(OrderRoundModel.seed))
    for path in (f"/order-rounds/{round}", f"/group-orders/{order}/rounds"):
        assert seed not in (await olga.get(path)).text
    assert seed not in (await draw(site, round)).text
