"""The commands of a play, sent to the application over HTTP."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeVar
from uuid import UUID

from httpx import Response
from sqlalchemy import bindparam, select, update
from uuid_utils.compat import uuid7

from apps.collection.infrastructure.models import LIVE, CopyModel, CopyPromiseModel
from apps.identity.application.ports import SessionTokens
from apps.identity.contract import Role
from apps.operations.infrastructure.invariants import broken
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.trading.infrastructure.cases import DisputeCaseModel
from apps.trading.infrastructure.models import TradeModel
from apps.trading.infrastructure.queries import PARTIES, TRADES, trade_view
from tests.soak.play import GRADES, Held, Play, Seen
from tests.soak.rule_book import MEMBERS, MODERATORS
from tests.soak.seats import EVER, Seat, take_seats
from tests.support.builders import NOON, FixedClock
from tests.support.site import Member, Site

T = TypeVar("T")

WITHOUT_NAMES = "a card shows at least one idol and can be found"
"""The small catalogue of a site has none."""
AT_ONCE = 50
"""Plays for which members are entered at a time."""

PROMISED = Question(
    select(
        CopyModel.id,
        CopyModel.owner_id,
        CopyModel.state,
        CopyModel.for_trade,
        CopyModel.condition,
        CopyPromiseModel.agreement_id,
        CopyPromiseModel.shipped_at,
    )
    .outerjoin(CopyPromiseModel, (CopyPromiseModel.copy_id == CopyModel.id) & LIVE)
    .where(CopyModel.id.in_(bindparam("ids", expanding=True)))
)
CASES = Question(
    select(DisputeCaseModel.id)
    .where(DisputeCaseModel.trade_id == bindparam("trade"))
    .order_by(DisputeCaseModel.id)
)


@dataclass
class House:
    """A site with seats for one play after another, and the moderators of them all."""

    site: Site
    clock: FixedClock
    moderators: list[Seat] = field(default_factory=list)
    free: list[list[Seat]] = field(default_factory=list)

    async def begin(self, copies: int) -> "HttpPlay":
        """For members of its own, with so many copies each; older trades have come to rest."""
        row = update(TradeModel).where(TradeModel.due_at < NOON + EVER)
        await self.site.change(row.values(due_at=NOON + EVER))
        if not self.moderators:
            self.moderators = await take_seats(
                self.site, len(MODERATORS), copies=0, role=Role.MODERATOR, at=NOON
            )
        if not self.free:
            size = len(MEMBERS)
            seats = await take_seats(self.site, AT_ONCE * size, copies=copies, at=NOON)
            self.free = [seats[n : n + size] for n in range(0, len(seats), size)]
        members = self.free.pop()
        play = HttpPlay(self.site, self.clock, [*members, *self.moderators])
        play.copies = [seat.copies[number] for number in range(copies) for seat in members]
        return play

    async def faults(self) -> dict[str, int]:
        """What `kcs check-invariants` would find after all plays."""
        found = await broken(await self.site.engine())
        return {name: rows for name, rows in found.items() if rows and name != WITHOUT_NAMES}


class HttpPlay(Play):
    """Over HTTP; what parties are shown is read past it, in three questions for all of them."""

    def __init__(self, site: Site, clock: FixedClock, seats: Sequence[Seat]) -> None:
        super().__init__(clock, [seat.id for seat in seats])
        self.site, self.seats = site, seats
        self.signed_in: dict[int, Member] = {}

    async def use_case(self, kind: type[T]) -> T:
        return await self.site.port(kind)

    async def enter(self, owner: int) -> None:
        self.copies.append(await (await self._member(owner)).hold())

    async def change(self, copy: int, *, by: int, **changes: Any) -> str | None:
        path = f"/me/copies/{self.copies[copy]}"
        return refusal(await (await self._member(by)).patch(path, changes))

    async def propose(
        self, *, kind: str, by: int, to: int, give: Iterable[int], take: Iterable[int], **terms: Any
    ) -> str | None:
        planned, first = terms["planned"], terms["first"]
        body = {
            "to": str(self.ids[to]),
            "give": self._names(give),
            "take": self._names(take),
            "method": kind,
            "answer_within_hours": terms["hours"],
            "planned_at": planned and planned.isoformat(),
            "first_sender": None if first is None else str(self.ids[first]),
            "tracked": terms["tracked"],
            "address_id": str(self.seats[by].home) if kind == "mail" else None,
        }
        answer = await (await self._member(by)).post("/trades", body)
        if answer.is_success:
            self._add(kind, UUID(answer.json()["id"]))
        return refusal(answer)

    async def tell(self, number: int, action: str, *, by: int, **told: Any) -> str | None:
        told |= {name: self._names(told[name]) for name in ("give", "take") if name in told}
        if action in {"accept", "counter"} and self.kinds[number] != "in_person":
            told["address_id"] = str(self.seats[by].home)
        if action in {"dispute", "state"}:
            told["text"] = "So it was."
        path = f"/trades/{self.trades[number]}/{'statements' if action == 'state' else action}"
        return refusal(await (await self._member(by)).post(path, told))

    async def tell_leg(
        self, number: int, giver: int, action: str, *, by: int, **told: Any
    ) -> str | None:
        path = f"/trades/{self.trades[number]}/legs/{self.legs[number, giver]}/{action}"
        if action == "ship":
            told = {"carrier": "EMS", "tracking_number": "RR 1" if told["tracked"] else None}
        return refusal(await (await self._member(by)).post(path, told))

    async def moderate(self, number: int, action: str, *, by: int, **told: Any) -> str | None:
        reads = await self.site.port(Reads)
        *_, case = await reads(CASES, trade=self.trades[number])
        if action == "decide":
            told = {
                "verdict": told["verdict"],
                "legs": [str(self.legs[number, giver]) for giver in told["stand"]],
                "at_fault": [str(self.ids[party]) for party in told["fault"]],
                "reason": "So.",
            }
        path = f"/admin/cases/{case.id}/{action}"
        return refusal(await (await self._member(by)).post(path, told or None))

    async def let_time_pass(self) -> None:
        """Their tokens are those of ten minutes ago; all sign in anew when they next act."""
        self.signed_in = {}

    async def seen(self) -> Seen:
        if not self.trades:
            return {}
        reads = await self.site.port(Reads)
        parties = defaultdict(list)
        for party in await reads(PARTIES, ids=self.trades):
            parties[party.trade_id].append(party)
        rows = await reads(TRADES, ids=self.trades)
        return {
            self.trades.index(id): self._shown([*of_trade], parties[id])
            for id, of_trade in groupby(rows, lambda row: row.id)
        }

    async def held(self) -> Held:
        reads = await self.site.port(Reads)
        found = [self._copy(row) for row in await reads(PROMISED, ids=self.copies)]
        return [found for _, found in sorted(found, key=lambda each: each[0])]

    def _shown(self, rows: Sequence[Any], parties: Sequence[Any]) -> dict[str, Any]:
        """What all of them are shown alike, and what each of them may do."""
        cards: Any = defaultdict(lambda: None)
        views = {
            self.ids.index(party.member_id): trade_view(
                rows, parties, cards, {}, to=party.member_id, at=self.clock.at
            )
            for party in parties
        }
        view, number = next(iter(views.values())), self.trades.index(rows[0].id)
        self.legs |= {(number, self.ids.index(leg.giver)): leg.id for leg in view.legs}
        return {
            "state": view.state,
            "revision": view.revision,
            "turn": self.ids.index(view.turn) if view.turn else None,
            "due": view.due_at,
            "at fault": {self.ids.index(each.member_id) for each in view.parties if each.at_fault},
            "legs": {self.ids.index(leg.giver): leg.state for leg in view.legs},
            "may": {party: {*of_party.allowed_actions} for party, of_party in views.items()},
        }

    def _copy(self, row: Any) -> tuple[int, dict[str, Any]]:
        under, promised = row.agreement_id, "in_transit" if row.shipped_at else "promised"
        return self.copies.index(row.id), {
            "owner": self.ids.index(row.owner_id),
            "listed": row.for_trade,
            "worn": GRADES.index(row.condition),
            "where": promised if under else row.state,
            "promise": self.trades.index(under) if under else None,
        }

    def _names(self, copies: Iterable[int]) -> list[str]:
        return [str(copy) for copy in self._copies(copies)]

    async def _member(self, number: int) -> Member:
        if number not in self.signed_in:
            tokens = await self.site.port(SessionTokens)  # type: ignore[type-abstract]
            seat, at = self.seats[number], self.clock.at
            token = tokens.access(
                member=seat.id,
                session=seat.session,
                generation=0,
                auth_time=at,
                at=at,
                jti=uuid7(),
            )
            self.signed_in[number] = Member(self.site, seat.id, str(number), token)
        return self.signed_in[number]


def refusal(answer: Response) -> str | None:
    return None if answer.is_success else str(answer.json()["code"])
