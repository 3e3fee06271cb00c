"""Questions about dispute cases: a page of them in one SELECT, their statements in another."""

from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, func, select

from apps.identity.contract import Ranks
from apps.shared.application.pages import Page
from apps.shared.domain.ids import Clock, MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.trading.application.show_case import (
    AppealView,
    CaseLine,
    CaseView,
    DecisionView,
    ListCases,
    PartyCaseView,
    ShowCase,
    ShowDispute,
    StatementView,
)
from apps.trading.application.show_trade import NoteView
from apps.trading.domain.dispute_case import DisputeCase
from apps.trading.domain.dispute_cases import CaseNotFound
from apps.trading.domain.moderator import ensure_impartial, ensure_moderator
from apps.trading.domain.terms import TradeId
from apps.trading.domain.verdicts import EVIDENCE_PERIOD, CaseId, CaseState
from apps.trading.infrastructure.cases import CaseStatementModel, DisputeCaseModel, case_of
from apps.trading.infrastructure.models import TradePartyModel
from apps.trading.infrastructure.notes import NOTE, TradeNoteModel
from apps.trading.infrastructure.queries import TradeReads

CASE = select(*DisputeCaseModel.__table__.columns)
ONE = Question(CASE.where(DisputeCaseModel.id == bindparam("id")))
LATEST = Question(
    CASE.where(DisputeCaseModel.trade_id == bindparam("trade"))
    .order_by(DisputeCaseModel.id.desc())
    .limit(bindparam("limit"))
)
STATEMENTS = Question(
    select(*CaseStatementModel.__table__.columns)
    .where(CaseStatementModel.case_id == bindparam("case"))
    .order_by(CaseStatementModel.position)
)
LAST_NOTES = Question(
    NOTE.where(TradeNoteModel.trade_id == bindparam("trade"))
    .order_by(TradeNoteModel.id.desc())
    .limit(bindparam("limit"))
)
MOST_NOTES = 100


@cache
def cases(*, in_states: bool, overdue: bool) -> Question:
    """Build the question for these filters, once for each combination; nobody sees their own."""
    own = TradePartyModel.trade_id == DisputeCaseModel.trade_id
    narrowing: list[ColumnElement[bool]] = [
        ~exists().where(own, TradePartyModel.member_id == bindparam("to"))
    ]
    if in_states:
        narrowing.append(DisputeCaseModel.state.in_(bindparam("states", expanding=True)))
    if overdue:
        narrowing.append(DisputeCaseModel.state == CaseState.OPEN)
        since = func.coalesce(DisputeCaseModel.widened_at, DisputeCaseModel.opened_at)
        narrowing.append(since < bindparam("since"))
    return Question(
        CASE.where(DisputeCaseModel.id > bindparam("behind"), *narrowing)
        .order_by(DisputeCaseModel.id)
        .limit(bindparam("limit"))
    )


class CaseReads:
    """What the questions about one case share."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def latest(self, trade: TradeId) -> DisputeCase:
        """Return the last case of a trade; raise CaseNotFound."""
        return await self._whole(await self._reads(LATEST, trade=trade, limit=1))

    async def notes(self, trade: TradeId) -> list[NoteView]:
        """Return what its parties told each other, the last hundred notes in order."""
        rows = await self._reads(LAST_NOTES, trade=trade, limit=MOST_NOTES)
        return [NoteView(**row._asdict()) for row in reversed(rows)]

    async def one(self, id: CaseId) -> DisputeCase:
        """Return a case; raise CaseNotFound."""
        return await self._whole(await self._reads(ONE, id=id))

    async def _whole(self, rows: Sequence[Any]) -> DisputeCase:
        for row in rows:
            return case_of(row, await self._reads(STATEMENTS, case=row.id))
        raise CaseNotFound


class SqlShowDispute(ShowDispute):
    """The last case of a trade, and its statements."""

    def __init__(self, cases: CaseReads, trades: TradeReads, clock: Clock) -> None:
        self._cases = cases
        self._trades = trades
        self._clock = clock

    async def __call__(self, trade_id: TradeId, *, to: MemberId) -> PartyCaseView:
        """Hide it from strangers, and from all of them who decides."""
        await self._trades.ensure_party(trade_id, to)
        case = await self._cases.latest(trade_id)
        return PartyCaseView(
            **same_of(PartyCaseView, case),
            statements=statements_of(case),
            decision=decision_of(case, named=False),
            appeal=appeal_of(case, named=False),
            allowed_actions=case.actions_of_party(to, at=self._clock.now()),
        )


class SqlListCases(ListCases):
    """A range of the index."""

    def __init__(self, reads: Reads, ranks: Ranks, clock: Clock) -> None:
        self._reads = reads
        self._ranks = ranks
        self._clock = clock

    async def __call__(
        self,
        *,
        to: MemberId,
        states: Sequence[CaseState],
        overdue: bool,
        after: str | None,
        limit: int,
    ) -> Page[CaseLine]:
        """Read it for a moderator."""
        ensure_moderator(await self._ranks.of(to))
        now = self._clock.now()
        given: dict[str, Any] = {"states": states} if states else {}
        page = await self._reads.oldest_first(
            cases(in_states=bool(states), overdue=overdue),
            after=after,
            limit=limit,
            to=to,
            **given | ({"since": now - EVIDENCE_PERIOD} if overdue else {}),
        )
        return Page(
            [
                CaseLine(
                    **same_of(CaseLine, case),
                    awaiting_confirmation=case.pending is not None,
                    overdue=case.state is CaseState.OPEN and case.evidence_until < now,
                    appealed_at=case.appeal.made_at if case.appeal else None,
                )
                for case in (case_of(row, ()) for row in page.items)
            ],
            page.next,
        )


class SqlShowCase(ShowCase):
    """A case, its statements and its trade."""

    def __init__(self, cases: CaseReads, trades: TradeReads, ranks: Ranks) -> None:
        self._cases = cases
        self._trades = trades
        self._ranks = ranks

    async def __call__(self, id: CaseId, *, to: MemberId) -> CaseView:
        """Show it to moderators who are no party."""
        ensure_moderator(await self._ranks.of(to))
        case = await self._cases.one(id)
        (trade,) = await self._trades.views([case.trade_id], to=to, party_or_not=True)
        parties = [party.member_id for party in trade.parties]
        ensure_impartial(to, parties)
        return CaseView(
            **same_of(CaseView, case),
            trade=trade,
            notes=await self._cases.notes(case.trade_id),
            awaiting_confirmation=case.pending is not None,
            statements=statements_of(case),
            decision=decision_of(case, named=True),
            appeal=appeal_of(case, named=True),
            allowed_actions=case.actions_of_moderator(to, parties=parties),
        )


ALIKE = {"id", "trade_id", "kind", "opener", "state", "assigned_to", "opened_at"}
ALIKE |= {"evidence_until", "appeal_until"}


def same_of(view: type[CaseLine | PartyCaseView | CaseView], case: DisputeCase) -> dict[str, Any]:
    """Return what this view and a case call alike."""
    return {each.name: getattr(case, each.name) for each in fields(view) if each.name in ALIKE}


def statements_of(case: DisputeCase) -> list[StatementView]:
    """Show what the parties have said, in order."""
    return [
        StatementView(
            author_id=each.author,
            text=each.account.text,
            evidence=each.account.evidence,
            made_at=each.made_at,
        )
        for each in case.statements
    ]


def decision_of(case: DisputeCase, *, named: bool) -> DecisionView | None:
    """Show what was decided, to moderators also by whom, and before it stands."""
    decision = case.decision
    if decision is None or not (named or decision.decided_at):
        return None
    return DecisionView(
        verdict=decision.found.verdict,
        legs=sorted(decision.found.legs),
        at_fault=sorted(decision.found.at_fault),
        reason=decision.reason,
        decided_by=decision.decided_by if named else None,
        confirmed_by=decision.confirmed_by if named else None,
        decided_at=decision.decided_at,
    )


def appeal_of(case: DisputeCase, *, named: bool) -> AppealView | None:
    """Show the appeal, to moderators also who decides on it, and what before it stands."""
    appeal = case.appeal
    if appeal is None:
        return None
    review = appeal.review if appeal.review and (named or appeal.review.decided_at) else None
    return AppealView(
        by=appeal.by,
        text=appeal.text,
        made_at=appeal.made_at,
        outcome=review.found.outcome if review else None,
        at_fault=sorted(review.found.at_fault) if review else [],
        reason=review.reason if review else None,
        decided_by=review.decided_by if review and named else None,
        confirmed_by=review.confirmed_by if review and named else None,
        decided_at=review.decided_at if review else None,
    )
