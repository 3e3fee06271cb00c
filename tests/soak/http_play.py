"""The commands of three members, sent to the application over HTTP."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from httpx import Response
from sqlalchemy import select, update
from uuid_utils.compat import uuid7

from apps.collection.infrastructure.models import LIVE, CopyModel, CopyPromiseModel
from apps.identity.application.ports import SessionTokens
from apps.identity.domain.session import SessionId
from apps.operations.infrastructure.invariants import broken
from apps.trading.application.end_trade import ExpireTrades
from apps.trading.application.show_trade import ListTrades
from apps.trading.infrastructure.models import TradeModel
from tests.soak.play import Held, Play, Seen
from tests.support.builders import FixedClock
from tests.support.levels import confirm_address, raise_to
from tests.support.site import Member, Site

WITHOUT_NAMES = "a card shows at least one idol and can be found"
"""The small catalogue of a site has none."""


class HttpPlay(Play):
    """Over HTTP; views and rows are read past it, which takes a third of the time."""

    members: list[Member]
    site: Site

    @classmethod
    async def on(cls, site: Site, clock: FixedClock) -> "HttpPlay":
        play, mark = cls(clock), uuid7().hex[-12:]
        play.site = site
        # Of trades that an earlier play left nothing is to be done in this one.
        row = update(TradeModel).where(TradeModel.due_at.is_not(None))
        await site.change(row.values(due_at=clock.at + timedelta(days=9_999)))
        play.members = [await site.join(f"{name}-{mark}") for name in ("ann", "bea", "eve")]
        await confirm_address(*play.members)  # or their level falls with the first trade (R8)
        await raise_to(1, *play.members)
        return play

    async def enter(self, owner: int) -> None:
        self.copies.append(await self.members[owner].hold())

    async def list_for_trade(self, copy: int, *, by: int, listed: bool) -> str | None:
        path = f"/me/copies/{self.copies[copy]}"
        return refusal(await self.members[by].patch(path, {"for_trade": listed}))

    async def propose(
        self,
        *,
        by: int,
        to: int,
        give: Iterable[int],
        take: Iterable[int],
        hours: int,
        planned: datetime | None,
    ) -> str | None:
        body = {
            "to": str(self.members[to].id),
            "give": [str(self.copies[copy]) for copy in give],
            "take": [str(self.copies[copy]) for copy in take],
            "method": "in_person",
            "answer_within_hours": hours,
            "planned_at": planned and planned.isoformat(),
        }
        answer = await self.members[by].post("/trades", body)
        if answer.is_success:
            self.trades.append(UUID(answer.json()["id"]))
        return refusal(answer)

    async def counter(
        self, number: int, *, by: int, revision: int, give: Iterable[int], take: Iterable[int]
    ) -> str | None:
        sides = {
            side: [str(self.copies[copy]) for copy in copies]
            for side, copies in (("give", give), ("take", take))
        }
        return await self.tell(number, "counter", by=by, revision=revision, **sides)

    async def tell(self, number: int, action: str, *, by: int, **told: Any) -> str | None:
        path = f"/trades/{self.trades[number]}/{action}"
        return refusal(await self.members[by].post(path, told))

    async def expire(self) -> int:
        return await (await self.site.port(ExpireTrades))()

    async def seen(self) -> Seen:
        show = await self.site.port(ListTrades)  # type: ignore[type-abstract]
        numbers = {member.id: number for number, member in enumerate(self.members)}
        found: Seen = {}
        for number, member in enumerate(self.members):
            page = await show(member.id, states=(), my_turn=False, after=None, limit=100)
            for view in page.items:
                turn = numbers[view.turn] if view.turn else None
                state = str(view.state), view.revision, turn
                *known, actions = found.setdefault(self.trades.index(view.id), (*state, {}))
                assert known == [*state], "two parties see two different trades"
                actions[number] = {str(action) for action in view.allowed_actions}
        return found

    async def held(self) -> Held:
        numbers = {member.id: number for number, member in enumerate(self.members)}
        trades: dict[UUID | None, int | None] = {None: None}
        trades |= {id: number for number, id in enumerate(self.trades)}
        async with (await self.site.engine()).connect() as connection:
            rows = await connection.execute(
                select(
                    CopyModel.id,
                    CopyModel.owner_id,
                    CopyModel.for_trade,
                    CopyPromiseModel.agreement_id,
                )
                .outerjoin(CopyPromiseModel, (CopyPromiseModel.copy_id == CopyModel.id) & LIVE)
                .where(CopyModel.id.in_(self.copies))
            )
            return sorted(
                (
                    self.copies.index(id),
                    numbers[owner],
                    listed,
                    trades[under],
                )
                for id, owner, listed, under in rows
            )

    async def let_time_pass(self) -> None:
        """Sign everybody's requests anew, or they would be those of ten minutes ago."""
        tokens = await self.site.port(SessionTokens)  # type: ignore[type-abstract]
        self.members = [
            replace(
                member,
                token=tokens.access(
                    member=member.id,
                    session=session_of(member.token),
                    generation=0,
                    auth_time=self.clock.at,
                    at=self.clock.at,
                    jti=uuid7(),
                ),
            )
            for member in self.members
        ]

    async def faults(self) -> dict[str, int]:
        found = await broken(await self.site.engine())
        return {name: rows for name, rows in found.items() if rows and name != WITHOUT_NAMES}


def refusal(answer: Response) -> str | None:
    return None if answer.is_success else str(answer.json()["code"])


def session_of(token: str) -> SessionId:
    payload = token.split(".")[1]
    return SessionId(UUID(json.loads(urlsafe_b64decode(payload + "=="))["sid"]))
