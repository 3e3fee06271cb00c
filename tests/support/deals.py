"""A trade of two members on a site, and what the database says of trades and promises."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from httpx import Response
from sqlalchemy import ColumnElement, func, select, update

from apps.collection.contract import AgreementId, CopyId
from apps.collection.infrastructure.models import LIVE, CopyModel, CopyPromiseModel
from apps.shared.domain.ids import MemberId
from apps.trading.domain.moves import LIVE as LIVE_STATES
from apps.trading.domain.moves import State
from apps.trading.domain.terms import TradeId
from apps.trading.infrastructure.models import TradeEventModel, TradeModel
from tests.support.site import Member, Site


@dataclass(frozen=True)
class Deal:
    """What `author` proposed to `other`."""

    author: Member
    other: Member
    give: Sequence[CopyId]
    take: Sequence[CopyId]
    id: TradeId

    @property
    def path(self) -> str:
        return f"/trades/{self.id}"

    async def accept(self, *, revision: int = 1) -> Response:
        return await self.other.post(f"{self.path}/accept", {"revision": revision})

    async def reject(self) -> Response:
        return await self.other.post(f"{self.path}/reject")

    async def withdraw(self) -> Response:
        return await self.author.post(f"{self.path}/withdraw")

    async def confirm(self, by: Member) -> Response:
        return await by.post(f"{self.path}/confirm")

    async def complete(self) -> None:
        for answer in (
            await self.accept(),
            await self.confirm(self.author),
            await self.confirm(self.other),
        ):
            assert answer.status_code == 200, answer.text

    async def state(self) -> State:
        states = await self.author.site.ask(select(TradeModel.state).where(self._this))
        return State(states[0])

    async def history(self) -> list[str]:
        kinds = select(TradeEventModel.kind).where(TradeEventModel.trade_id == self.id)
        return await self.author.site.ask(kinds.order_by(TradeEventModel.id))

    async def fall_due(self) -> None:
        """Let the time for an answer pass."""
        overdue = update(TradeModel).where(self._this).values(answer_due_at=TradeModel.created_at)
        await self.author.site.change(overdue)

    @property
    def _this(self) -> ColumnElement[bool]:
        return TradeModel.id == self.id


async def a_deal(
    site: Site,
    *,
    author: Member | None = None,
    other: Member | None = None,
    give: Sequence[CopyId] = (),
    take: Sequence[CopyId] = (),
) -> Deal:
    """Ann proposes to Bea, one copy for one, unless said otherwise."""
    author = author or await site.join("ann")
    other = other or await site.join("bea")
    give = give or [await author.hold()]
    take = take or [await other.hold()]
    return Deal(author, other, give, take, await author.propose(other, give=give, take=take))


async def promises(site: Site, *copies: CopyId) -> dict[CopyId, list[AgreementId]]:
    """Under which agreements each of these copies is promised now."""
    found: dict[CopyId, list[AgreementId]] = {}
    for copy in copies:
        live = select(CopyPromiseModel.agreement_id).where(CopyPromiseModel.copy_id == copy, LIVE)
        found[copy] = await site.ask(live)
    return found


async def owners(site: Site, *copies: CopyId) -> list[MemberId]:
    return [
        (await site.ask(select(CopyModel.owner_id).where(CopyModel.id == copy)))[0]
        for copy in copies
    ]


async def ensure_sound(site: Site) -> None:
    """No copy is promised twice, and under no trade that has ended (P12)."""
    live = Counter(await site.ask(select(CopyPromiseModel.copy_id).where(LIVE)))
    assert not [copy for copy, times in live.items() if times > 1]
    under_ended = (
        select(func.count())
        .select_from(CopyPromiseModel)
        .join(TradeModel, TradeModel.id == CopyPromiseModel.agreement_id)
        .where(LIVE, TradeModel.state.not_in(LIVE_STATES))
    )
    assert await site.ask(under_ended) == [0]


def told(answer: Response) -> tuple[int, str | None]:
    """Status and, of a refusal, its code."""
    return answer.status_code, answer.json().get("code") if answer.content else None
