"""A payment provider, as it tells of payments."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from httpx import Response
from sqlalchemy import insert
from uuid_utils.compat import uuid7

from apps.group_orders.application.prepare_order import reference_of
from apps.group_orders.infrastructure.models import OrderJoinerModel
from apps.group_orders.infrastructure.webhook_signatures import key_of, signature_of
from tests.support.site import API, PROVIDERS, Member, Site

SECRET = PROVIDERS.partition("=")[2]
SUCCEEDED, REVERSED = "payment.succeeded", "payment.reversed"


def signed(
    body: bytes, *, id: str, at: datetime, secret: str = SECRET, version: str = "v1"
) -> dict[str, str]:
    """The headers under which a provider sends this body."""
    timestamp = str(int(at.timestamp()))
    signature = signature_of(key_of(secret), event_id=id, timestamp=timestamp, body=body)
    return {
        "Content-Type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature.replace("v1", version),
    }


@dataclass(frozen=True, kw_only=True)
class Told:
    """An event as a provider writes it; `minute` is when it happened."""

    reference: str
    type: str = SUCCEEDED
    payment: str = "pay_1"
    amount: int = 1_000
    currency: str = "EUR"
    minute: int = 0
    id: str = field(default_factory=lambda: f"evt_{uuid7().hex}")

    @property
    def body(self) -> bytes:
        data = {"payment_id": self.payment, "reference": self.reference}
        told: dict[str, Any] = {
            "type": self.type,
            "timestamp": f"2026-05-24T12:{self.minute:02}:00Z",
        }
        told["data"] = data | {"amount": self.amount, "currency": self.currency}
        return json.dumps(told).encode()


async def send(
    site: Site, body: bytes, headers: Mapping[str, str], *, provider: str = "pay"
) -> Response:
    return await site.client.post(f"{API}/webhooks/{provider}", content=body, headers=headers)


async def deliver(site: Site, event: Told, *, ago: timedelta = timedelta()) -> None:
    """As it is sent, once more or for the first time."""
    headers = signed(event.body, id=event.id, at=(await site.clock()).now() - ago)
    answer = await send(site, event.body, headers)
    assert answer.status_code == 204, answer.text


async def joined(order: str, member: Member) -> str:
    """As a claim does it; the reference that their payments are to name."""
    reference = reference_of(uuid7())
    row = {"group_order_id": UUID(order), "member_id": member.id, "rules_version": 1}
    row |= {"reference": reference, "joined_at": (await member.site.clock()).now()}
    await member.site.change(insert(OrderJoinerModel).values(row))
    return reference
