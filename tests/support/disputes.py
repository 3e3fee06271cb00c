"""A disputed trade on a site, its parties, and moderators who are none of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from httpx import Response
from sqlalchemy import select, update

from apps.shared.domain.ids import MemberId
from apps.trading.infrastructure.cases import DisputeCaseModel
from apps.trading.infrastructure.models import TradeLegModel, TradePartyModel
from tests.support.authenticators import employ
from tests.support.deals import Deal, a_deal
from tests.support.site import Member, Site

WEEK = timedelta(days=7)
PLEA = {"text": "We never met.", "evidence": ["https://cards.example/chat.png", "my diary"]}
COMPLAINT = {"kind": "confirmation_false", **PLEA}
REASON = {"reason": "The chat shows it."}


async def a_moderator(site: Site, nickname: str, role: str = "moderator") -> Member:
    """Somebody who has been made one, by hand."""
    member = await site.join(nickname)
    await give_role(member, role)
    return member


async def step_down(moderator: Member) -> None:
    """Be a member like any other from now on."""
    await give_role(moderator, "user")


async def give_role(member: Member, role: str) -> None:
    await employ(member, role)


@dataclass(frozen=True)
class Quarrel:
    """Ann says that she has got Bea's cards, and Bea says that they never met."""

    deal: Deal

    @property
    def site(self) -> Site:
        return self.deal.author.site

    async def case(self) -> DisputeCaseModel:
        """The last case of the trade."""
        cases = select(DisputeCaseModel).where(DisputeCaseModel.trade_id == self.deal.id)
        found: DisputeCaseModel = (await self.site.ask(cases.order_by(DisputeCaseModel.id)))[-1]
        return found

    async def path(self) -> str:
        return f"/admin/cases/{(await self.case()).id}"

    async def appeal_path(self) -> str:
        return f"/admin/appeals/{(await self.case()).id}"

    async def grow_old(self, by: timedelta = WEEK) -> None:
        """Let so much time pass since it was opened, and since it was decided."""

        def earlier(moment: datetime | None) -> datetime | None:
            return moment and moment - by

        case = await self.case()
        await self.site.change(
            update(DisputeCaseModel)
            .where(DisputeCaseModel.id == case.id)
            .values(opened_at=earlier(case.opened_at), decided_at=earlier(case.decided_at))
        )

    async def decide(self, by: Member, verdict: str = "void", **more: Any) -> Response:
        body = {"verdict": verdict, "at_fault": [], **REASON, **more}
        return await by.post(f"{await self.path()}/decide", body)

    async def review(self, by: Member, outcome: str = "upheld", **more: Any) -> Response:
        return await by.post(
            f"{await self.appeal_path()}/decide", {"outcome": outcome, **REASON, **more}
        )

    async def appeal(self, by: Member) -> Response:
        return await by.post(f"{self.deal.path}/appeal", {"text": "I have found the receipt."})

    async def legs(self) -> list[str]:
        """The ids of its legs, the author's first."""
        rows = select(TradeLegModel.id).where(TradeLegModel.trade_id == self.deal.id)
        return [str(id) for id in await self.site.ask(rows.order_by(TradeLegModel.position))]

    async def at_fault(self) -> set[MemberId]:
        rows = select(TradePartyModel.member_id).where(
            TradePartyModel.trade_id == self.deal.id, TradePartyModel.at_fault
        )
        return {*await self.site.ask(rows)}


async def a_quarrel(site: Site, *, heard: bool = False, number: int = 0, **more: Any) -> Quarrel:
    """Disputed by Bea; where it was `heard`, Ann has answered."""
    ann = more.pop("author", None) or await site.join(f"ann-{number}")
    bea = more.pop("other", None) or await site.join(f"bea-{number}")
    deal = await a_deal(site, author=ann, other=bea, **more)
    answers = [
        await deal.accept(),
        await deal.confirm(ann),
        await bea.post(f"{deal.path}/dispute", COMPLAINT),
    ]
    if heard:
        answers.append(await ann.post(f"{deal.path}/statements", {"text": "We did."}))
    ensure_well(answers)
    return Quarrel(deal)


def ensure_well(answers: Iterable[Response]) -> None:
    for answer in answers:
        assert answer.status_code == 200, answer.text
