"""Payments of providers that name no joiner."""

import json

import pytest
from sqlalchemy import select

from apps.group_orders.infrastructure.transaction_models import OrderTransactionModel
from tests.group_orders.providers import send, signed
from tests.support.site import Site


@pytest.mark.parametrize("named", [{"reference": None}, {}])
async def test_a_payment_without_a_reference_is_kept(
    site: Site, named: dict[str, str | None]
) -> None:
    data = {"payment_id": "p", "amount": 5, "currency": "EUR"} | named
    told = {"type": "payment.succeeded", "timestamp": "2026-05-24T12:00:00Z", "data": data}
    sent = json.dumps(told).encode()
    answer = await send(site, sent, signed(sent, id="evt_1", at=(await site.clock()).now()))
    assert answer.status_code == 204, answer.text
    (kept,) = await site.ask(select(OrderTransactionModel))
    assert (kept.outcome, kept.reference) == ("unmatched", None)
