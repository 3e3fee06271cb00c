"""Joiners who claim the same few slots, pay, and step back; and what a client log knows of it."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Self

from httpx import AsyncClient
from sqlalchemy import select
from uuid_utils.compat import uuid7

from apps.group_orders.infrastructure.ledger_models import LedgerEntryModel
from apps.group_orders.infrastructure.money_models import OrderPaymentModel
from apps.group_orders.infrastructure.round_models import OrderClaimModel, OrderRoundModel
from tests.group_orders.orders import an_order
from tests.soak.client_log import Asked, ClientLog, Fact
from tests.soak.traders import FANS, Traders
from tests.support.levels import confirm_address, raise_to
from tests.support.site import Member, Site

SLOTS = 2
"""Of a round that all of them want to be in."""
SHARE_OF_ROUNDS = 0.2
"""How often somebody finds that a new round is opened."""
COMMANDS = {"open": "opened", "withdraw": "withdrawn", "confirm": "confirmed"}


@dataclass(frozen=True, slots=True)
class OrderAsked(Asked):
    """A request about a group order."""

    def facts(self) -> list[Fact]:
        """What the database must hold once for this success."""
        id, last = json.loads(self.answer)["id"], self.path.rpartition("/")[2]
        return [(COMMANDS.get(last, last), id)]


@dataclass
class Joiners(Traders):
    """The hub organises, and the fans join."""

    order: str = ""
    rounds: list[str] = field(default_factory=list)
    kind: type[Asked] = OrderAsked

    @classmethod
    async def join(cls, site: Site, log: ClientLog, dice: Random) -> Self:
        mark = uuid7().hex[-8:]
        hub, *fans = [await site.join(f"joiner-{mark}-{number}") for number in range(FANS + 1)]
        await confirm_address(hub, *fans)
        await raise_to(1, *fans)
        await raise_to(3, hub)
        (card,) = await site.some_cards(1)
        return cls(log, dice, hub, fans, str(card), order=await an_order(hub))

    async def _one(self, http: AsyncClient, fan: Member) -> None:
        """Claim a slot of a round, and pay for it or step back."""
        if not self.rounds or self.dice.random() < SHARE_OF_ROUNDS:
            await self._open_round(http)
        claim = {"card_id": self.card, "rules_version": 1}
        claimed = await self.ask(http, fan, f"/order-rounds/{self.rounds[-1]}/claims", claim)
        if claimed.is_success and self.dice.random() < 1 / 2:
            await self.ask(http, fan, f"/claims/{claimed.json()['id']}/withdraw", {})
            return
        payment = {"amount": self.dice.randint(1, 100), "method": "transfer"}
        paid = await self.ask(http, fan, f"/group-orders/{self.order}/payments", payment)
        if paid.is_success and self.dice.random() < 1 / 2:
            await self.ask(http, self.hub, f"/payments/{paid.json()['id']}/confirm", {})

    async def _open_round(self, http: AsyncClient) -> None:
        slots = [{"card_id": self.card, "unit_price": 1, "units": SLOTS}]
        at = ((await self.hub.site.clock()).now() + timedelta(days=30)).isoformat()
        plan = {"title": "Round", "policy": "first_come", "closes_at": at, "slots": slots}
        planned = await self.ask(http, self.hub, f"/group-orders/{self.order}/rounds", plan)
        assert planned.status_code == 201, planned.text
        opened = await self.ask(http, self.hub, f"/order-rounds/{planned.json()['id']}/open", {})
        assert opened.status_code == 200, opened.text
        self.rounds.append(str(planned.json()["id"]))


async def orders_kept(site: Site) -> Counter[Fact]:
    """What the database holds, told as a client log tells it."""
    kept: Counter[Fact] = Counter()
    claims, rounds, entries = OrderClaimModel, OrderRoundModel, LedgerEntryModel
    for name, ids in {
        "rounds": select(rounds.id),
        "opened": select(rounds.id).where(rounds.opened_at.is_not(None)),
        "claims": select(claims.id),
        "withdrawn": select(claims.id).where(claims.state == "withdrawn"),
        "payments": select(OrderPaymentModel.id),
        "confirmed": select(entries.subject_id).where(entries.kind == "payment_confirmed"),
    }.items():
        kept.update((name, str(id)) for id in await site.ask(ids))
    return kept
