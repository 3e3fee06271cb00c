"""What providers have told that names no joiner, as operators find it."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock

from sqlalchemy import insert
from typer.testing import CliRunner

from apps.group_orders.application.show_transactions import ListUnmatched, UnmatchedView
from apps.group_orders.infrastructure.transaction_models import ProviderPaymentModel
from apps.group_orders.presentation.command import commands
from tests.group_orders.orders import an_order, fan, organiser
from tests.group_orders.providers import REVERSED, Told, deliver, joined
from tests.support.site import Site

UNKNOWN = "KC-2222-2222"


async def unmatched(site: Site, *, limit: int = 9) -> list[UnmatchedView]:
    show = await site.port(ListUnmatched)  # type: ignore[type-abstract]
    return [*await show(limit=limit)]


async def test_payments_that_name_no_joiner_are_listed_the_newest_first(site: Site) -> None:
    before = (await site.clock()).now()
    assert await unmatched(site) == []
    events = [Told(reference=UNKNOWN, payment=f"pay_{number}") for number in range(3)]
    for event in events:
        await deliver(site, event)
    listed = await unmatched(site)
    assert [each.event_id for each in listed] == [event.id for event in reversed(events)]
    assert [each.event_id for each in await unmatched(site, limit=1)] == [events[2].id]
    last = listed[0]
    assert (last.provider, last.external_payment_id, last.reference) == ("pay", "pay_2", UNKNOWN)
    assert (last.amount, last.currency) == (1_000, "EUR")
    assert last.occurred_at == datetime(2026, 5, 24, 12, tzinfo=UTC)
    assert before <= last.received_at <= (await site.clock()).now()


async def test_what_was_put_right_or_taken_back_is_not_listed(site: Site) -> None:
    order, ann = await an_order(await organiser(site)), await fan(site, "ann")
    reference = await joined(order, ann)
    await deliver(site, Told(reference=reference, payment="matched"))
    await deliver(site, Told(reference=UNKNOWN, payment="corrected"))
    await deliver(site, Told(reference=UNKNOWN, payment="taken_back"))
    await deliver(site, Told(reference=UNKNOWN, payment="left", type="payment.created"))
    await deliver(site, Told(reference=UNKNOWN, payment="left"))
    assert {each.external_payment_id for each in await unmatched(site)} == {
        *("corrected", "taken_back", "left")
    }
    await deliver(site, Told(reference=reference, payment="corrected", minute=1))
    await deliver(site, Told(reference=UNKNOWN, payment="taken_back", type=REVERSED))
    row = {"external_payment_id": "left", "reversed_at": (await site.clock()).now()}
    await site.change(insert(ProviderPaymentModel).values(provider="bank", **row))
    (left,) = await unmatched(site)
    assert (left.provider, left.external_payment_id) == ("pay", "left")


def test_the_command_writes_one_a_line() -> None:
    """In this process, and without a database."""
    at = datetime(2026, 5, 24, 12, tzinfo=UTC)
    view = UnmatchedView(
        provider="pay",
        event_id="evt_1",
        external_payment_id="pay_1",
        reference="rent\x1b[2J\nKC",
        amount=1_000,
        currency="EUR",
        occurred_at=at,
        received_at=at,
    )
    asked: list[int] = []

    async def show(*, limit: int) -> Sequence[UnmatchedView]:
        asked.append(limit)
        return [view, view][:limit]

    @asynccontextmanager
    async def container() -> AsyncIterator[Any]:
        yield SimpleNamespace(get=AsyncMock(return_value=show))

    app, typed = commands(container), CliRunner()
    lines = typed.invoke(app, ["unmatched"]).output.splitlines()
    assert [json.loads(line) for line in lines] == 2 * [
        {
            "provider": "pay",
            "event_id": "evt_1",
            "external_payment_id": "pay_1",
            "reference": "rent\x1b[2J\nKC",
            "amount": 1_000,
            "currency": "EUR",
            "occurred_at": "2026-05-24T12:00:00Z",
            "received_at": "2026-05-24T12:00:00Z",
        }
    ]
    assert "\x1b" not in lines[0]
    assert len(typed.invoke(app, ["unmatched", "--limit", "1"]).output.splitlines()) == 1
    assert asked == [100, 1]
    assert typed.invoke(app, ["unmatched", "--limit", "0"]).exit_code == 2
