"""The commands of a play, given to the use cases themselves over dictionaries."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

from apps.collection.application.keep_copies import ChangeCopy
from apps.collection.contract import CopyId
from apps.shared.domain.ids import MemberId
from apps.trading.application.answer_trade import AcceptTrade, RejectTrade, WithdrawTrade
from apps.trading.application.counter_trade import CounterTrade
from apps.trading.application.dispute_trade import OpenDispute, ResumeTrade
from apps.trading.application.end_trade import CancelTrade
from apps.trading.application.fulfil_trade import ConfirmReceipt, ReceiveLeg, ShipLeg
from apps.trading.application.moderate import AssignCase, DecideCase
from apps.trading.application.plead import StateAccount
from apps.trading.application.propose_trade import ProposeTrade
from apps.trading.domain.legs import LegId
from apps.trading.domain.terms import Account, DisputeKind, Method, Terms, TradeId
from apps.trading.domain.trade import Resolution, Trade, Verdict
from tests.soak.memory_stage import MemoryStage, home_of
from tests.soak.play import GRADES, Held, Play, Seen, outcome
from tests.soak.rule_book import HOUR, MEMBERS, MODERATORS
from tests.support.builders import FixedClock, a_copy, a_uuid

T = TypeVar("T")


class MemoryPlay(Play):
    """The use cases themselves, over dictionaries."""

    def __init__(self, clock: FixedClock) -> None:
        super().__init__(clock, [MemberId(a_uuid(n + 1, of=1)) for n in (*MEMBERS, *MODERATORS)])
        self.stage = MemoryStage(
            clock, [self.ids[n] for n in MEMBERS], [self.ids[n] for n in MODERATORS]
        )

    async def use_case(self, kind: type[T]) -> T:
        return await self.stage.port(kind)

    async def enter(self, owner: int) -> None:
        copy = CopyId(a_uuid(len(self.copies), of=3))
        self.copies.append(copy)
        await self.stage.copies.add(a_copy(copy, owner_id=self.ids[owner]))

    async def change(self, copy: int, *, by: int, **changes: Any) -> str | None:
        change = await self.use_case(ChangeCopy)
        given: Any = changes
        return await self._do(change(CopyId(self.copies[copy]), given, by=self.ids[by]))

    async def propose(
        self, *, kind: str, by: int, to: int, give: Iterable[int], take: Iterable[int], **terms: Any
    ) -> str | None:
        propose = await self.use_case(ProposeTrade)
        step = propose(
            by=self.ids[by],
            to=self.ids[to],
            give=self._copies(give),
            take=self._copies(take),
            terms=Terms(
                method=Method(kind),
                planned_at=terms["planned"],
                answer_within=terms["hours"] * HOUR,
                first_sender=None if terms["first"] is None else self.ids[terms["first"]],
                tracked=terms["tracked"],
            ),
            address_id=home_of(self.ids[by]) if kind == "mail" else None,
        )
        return await self._do(step, then=lambda trade: self._add(kind, trade))

    async def tell(self, number: int, action: str, *, by: int, **told: Any) -> str | None:
        use_case, defaults = TOLD[action]
        told = {name: self._meant(name, value) for name, value in told.items()}
        if action in {"accept", "counter"} and self.kinds[number] != "in_person":
            told["address_id"] = home_of(self.ids[by])
        if action in {"dispute", "state"}:
            told["account"] = Account(text="So it was.", evidence=told.pop("evidence"))
        tell = await self.use_case(use_case)
        id = TradeId(self.trades[number])
        return await self._do(tell(id, by=self.ids[by], **(defaults | told)))

    async def tell_leg(
        self, number: int, giver: int, action: str, *, by: int, **told: Any
    ) -> str | None:
        tell: Any = await self.use_case(ShipLeg if action == "ship" else ReceiveLeg)
        if action == "ship":
            told = {"carrier": "EMS", "tracking_number": "RR 1" if told["tracked"] else None}
        trade, leg = TradeId(self.trades[number]), LegId(self.legs[number, giver])
        return await self._do(tell(trade, leg, by=self.ids[by], revision=None, **told))

    async def moderate(self, number: int, action: str, *, by: int, **told: Any) -> str | None:
        cases = self.stage.cases.kept.values()
        case = max(each.id for each in cases if each.trade_id == self.trades[number])
        if action == "assign":
            return await self._do((await self.use_case(AssignCase))(case, by=self.ids[by]))
        resolution = Resolution(
            verdict=Verdict(told["verdict"]),
            legs=frozenset(LegId(self.legs[number, giver]) for giver in told["stand"]),
            at_fault=frozenset(self.ids[party] for party in told["fault"]),
        )
        decide = await self.use_case(DecideCase)
        return await self._do(decide(case, by=self.ids[by], resolution=resolution, reason="So."))

    async def propose_ring(self, gifts: Any) -> str | None:
        return await self._heard(super().propose_ring(gifts))

    async def note_delivery(self, *where: Any, **when: Any) -> str | None:
        return await self._heard(super().note_delivery(*where, **when))

    async def expire(self) -> int:
        return await self._heard(super().expire())

    async def let_time_pass(self) -> None:
        """Nobody has to sign in."""

    async def seen(self) -> Seen:
        trades = self.stage.trades.kept
        return {
            number: self._shown(number, trades[TradeId(id)])
            for number, id in enumerate(self.trades)
        }

    async def held(self) -> Held:
        return [self._copy(CopyId(id)) for id in self.copies]

    def _shown(self, number: int, trade: Trade) -> dict[str, Any]:
        self.legs |= {(number, self.ids.index(leg.giver)): leg.id for leg in trade.legs}
        return {
            "state": trade.state,
            "revision": trade.revision,
            "turn": self.ids.index(trade.turn) if trade.turn else None,
            "due": trade.due_at,
            "at fault": {self.ids.index(member) for member in trade.at_fault},
            "legs": {self.ids.index(leg.giver): leg.state for leg in trade.legs},
            "may": {
                self.ids.index(member): {*trade.allowed_actions(member, at=self.clock.at)}
                for member in trade.members
            },
        }

    def _copy(self, id: CopyId) -> dict[str, Any]:
        held, sent = self.stage.holdings.held[id], id in self.stage.holdings.in_transit
        promised = "in_transit" if sent else "promised"
        return {
            "owner": self.ids.index(held.owner_id),
            "listed": held.for_trade,
            "worn": GRADES.index(self.stage.copies.kept[id].condition),
            "where": promised if held.agreement_id else "held",
            "promise": self.trades.index(held.agreement_id) if held.agreement_id else None,
        }

    async def _do(self, step: Awaitable[T], then: Callable[[T], object] = id) -> str | None:
        return await self._heard(outcome(step, then))

    async def _heard(self, step: Awaitable[T]) -> T:
        """What was done is heard of at once."""
        done = await step
        await self.stage.publish()
        return done

    def _meant(self, name: str, value: Any) -> Any:
        if name in {"give", "take"}:
            return self._copies(value)
        return DisputeKind(value) if name == "kind" else value


AS_IT_STANDS = {"revision": None}
SILENTLY = AS_IT_STANDS | {"reason": None}
TOLD: dict[str, tuple[type[Any], dict[str, Any]]] = {
    "accept": (AcceptTrade, {}),
    "counter": (CounterTrade, {"message": None}),
    "reject": (RejectTrade, SILENTLY),
    "withdraw": (WithdrawTrade, SILENTLY),
    "cancel": (CancelTrade, SILENTLY),
    "confirm": (ConfirmReceipt, AS_IT_STANDS),
    "dispute": (OpenDispute, AS_IT_STANDS),
    "resume": (ResumeTrade, AS_IT_STANDS),
    "state": (StateAccount, {}),
}
