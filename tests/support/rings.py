"""A ring of three or four on a site, and each step of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from httpx import Response
from sqlalchemy import update

from apps.collection.contract import CopyId
from apps.identity.infrastructure.standings import StandingModel
from apps.shared.application.work import UnitOfWork
from apps.trading.application.propose_ring import ProposeRing
from apps.trading.domain.moves import State
from apps.trading.domain.terms import TradeId
from apps.trading.domain.trade import Trade
from apps.trading.domain.trades import TradeRepository
from tests.support.deals import owners, promises
from tests.support.levels import confirm_address
from tests.support.mail import address_of
from tests.support.site import Member, Site

NAMES = ("ann", "bea", "eve", "dan")


async def trade_of(site: Site, id: TradeId) -> Trade:
    """As it is kept."""
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        return await (await site.port(TradeRepository)).get(id)  # type: ignore[type-abstract]


@dataclass(frozen=True)
class Ring:
    """Each member gives one copy to the next, the last one to the first."""

    site: Site
    members: Sequence[Member]
    copies: Sequence[CopyId]
    id: TradeId

    @property
    def path(self) -> str:
        return f"/trades/{self.id}"

    async def accept(self, *members: Member) -> None:
        """All of them, unless some are named."""
        for member in members or self.members:
            consent = {"revision": 1, "address_id": await address_of(member)}
            answer = await member.post(f"{self.path}/accept", consent)
            assert answer.status_code == 200, answer.text

    async def legs(self) -> dict[str, dict[str, Any]]:
        """By the nickname of who gives."""
        for reader in self.members:
            answer = await reader.get(self.path)
            if answer.is_success:
                break
        names = {str(member.id): member.nickname for member in self.members}
        return {names[leg["from"]]: leg for leg in answer.json()["legs"]}

    async def ship(self, giver: Member) -> Response:
        leg = (await self.legs())[giver.nickname]
        body = {"carrier": "Chunghwa Post", "tracking_number": "RR 1"}
        return await giver.post(f"{self.path}/legs/{leg['id']}/ship", body)

    async def receive(self, giver: Member) -> Response:
        """Let the next one say that what this one gave has arrived."""
        receiver = self.members[(self.members.index(giver) + 1) % len(self.members)]
        leg = (await self.legs())[giver.nickname]
        return await receiver.post(f"{self.path}/legs/{leg['id']}/receive")

    async def state(self) -> State:
        return (await trade_of(self.site, self.id)).state

    async def at_fault(self) -> list[str]:
        """The nicknames of those whose fault its end was."""
        trade = await trade_of(self.site, self.id)
        blamed = {party.member for party in trade.parties if party.at_fault}
        return [member.nickname for member in self.members if member.id in blamed]

    async def untouched(self) -> bool:
        """Whether everybody holds what they held, promised to nobody."""
        held = await owners(self.site, *self.copies) == [each.id for each in self.members]
        return held and not any((await promises(self.site, *self.copies)).values())


async def a_ring(site: Site, *, size: int = 3, mark: object = "") -> Ring:
    """Proposed to members of level 1, none of whom has consented yet."""
    members = [await site.join(f"{name}{mark}") for name in NAMES[:size]]
    await site.change(update(StandingModel).values(trust_level=1))
    await confirm_address(*members)
    copies = [await member.hold() for member in members]
    propose = await site.port(ProposeRing)
    gifts = {each.id: [copy] for each, copy in zip(members, copies, strict=True)}
    return Ring(site, members, copies, await propose(gifts))
