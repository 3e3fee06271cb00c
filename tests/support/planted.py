"""Rows that break what must hold, planted one by one beside rows that break nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, insert, select, text, update
from uuid_utils.compat import uuid7

from apps.collection.infrastructure.models import (
    CopyHandoverModel,
    CopyModel,
    CopyPromiseModel,
)
from apps.identity.infrastructure.models import RefreshSessionModel, UserModel
from apps.identity.infrastructure.second_factors import RecoveryCodeModel
from apps.matching.infrastructure.round_models import (
    MatchingRingMemberModel,
    MatchingRingModel,
    MatchingRoundModel,
    MatchingRunModel,
)
from apps.shared.infrastructure.audit import AuditEndModel, AuditSealModel
from apps.shared.infrastructure.jobs import JobModel
from apps.shared.infrastructure.long_work import OperationModel
from apps.shared.infrastructure.outbox import OUTBOX, OutboxPositionModel
from apps.shared.infrastructure.replies import IdempotencyKeyModel
from apps.trading.infrastructure.addresses import TradeAddressModel
from apps.trading.infrastructure.handshakes import HandshakeModel
from apps.trading.infrastructure.models import TradeLegModel, TradeModel, TradePartyModel
from apps.trading.infrastructure.postal import content_of
from apps.trading.infrastructure.ratings import RatingModel
from tests.support.deals import Deal, a_deal
from tests.support.good_rounds import solved
from tests.support.market_events import read_everything
from tests.support.planted_market import PLANTED_MARKET
from tests.support.planted_orders import PLANTED_ORDERS, an_order_under_way
from tests.support.postal import HOME
from tests.support.rated import rated
from tests.support.site import Member, Site

Planting = Callable[["Stage"], Sequence[Executable | str]]
FAR = 10**15


@dataclass(frozen=True)
class Stage:
    """A swap that is over and rated, one proposed, a want, a round solved, an order under way."""

    over: Deal
    proposed: Deal
    ann: Member
    bea: Member
    stranger: Member
    want: UUID
    round: UUID
    run: UUID
    at: datetime
    order: str

    @classmethod
    async def set_up(cls, site: Site) -> "Stage":
        ann, bea, stranger = [await site.join(name) for name in ("ann", "bea", "cat")]
        over = await a_deal(site, author=ann, other=bea)
        await over.complete()
        await rated(ann, over)
        proposed = await a_deal(site, author=ann, other=bea)
        cards = [str(card) for card in await site.some_cards(1)]
        want = (await ann.post("/me/wants", {"card_ids": cards})).json()["id"]
        round = UUID((await solved(site)).ids["round_id"])
        runs = select(MatchingRunModel.id).where(MatchingRunModel.round_id == round)
        (run,) = await site.ask(runs)
        (at,) = await site.ask(select(UserModel.created_at).where(UserModel.id == ann.id))
        order = await an_order_under_way(site)
        await read_everything(site)
        return cls(over, proposed, ann, bea, stranger, UUID(want), round, run, at, order)

    def handover(self, giver: Member, receiver: Member) -> Executable:
        return insert(CopyHandoverModel).values(
            id=uuid7(),
            copy_id=self.over.give[0],
            giver_id=giver.id,
            receiver_id=receiver.id,
            agreement_id=uuid7(),
            at=self.at,
        )

    def promise(self, deal: Deal, agreement: UUID, **more: Any) -> Executable:
        told = {"copy_id": deal.give[0], "agreement_id": agreement, "promised_at": self.at}
        return insert(CopyPromiseModel).values(id=uuid7(), **told, **more)

    def ring(self, state: str, *members: Member, trade: UUID | None = None) -> list[Executable]:
        id, reason = uuid7(), "rejected" if state == "dissolved" else None
        told = {"position": 0, "length": 2, "cards": 2, "legs": [], "updated_at": self.at}
        ring = {"id": id, "run_id": self.run, "state": state, "reason": reason, "trade_id": trade}
        each = insert(MatchingRingMemberModel).values(ring_id=id, consented=False)
        return [
            insert(MatchingRingModel).values(**ring, **told),
            *(each.values(member_id=member.id) for member in members),
        ]

    def job(self, **differs: Any) -> list[Executable]:
        told = {"kind": "job", "payload": {}, "run_at": self.at, "fence": 0, "attempts": 0}
        moments = {"state": "ready", "created_at": self.at, "updated_at": self.at}
        return [insert(JobModel).values(id=uuid7(), **told | moments | differs)]

    def event(self, aggregate: UUID, tx: int) -> Executable:
        told = {"aggregate": "trade", "kind": "trade_proposed", "version": 1, "payload": {}}
        return insert(OUTBOX).values(id=uuid7(), tx=tx, aggregate_id=aggregate, at=self.at, **told)

    def seal(self, number: int) -> Executable:
        told = {"entry_stamp": "", "before": "", "hash": "x"}
        return insert(AuditSealModel).values(number=number, entry_id=uuid7(), **told)


def change(model: Any, **values: Any) -> Planting:
    """Write the same into every row."""
    return lambda _: [update(model).values(**values)]


def events_out_of_order(stage: Stage) -> Sequence[Executable]:
    trade = uuid7()
    return [stage.event(trade, FAR + 1), stage.event(trade, FAR)]


def a_key_without_answer(stage: Stage) -> Sequence[Executable]:
    told = {"method": "POST", "path": "/", "key": "key", "digest": b"", "created_at": stage.at}
    return [insert(IdempotencyKeyModel).values(member_id=stage.ann.id, **told)]


def a_failure_without_reason(stage: Stage) -> Sequence[Executable]:
    moments = dict.fromkeys(("created_at", "updated_at", "expires_at"), stage.at)
    told = {"kind": "export", "status": "failed", "progress": 0}
    return [insert(OperationModel).values(id=uuid7(), member_id=stage.ann.id, **told, **moments)]


def a_round_without_run(stage: Stage) -> Sequence[Executable]:
    later = update(MatchingRoundModel).where(MatchingRoundModel.id == stage.round)
    return [later.values(generation=2)]


def a_strangers_handshake(stage: Stage) -> Sequence[Executable]:
    told = {"secret": b"", "opened_at": stage.at, "wrong_at": ()}
    who = {"trade_id": stage.over.id, "member_id": stage.stranger.id}
    return [insert(HandshakeModel).values(**who, **told)]


def an_address_for_a_meeting(stage: Stage) -> Sequence[Executable]:
    whose = {"trade_id": stage.over.id, "member_id": stage.ann.id, "taken_at": stage.at}
    return [insert(TradeAddressModel).values(**whose, **content_of(HOME))]


PLANTED: Mapping[str, Planting] = {
    "a copy has at most one live promise": lambda stage: [
        "DROP INDEX uq_copy_promises_live",
        stage.promise(stage.proposed, uuid7()),
    ],
    "the last in a chain of custody holds the copy": lambda stage: [
        update(CopyModel).values(owner_id=stage.stranger.id)
    ],
    "nobody hands a copy to themselves": lambda stage: [stage.handover(stage.bea, stage.bea)],
    "a chain of custody has no gap": lambda stage: [stage.handover(stage.ann, stage.bea)],
    "a promise ends once": change(CopyPromiseModel, released_at=CopyPromiseModel.fulfilled_at),
    "a promise that was kept is a link of the chain of custody": lambda stage: [
        stage.promise(stage.over, uuid7(), fulfilled_at=stage.at)
    ],
    "a want group names a card": lambda _: ["DELETE FROM wanted_cards"],
    "who was erased wants nothing": change(UserModel, status="deleted"),
    "a leg leads from one party to another": change(
        TradeLegModel, giver_id=TradeLegModel.receiver_id
    ),
    "a leg that was received says when": change(TradeLegModel, received_at=None),
    "nobody has consented to a revision that is still to come": change(
        TradePartyModel, consented_revision=7
    ),
    "a rating is of a trade that is over, by one party of another": change(
        TradeModel, state="cancelled", due_at=None, turn=None
    ),
    "a rating that was taken out of sight says by whom": change(
        RatingModel, hidden_at=RatingModel.rated_at
    ),
    "a handshake is of a party": a_strangers_handshake,
    "an address is told in a trade by mail, by a party": an_address_for_a_meeting,
    "a round has a run for each of its generations": a_round_without_run,
    "a ring has as many members as it is long": lambda stage: stage.ring("dissolved", stage.ann),
    "who is in a ring takes part in its round": lambda stage: stage.ring("dissolved", stage.ann),
    "the trade of a ring is of its members": lambda stage: stage.ring(
        "proposed", stage.ann, stage.stranger, trade=stage.proposed.id
    ),
    "a ring that was completed became a trade that was": lambda stage: stage.ring(
        "completed", stage.ann, stage.bea, trade=stage.proposed.id
    ),
    "no ring is planned once its round is published, or live once that is settled": lambda stage: (
        stage.ring("planned", stage.ann, stage.bea)
    ),
    "who may not sign in has no open session": change(UserModel, status="suspended"),
    "a session that was ended says why, and no other does": change(
        RefreshSessionModel, revoked_at=RefreshSessionModel.created_at
    ),
    "no session is confirmed further than it has come": change(
        RefreshSessionModel, confirmed_generation=RefreshSessionModel.generation + 1
    ),
    "recovery codes stand in for an authenticator in use": lambda stage: [
        insert(RecoveryCodeModel).values(member_id=stage.ann.id, digest="0" * 64)
    ],
    "no job was begun more often than it may be": lambda stage: stage.job(
        attempts=3, max_attempts=2
    ),
    "what recurs is never over": lambda stage: stage.job(key="recurring", state="dead"),
    "nobody has read further in the outbox than it goes": lambda _: [
        insert(OutboxPositionModel).values(consumer="nobody", tx=FAR, position=FAR)
    ],
    "events of one thing are told in the order in which they happened": events_out_of_order,
    "an Idempotency-Key is kept with its answer": a_key_without_answer,
    "work that has ended says how": a_failure_without_reason,
    "what was sealed of the audit log is there": lambda stage: [stage.seal(1)],
    "seals are counted from one, each linked to the one before it": lambda stage: [stage.seal(2)],
    "the audit log ends where it is said to": lambda _: [
        insert(AuditEndModel).values(id=1, number=3, hash="x", stamp="")
    ],
    **PLANTED_ORDERS,
    **PLANTED_MARKET,
}


def spoken(statement: Executable | str) -> Executable:
    """Return what a connection executes."""
    return text(statement) if isinstance(statement, str) else statement
