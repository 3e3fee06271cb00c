"""Questions about rounds: a page of them in one SELECT, the reader's part in them in another."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, func, select

from apps.collection.contract import CopyId, WantGroupId
from apps.identity.contract import Directory, Partners, Ranks
from apps.matching.application.show_rounds import EntryView, ListRounds, RoundView, ShowRound
from apps.matching.domain.round import RoundId, RoundNotFound
from apps.matching.domain.round_steps import Guest, RoundState, allowed_actions
from apps.matching.infrastructure.round_models import (
    MatchingEntryModel,
    MatchingRoundModel,
    MatchingRunModel,
)
from apps.matching.infrastructure.rounds import read
from apps.shared.application.pages import Page
from apps.shared.domain.ids import Clock, MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

ROW, ENTRY, RUN = MatchingRoundModel, MatchingEntryModel, MatchingRunModel
ROUND = select(
    ROW.id,
    ROW.title,
    ROW.region,
    ROW.max_length,
    ROW.state,
    ROW.generation,
    ROW.opener_id,
    ROW.closed_by,
    ROW.operation_id,
    ROW.closes_at,
    ROW.closed_at,
    ROW.settled_at,
    ROW.created_at,
    ROW.updated_at,
    select(func.count())
    .where(ENTRY.round_id == ROW.id)
    .correlate(ROW)
    .scalar_subquery()
    .label("members"),
    select(RUN.input_digest)
    .where(RUN.round_id == ROW.id, RUN.generation == 1)
    .correlate(ROW)
    .scalar_subquery()
    .label("input_digest"),
)
ONE = Question(ROUND.where(ROW.id == bindparam("id")))
ENTRIES = Question(
    select(ENTRY.round_id, ENTRY.copy_ids, ENTRY.want_group_ids, ENTRY.joined_at).where(
        ENTRY.member_id == bindparam("member"),
        ENTRY.round_id.in_(bindparam("rounds", expanding=True)),
    )
)


@cache
def rounds(*, in_states: bool, in_region: bool) -> Question:
    """Build the question for these filters, once for each combination."""
    narrowing: list[ColumnElement[bool]] = []
    if in_states:
        narrowing.append(ROW.state.in_(bindparam("states", expanding=True)))
    if in_region:
        narrowing.append(ROW.region == bindparam("region"))
    return Question(
        ROUND.where(ROW.id < bindparam("before"), *narrowing)
        .order_by(ROW.id.desc())
        .limit(bindparam("limit"))
    )


class RoundReads:
    """What questions about rounds share."""

    def __init__(
        self, reads: Reads, ranks: Ranks, partners: Partners, directory: Directory, clock: Clock
    ) -> None:
        self._reads = reads
        self._ranks = ranks
        self._partners = partners
        self._directory = directory
        self._clock = clock

    async def one(self, id: RoundId) -> Any:
        """Return the row; raise RoundNotFound."""
        for row in await self._reads(ONE, id=id):
            return row
        raise RoundNotFound

    async def page(self, question: Question, *, after: str | None, limit: int, **given: Any) -> Any:
        """Return rows, newest first."""
        return await self._reads.newest_first(question, after=after, limit=limit, **given)

    async def views(self, rows: Sequence[Any], *, to: MemberId) -> list[RoundView]:
        """Add what this member has to do with them."""
        mine = {
            entry.round_id: entry
            for entry in await self._reads(ENTRIES, member=to, rounds=[row.id for row in rows])
        }
        rank = await self._ranks.of(to)
        partner = (await self._partners.among([to], to=to)).get(to)
        region = partner.region if partner else None
        seen = await self._directory.members({row.opener_id for row in rows}, to=to)
        now = self._clock.now()
        return [
            RoundView(
                **{name: getattr(row, name) for name in SAME},
                opener_id=row.opener_id if row.opener_id in seen else None,
                my_entry=entry_view(mine, row.id),
                operation_id=row.operation_id if row.closed_by == to else None,
                allowed_actions=allowed_actions(
                    state=row.state,
                    opener=row.opener_id,
                    max_length=row.max_length,
                    region=row.region,
                    overdue=now >= row.closes_at,
                    guest=Guest(rank=rank, region=region, joined=row.id in mine),
                ),
            )
            for row in rows
        ]


SAME = (
    *("id", "title", "region", "max_length", "state", "generation", "members", "closes_at"),
    *("closed_at", "settled_at", "created_at", "updated_at", "input_digest"),
)
"""What a view and its row call alike."""


def entry_view(mine: Mapping[UUID, Any], round: RoundId) -> EntryView | None:
    """Show the reader's own part, if there is one."""
    entry = mine.get(round)
    if entry is None:
        return None
    return EntryView(
        copy_ids=read(entry.copy_ids, CopyId),
        want_group_ids=read(entry.want_group_ids, WantGroupId),
        joined_at=entry.joined_at,
    )


class SqlShowRound(ShowRound):
    """One row, and the reader's part in it."""

    def __init__(self, rounds: RoundReads) -> None:
        self._rounds = rounds

    async def __call__(self, id: RoundId, *, to: MemberId) -> RoundView:
        """Show it to any member."""
        return (await self._rounds.views([await self._rounds.one(id)], to=to))[0]


class SqlListRounds(ListRounds):
    """A range of an index, from its end."""

    def __init__(self, rounds: RoundReads) -> None:
        self._rounds = rounds

    async def __call__(
        self,
        *,
        to: MemberId,
        states: Sequence[RoundState],
        region: str | None,
        after: str | None,
        limit: int,
    ) -> Page[RoundView]:
        """Read it."""
        given = ({"states": states} if states else {}) | ({"region": region} if region else {})
        question = rounds(in_states=bool(states), in_region=bool(region))
        page = await self._rounds.page(question, after=after, limit=limit, **given)
        return Page(await self._rounds.views(page.items, to=to), page.next)
