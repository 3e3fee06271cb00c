"""What SQL counts of random histories is what one counts by hand (R5, R8)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from random import Random
from statistics import median
from typing import Any

import pytest
from sqlalchemy import update
from uuid_utils.compat import uuid7

from apps.collection.contract import CopyId
from apps.identity.contract import TradeRecord
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import MemberId
from apps.trading.application.keep_standings import TrackRecords
from apps.trading.domain import history
from apps.trading.domain.legs import LegId
from apps.trading.domain.moves import State
from apps.trading.domain.terms import DisputeKind, Method, Terms, TradeId
from apps.trading.domain.trade import Resolution, Trade, Verdict
from apps.trading.domain.trades import TradeRepository
from apps.trading.domain.verdicts import CaseState
from apps.trading.infrastructure.cases import DisputeCaseModel
from tests.support.builders import HOUR, SEEN
from tests.support.site import Member, Site
from tests.trading.agreements import AT_HOME, DAY, strike

TRADES = 60
FRAUDS = {DisputeKind.NOT_SENT, DisputeKind.CONFIRMATION_FALSE}


@dataclass
class Told:
    """A trade, all that was told of it, and what kind of dispute was decided."""

    trade: Trade
    events: list[history.TradeEvent]
    kind: DisputeKind | None

    def counts_for(self, member: MemberId) -> Mapping[str, bool]:
        """What it came to, for this party."""
        trade = self.trade
        (mine,) = [leg for leg in trade.legs if leg.giver == member]
        done = trade.state is State.COMPLETED
        shown = done and all(leg.verified for leg in trade.legs)
        credited = done and not any(leg.auto_received for leg in trade.legs)
        consented = [p.consented_revision for p in trade.parties if p.member == member]
        silent = trade.state is State.EXPIRED and consented != [trade.revision]
        blamed = member in trade.at_fault
        return {
            "completed": done,
            "completed_in_person": done and trade.method is Method.IN_PERSON,
            "completed_by_mail": done and trade.method is Method.MAIL,
            "presence_verified": shown,
            "cancelled_at_fault": trade.state is not State.RESOLVED and blamed,
            "disputes_lost": trade.state is State.RESOLVED and blamed,
            "unanswered_proposals": silent and trade.reopened_by is None,
            "credited": credited,
            "proven": credited and (shown or mine.tracking_number is not None),
            "fraud": trade.state is State.RESOLVED and blamed and self.kind in FRAUDS,
        }

    def partners_of(self, member: MemberId) -> set[MemberId]:
        pairs = [{leg.giver, leg.receiver} for leg in self.trade.legs]
        return set().union(*(pair - {member} for pair in pairs if member in pair))

    def answers_of(self, member: MemberId) -> Iterator[tuple[datetime, timedelta]]:
        """When this party answered a revision, and how long after it was sent."""
        asked_at: dict[int, datetime] = {}
        answers = (history.TradeAccepted, history.TradeRejected, history.PartyConsented)
        for event in self.events:
            if event.actor == member and isinstance(event, answers):
                yield event.at, event.at - asked_at[event.revision]
            if event.actor == member and isinstance(event, history.TradeCountered):
                yield event.at, event.at - asked_at[event.revision - 1]
            asks = (history.TradeProposed, history.TradeCountered, history.TradeReopened)
            if isinstance(event, asks):
                asked_at[event.revision] = event.at


class Story:
    """Makes one trade up, from its proposal to some end."""

    def __init__(
        self,
        chance: Random,
        copies: Mapping[MemberId, CopyId],
        *,
        moderator: MemberId,
        at: datetime,
    ) -> None:
        self.chance, self.copies, self.moderator, self.at = chance, copies, moderator, at

    def tell(self) -> Told:
        some = self.chance.choice([2, 2, 3, 4])
        who = self.chance.sample(sorted(self.copies), some)
        trade = self.propose(who)
        if self.agree(trade):
            self.chance.choice([self.call_off, self.quarrel, self.fulfil, self.fulfil])(trade)
        events = [event for event in trade.release() if isinstance(event, history.TradeEvent)]
        kinds = [each.dispute for each in events if isinstance(each, history.TradeResolved)]
        return Told(trade, events, kinds[0] if kinds else None)

    def later(self) -> datetime:
        self.at += HOUR * self.chance.uniform(0.1, 9)
        return self.at

    def propose(self, who: list[MemberId]) -> Trade:
        id, legs = TradeId(uuid7()), [LegId(uuid7()) for _ in who]
        if len(who) > 2:
            gifts = {member: [self.copies[member]] for member in who}
            return Trade.propose_ring(id, gifts=gifts, leg_ids=legs, at=self.at)
        by, to = who
        method = self.chance.choice([Method.IN_PERSON, Method.MAIL])
        return Trade.propose(
            id,
            by=by,
            to=to,
            give=[self.copies[by]],
            take=[self.copies[to]],
            leg_ids=(legs[0], legs[1]),
            terms=Terms(method=method, answer_within=168 * HOUR),
            at=self.at,
        )

    def agree(self, trade: Trade) -> bool:
        """Tell whether all consent; or somebody refuses, withdraws or stays silent."""
        senders = dict.fromkeys(trade.members, AT_HOME)
        if not trade.ring and self.chance.random() < 0.3:
            self.counter(trade)
        while waits := [m for m in trade.members if self.may(trade, "accept", m)]:
            by, fate = self.chance.choice(waits), self.chance.random()
            if fate < 0.1:
                trade.reject(by=by, revision=None, reason=None, at=self.later())
            elif fate < 0.25:
                strike(trade)
            else:
                trade.accept(by=by, revision=trade.revision, senders=senders, at=self.later())
                if trade.state is State.ACCEPTED and self.chance.random() < 0.2:
                    trade.reopen(by=self.chance.choice(trade.members), at=self.later())
        return trade.state is State.ACCEPTED

    def counter(self, trade: Trade) -> None:
        assert trade.turn
        mine, theirs = self.copies[trade.turn], self.copies[trade.other_than(trade.turn)]
        asked = trade.turn
        trade.counter(
            by=asked, revision=1, give=[mine], take=[theirs], tracked=True, at=self.later()
        )

    def may(self, trade: Trade, action: str, member: MemberId) -> bool:
        return action in trade.allowed_actions(member, at=self.at)

    def call_off(self, trade: Trade) -> None:
        by = self.chance.choice(trade.members)
        if self.chance.random() < 0.3:
            strike(trade)
        else:
            late = self.chance.choice([timedelta(0), 2 * HOUR])
            self.at = (trade.accepted_at or self.at) + late
            trade.cancel(by=by, by_agreement=False, revision=None, reason=None, at=self.at)

    def quarrel(self, trade: Trade) -> None:
        by, kind = self.chance.choice(trade.members), DisputeKind.WRONG_ITEM
        if trade.method is Method.MAIL:
            for leg in trade.legs:
                self.ship(trade, leg.giver)
        elif self.chance.random() < 0.7:
            kind = DisputeKind.CONFIRMATION_FALSE
            trade.confirm(by=self.chance.choice(trade.members), revision=None, at=self.later())
        else:
            kind = DisputeKind.NO_SHOW
        trade.open_dispute(kind, by=by, revision=None, account=SEEN, at=self.later())
        some = self.chance.sample(trade.members, self.chance.randrange(len(trade.members)))
        decision = Resolution(verdict=Verdict.VOID, at_fault=frozenset(some))
        trade.resolve(decision, at=self.later())

    def ship(self, trade: Trade, giver: MemberId) -> None:
        (leg,) = [leg for leg in trade.legs if leg.giver == giver]
        number = "RR 1" if leg.must_track or self.chance.random() < 0.5 else None
        trade.ship(
            leg.id, by=giver, carrier="P", tracking_number=number, revision=None, at=self.later()
        )

    def fulfil(self, trade: Trade) -> None:
        if trade.method is Method.IN_PERSON:
            for member in trade.members:
                verified = self.chance.random() < 0.6
                trade.confirm(by=member, revision=None, verified=verified, at=self.later())
            return
        for member in trade.members:
            self.ship(trade, member)
        for leg in trade.legs:
            if self.chance.random() < 0.8:
                trade.receive(leg.id, by=leg.receiver, revision=None, at=self.later())
            else:
                trade.note_delivery(leg.id, delivered_at=self.at, at=self.later())
        while trade.state is State.FULFILLING:
            strike(trade)


@pytest.fixture
async def people(site: Site) -> dict[MemberId, Member]:
    members = [await site.join(name) for name in ("ann", "bea", "eve", "dan", "fay")]
    return {member.id: member for member in members}


async def keep(site: Site, told: Told) -> None:
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        trades = await site.port(TradeRepository)  # type: ignore[type-abstract]
        for event in told.events:
            told.trade.record(event)
        await trades.add(told.trade)
    if told.kind:
        case = update(DisputeCaseModel).where(DisputeCaseModel.trade_id == told.trade.id)
        decided = {"state": CaseState.DECIDED, "decided_at": told.trade.updated_at}
        await site.change(case.values(decided))


@pytest.mark.parametrize("seed", [1, 2])
async def test_sql_counts_as_one_would_by_hand(
    site: Site, people: dict[MemberId, Member], seed: int
) -> None:
    chance, now = Random(seed), (await site.clock()).now()
    copies = {id: await member.hold() for id, member in people.items()}
    moderator, stories = (await site.join("mia")).id, []
    for _ in range(TRADES):
        begun = now - chance.choice([60, 200, 460, 700]) * DAY
        stories.append(Story(chance, copies, moderator=moderator, at=begun).tell())
        await keep(site, stories[-1])
    assert {told.trade.state for told in stories} >= {
        *(State.COMPLETED, State.EXPIRED, State.CANCELLED, State.RESOLVED, State.REJECTED),
    }
    count = await site.port(TrackRecords)  # type: ignore[type-abstract]
    records = await count(list(people))
    for id, member in people.items():
        mine = [told for told in stories if id in told.trade.members]
        assert records[id] == record_of(id, mine)
        shown = (await member.get(f"/members/{id}/reputation")).json()
        lately = [told for told in mine if told.trade.updated_at >= now - 365 * DAY]
        for period, some, since in (
            ("all_time", mine, now - 9999 * DAY),
            ("last_12_months", lately, now - 365 * DAY),
        ):
            times = [
                spent.total_seconds()
                for told in mine
                for at, spent in told.answers_of(id)
                if at >= since
            ]
            figures = shown[period]
            assert figures.pop("median_answer_seconds") == round(median(times))
            assert figures == {name: sums(id, some)[name] for name in figures}


def sums(member: MemberId, stories: list[Told]) -> Mapping[str, int]:
    counts = [told.counts_for(member) for told in stories]
    return {name: sum(each[name] for each in counts) for name in counts[0]}


def record_of(member: MemberId, stories: list[Told]) -> TradeRecord:
    total = sums(member, stories)
    same: dict[str, Any] = {
        each.name: total[each.name] for each in fields(TradeRecord) if each.name in total
    }
    done = [told for told in stories if told.trade.state is State.COMPLETED]

    def last(name: str) -> datetime | None:
        such = [told.trade.updated_at for told in stories if told.counts_for(member)[name]]
        return max(such, default=None)

    more: dict[str, Any] = {
        "completed_trades": total["completed"],
        "credited_trades": total["credited"],
        "proven_trades": total["proven"],
        "partners": len(set().union(*(told.partners_of(member) for told in done))),
        "last_lost_at": last("disputes_lost"),
        "last_fraud_at": last("fraud"),
    }
    return replace(TradeRecord(**same), **more)
