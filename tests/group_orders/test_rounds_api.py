"""Planning rounds, opening, closing, allocating and cancelling them, over HTTP."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update
from uuid_utils.compat import uuid7

from apps.group_orders.application.run_rounds import CloseDueRounds
from apps.group_orders.infrastructure.round_models import OrderRoundModel
from tests.group_orders.orders import a_draft, an_order, fan, organiser
from tests.group_orders.rounds import (
    PRICE,
    a_planned_round,
    a_scene,
    an_open_round,
    asked,
    claimed,
    later,
    planning,
    step,
)
from tests.support.deals import told
from tests.support.levels import raise_to
from tests.support.site import Site

POSTER = {"item": "Poster", "unit_price": 1}


async def test_a_planned_round_has_numbered_slots(site: Site) -> None:
    olga = await organiser(site)
    order = await an_order(olga)
    (card,) = await site.some_cards(1)
    slots = [
        {"card_id": str(card), "unit_price": PRICE, "units": 2, "set_number": 1},
        {"item": "Poster", "unit_price": 300},
    ]
    body = await planning(site, slots=slots)
    answer = await olga.post(f"/group-orders/{order}/rounds", body)
    assert answer.status_code == 201, answer.text
    round = answer.json()
    assert answer.headers["Location"] == f"/api/v1/order-rounds/{round['id']}"
    assert (await olga.get(f"/order-rounds/{round['id']}")).json() == round
    assert (round["number"], round["state"], round["slots"], round["free_slots"]) == (
        *(1, "planned"),
        *(3, 3),
    )
    assert round["allowed_actions"] == ["open", "cancel"]
    listed = (await olga.get(f"/order-rounds/{round['id']}/slots")).json()["items"]
    assert [
        (each["number"], each["card_id"], each["item"], each["unit_price"], each["set_number"])
        for each in listed
    ] == [
        (1, str(card), None, PRICE, 1),
        (2, str(card), None, PRICE, 1),
        (3, None, "Poster", 300, None),
    ]
    assert {(each["currency"], each["taken"]) for each in listed} == {("EUR", False)}
    second = await a_planned_round(olga, order)
    rounds = (await olga.get(f"/group-orders/{order}/rounds")).json()["items"]
    assert [each["id"] for each in rounds] == [round["id"], second]


async def test_what_no_round_can_be_is_refused(site: Site) -> None:
    olga = await organiser(site)
    path = f"/group-orders/{await a_draft(olga)}/rounds"
    cases: list[tuple[dict[str, Any], str]] = [
        ({"slots": [POSTER, POSTER | {"unit_price": 2, "set_number": 1}]}, "prices"),
        (
            {"slots": [POSTER | {"units": 300}, POSTER | {"units": 201, "set_number": 1}]},
            "too-many",
        ),
        ({"slots": [POSTER, POSTER]}, "validation-failed"),
        ({"closes_at": "2020-01-01T00:00:00Z"}, "end-of-round"),
        ({"title": "mail a@b.example"}, "contact-data"),
        ({"slots": [{"unit_price": 1}]}, "validation-failed"),
        ({"slots": [{"item": "A", "unit_price": 0}]}, "validation-failed"),
        ({"slots": [{"item": "  ", "unit_price": 1}]}, "validation-failed"),
        ({"slots": []}, "validation-failed"),
        ({"policy": "mine"}, "validation-failed"),
    ]
    for wrong, code in cases:
        status, said = told(await olga.post(path, await planning(site, **wrong)))
        assert (status, str(said).startswith(code)) == (422, True), wrong


async def test_the_cards_of_a_round_exist(site: Site) -> None:
    olga = await organiser(site)
    slots = [{"item": "A", "unit_price": 1}, {"card_id": str(uuid7()), "unit_price": 1}]
    path = f"/group-orders/{await a_draft(olga)}/rounds"
    answer = await olga.post(path, await planning(site, slots=slots))
    assert told(answer) == (404, "not-found")
    assert answer.json()["errors"][0]["pointer"] == "/slots/1/card_id"


async def test_an_order_has_twenty_rounds(site: Site) -> None:
    olga = await organiser(site)
    order = await a_draft(olga)
    slots = [{"item": "A", "unit_price": 1}]
    for _ in range(20):
        _ = await a_planned_round(olga, order, slots=slots)
    answer = await olga.post(f"/group-orders/{order}/rounds", await planning(site, slots=slots))
    assert answer.json()["limit_key"] == "order_rounds_max"


async def test_a_round_opens_in_an_open_order_and_goes_its_way(site: Site) -> None:
    olga = await organiser(site)
    order = await a_draft(olga)
    round = await a_planned_round(olga, order)
    assert told(await olga.post(f"/order-rounds/{round}/open")) == (409, "order-not-open")
    assert (await olga.post(f"/group-orders/{order}/open")).status_code == 200
    states = [(await step(olga, round, action))["state"] for action in ("open", "close")]
    shown = await step(olga, round, "allocate")
    assert [*states, shown["state"]] == ["open", "closed", "allocated"]
    assert shown["allowed_actions"] == ["cancel"]
    answer = await olga.post(f"/order-rounds/{round}/allocate")
    assert told(answer) == (409, "invalid-transition")
    assert answer.json()["state"] == "allocated"
    assert (await step(olga, round, "cancel"))["state"] == "cancelled"


async def test_only_who_runs_the_order_runs_its_rounds(site: Site) -> None:
    olga, order, round = await a_scene(site)
    ann = await fan(site, "ann")
    body = await planning(site)
    assert told(await ann.post(f"/group-orders/{order}/rounds", body)) == (403, "organisers-only")
    for action in ("open", "close", "allocate", "cancel"):
        assert told(await ann.post(f"/order-rounds/{round}/{action}")) == (403, "organisers-only")
    assert (await ann.get(f"/order-rounds/{round}")).json()["allowed_actions"] == []
    await olga.block(ann)
    for path in (f"/order-rounds/{round}", f"/order-rounds/{round}/slots"):
        assert told(await ann.get(path)) == (404, "not-found")
    assert told(await ann.post(f"/order-rounds/{round}/close")) == (404, "not-found")


async def test_an_order_is_locked_when_its_rounds_are_closed(site: Site) -> None:
    olga, order, round = await a_scene(site)
    answer = await olga.post(f"/group-orders/{order}/lock")
    assert told(answer) == (409, "rounds-still-open")
    await step(olga, round, "close")
    assert (await olga.post(f"/group-orders/{order}/lock")).status_code == 200
    assert (await step(olga, round, "allocate"))["state"] == "allocated"
    body = await planning(site)
    answer = await olga.post(f"/group-orders/{order}/rounds", body)
    assert told(answer) == (409, "invalid-transition")


async def test_rounds_close_by_themselves(site: Site) -> None:
    _, _, round = await a_scene(site)
    ann = await fan(site, "ann")
    past = (await site.clock()).now() - timedelta(seconds=1)
    row = update(OrderRoundModel).where(OrderRoundModel.id == UUID(round))
    await site.change(row.values(closes_at=past))
    assert told(await asked(ann, round)) == (409, "invalid-transition")
    close = await site.port(CloseDueRounds)
    assert [await close(), await close()] == [1, 0]
    assert (await ann.get(f"/order-rounds/{round}")).json()["state"] == "closed"


async def test_a_round_that_was_to_close_by_now_does_not_open(site: Site) -> None:
    olga = await organiser(site)
    round = await a_planned_round(olga, await an_order(olga))
    past = (await site.clock()).now() - timedelta(seconds=1)
    row = update(OrderRoundModel).where(OrderRoundModel.id == UUID(round))
    await site.change(row.values(closes_at=past))
    answer = await olga.post(f"/order-rounds/{round}/open")
    assert told(answer) == (422, "end-of-round-out-of-range")


async def test_what_organisers_have_in_hand_is_capped(site: Site) -> None:
    olga = await organiser(site)
    order = await an_order(olga)
    dear = [{"item": "Box", "unit_price": 5_000, "units": 10}]
    _ = await an_open_round(olga, order, slots=dear)
    cent = [{"item": "Sticker", "unit_price": 1}]
    round = await a_planned_round(olga, order, slots=cent)
    answer = await olga.post(f"/order-rounds/{round}/open")
    assert told(answer) == (422, "exposure-capped")
    told_of_it = {name: answer.json()[name] for name in ("limit_key", "limit_value")}
    assert told_of_it == {"limit_key": "exposure_euros", "limit_value": 500}
    assert answer.json()["current_value"] == 501
    await raise_to(3, olga)
    await step(olga, round, "open")


async def test_they_are_capped_in_the_euros_of_other_currencies(site: Site) -> None:
    olga = await organiser(site)
    order = await an_order(olga, currency="KRW")
    dear = [{"item": "Box", "unit_price": 800_000}]
    _ = await an_open_round(olga, order, slots=dear)
    round = await a_planned_round(olga, order, slots=[{"item": "Sticker", "unit_price": 1}])
    assert told(await olga.post(f"/order-rounds/{round}/open")) == (422, "exposure-capped")


async def test_joiners_are_capped(site: Site) -> None:
    olga, order, round = await a_scene(site)
    first = await fan(site, "first")
    claim = (await claimed(first, round))["id"]
    for number in range(19):
        _ = await claimed(await fan(site, f"fan{number}"), round)
    late = await fan(site, "late")
    answer = await asked(late, round)
    assert told(answer) == (422, "exposure-capped")
    assert answer.json()["limit_key"] == "exposure_joiners"
    assert (await late.get(f"/group-orders/{order}")).json()["my_part"] == "stranger"
    assert (await first.post(f"/claims/{claim}/withdraw")).status_code == 200
    _ = await claimed(late, round)
    assert told(await asked(first, round)) == (422, "exposure-capped")
    await raise_to(3, olga)
    _ = await claimed(first, round)


async def test_a_round_ends_within_ninety_days(site: Site) -> None:
    olga = await organiser(site)
    body = await planning(site, closes_at=await later(site, days=91))
    answer = await olga.post(f"/group-orders/{await a_draft(olga)}/rounds", body)
    assert told(answer) == (422, "end-of-round-out-of-range")
