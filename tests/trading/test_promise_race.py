"""A copy is never promised twice, however many say yes at once (P1-P5)."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

from dishka import Provider, Scope
from httpx import Response
from sqlalchemy import event, select

from apps.collection.contract import CopyId
from apps.collection.infrastructure.models import LIVE, CopyPromiseModel
from apps.trading.application.answer_trade import AcceptTrade
from apps.trading.domain.moves import State
from apps.trading.domain.terms import TradeId
from apps.trading.infrastructure.models import TradeEventModel, TradeModel
from tests.support.budget import Budget
from tests.support.deals import ensure_sound, promises, told
from tests.support.site import Member, Site
from tests.support.weakening import an_unguarded_site

ROUNDS, RIVALS = 50, 16
LAPSED = (409, "invalid-transition", "lapsed")
LATE = "55P03"
"""What PostgreSQL says after two seconds in a queue, which a machine may be too busy to shorten."""


class Rivals:
    """Members who all want the same thing, each with a copy to give for it."""

    def __init__(self, members: list[Member]) -> None:
        self._members = members
        self._offers: list[CopyId] = []

    @classmethod
    async def join(cls, site: Site, count: int) -> "Rivals":
        return cls([await site.join(f"rival-{number}") for number in range(count)])

    async def ask(self, owner: Member, copy: CopyId) -> list[str]:
        """Propose one after the other; who won the last round needs another copy to offer."""
        taken = await promises(owner.site, *self._offers)
        self._offers = [
            await member.hold() if number >= len(self._offers) or taken[offer] else offer
            for number, (member, offer) in enumerate(
                zip(self._members, self._offers or [copy] * len(self._members), strict=True)
            )
        ]
        trades = [
            await member.propose(owner, give=[offer], take=[copy])
            for member, offer in zip(self._members, self._offers, strict=True)
        ]
        return [f"/trades/{trade}" for trade in trades]


async def a_round(rivals: Rivals, owner: Member) -> tuple[CopyId, list[Response]]:
    """All ask for one copy of this owner, who says yes to all of them at once."""
    copy = await owner.hold()
    paths = await rivals.ask(owner, copy)
    return copy, await asyncio.gather(*(accepted(owner, path) for path in paths))


async def accepted(owner: Member, path: str) -> Response:
    """Accept, and where the machine was too busy to get to it in time, once more."""
    while (answer := await owner.post(f"{path}/accept", {"revision": 1})).status_code == 503:
        assert told(answer) == (503, "busy")
    return answer


async def test_of_sixteen_acceptances_one_wins_and_the_other_trades_lapse(
    site: Site, budget: Budget
) -> None:
    rounds = budget.of(20, 200)
    failures: list[Any] = []

    def note(failure: Any) -> None:
        if getattr(failure.original_exception, "sqlstate", None) != LATE:
            failures.append(failure)

    event.listen((await site.engine()).sync_engine, "handle_error", note)
    rivals = await Rivals.join(site, RIVALS)
    for number in range(rounds):
        copy, answers = await a_round(rivals, await site.join(f"owner-{number}"))
        assert Counter(answer.status_code for answer in answers) == {200: 1, 409: RIVALS - 1}
        losers = [(*told(each), each.json()["state"]) for each in answers if each.is_error]
        assert set(losers) == {LAPSED}
        (winner,) = (each.json()["id"] for each in answers if each.is_success)
        assert [str(id) for id in (await promises(site, copy))[copy]] == [winner]
    states = Counter(await site.ask(select(TradeModel.state)))
    assert states == {State.ACCEPTED: rounds, State.LAPSED: rounds * (RIVALS - 1)}
    live = await site.ask(select(CopyPromiseModel.id).where(LIVE))
    assert len(live) == 2 * rounds, "the copy and what the winner gives for it, nothing else"
    kinds = Counter(await site.ask(select(TradeEventModel.kind)))
    assert kinds == {
        "trade_proposed": rounds * RIVALS,
        "trade_accepted": rounds,
        "trade_lapsed": rounds * (RIVALS - 1),
    }
    await ensure_sound(site)
    assert not failures, "neither a deadlock nor a violated index: the locks alone decide"
    budget.tell(f"{rounds} copies, {RIVALS} acceptances each: one winner each")


class TradesFirst(AcceptTrade):
    """Locks its own trade before its copies: the order that P5 forbids."""

    async def __call__(self, trade_id: TradeId, **more: Any) -> None:
        async with self.work:
            await self.trades.lock(trade_id)
            await AcceptTrade.__call__(self, trade_id, **more)


async def test_in_the_other_order_acceptances_wait_for_each_other(
    postgresql: str, keys: Path
) -> None:
    """The control of the locks' order: the database has to end what nobody else can."""
    other_order = Provider(scope=Scope.APP)
    other_order.provide(TradesFirst, provides=AcceptTrade)
    async with Site(postgresql, keys, other_order) as site:
        states: list[str] = []

        def note(failure: Any) -> None:
            states.append(failure.original_exception.sqlstate)

        event.listen((await site.engine()).sync_engine, "handle_error", note)
        rivals = await Rivals.join(site, 4)
        for number in range(ROUNDS):
            await a_round(rivals, await site.join(f"owner-{number}"))
            if states:
                break
        assert "40P01" in states


async def test_without_locks_and_index_more_than_one_acceptance_wins(
    postgresql: str, keys: Path
) -> None:
    """The control: it shows that the test above can fail."""
    async with an_unguarded_site(postgresql, keys) as site:
        rivals, most = await Rivals.join(site, 4), 0
        for number in range(ROUNDS):
            _, answers = await a_round(rivals, await site.join(f"owner-{number}"))
            most = max(most, sum(answer.status_code == 200 for answer in answers))
            if most > 1:
                break
        assert most > 1
