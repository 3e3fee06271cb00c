"""Questions about proposals: a page of them in one SELECT, who confirmed them in another."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select

from apps.catalogue.application.show_proposals import ListProposals, ProposalView, ShowProposal
from apps.catalogue.domain.proposal import ProposalId, ProposalNotFound, ProposalState, Review
from apps.catalogue.infrastructure.proposals import CardConfirmationModel, CardProposalModel
from apps.identity.contract import Directory, Ranks
from apps.shared.application.pages import Page
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

PROPOSAL = select(
    CardProposalModel.id,
    CardProposalModel.aim,
    CardProposalModel.state,
    CardProposalModel.proposer_id,
    CardProposalModel.card_id,
    CardProposalModel.fields,
    CardProposalModel.note,
    CardProposalModel.decided_by,
    CardProposalModel.decided_at,
    CardProposalModel.created_at,
)
ONE = Question(PROPOSAL.where(CardProposalModel.id == bindparam("id")))
CONFIRMATIONS = Question(
    select(CardConfirmationModel.proposal_id, CardConfirmationModel.member_id)
    .where(CardConfirmationModel.proposal_id.in_(bindparam("proposals", expanding=True)))
    .order_by(CardConfirmationModel.proposal_id, CardConfirmationModel.position)
)


@cache
def proposals(*, in_states: bool) -> Question:
    """Build the question for a page of all proposals, or of those in some states."""
    states = CardProposalModel.state.in_(bindparam("states", expanding=True))
    return Question(
        PROPOSAL.where(CardProposalModel.id < bindparam("before"), *[states][: int(in_states)])
        .order_by(CardProposalModel.id.desc())
        .limit(bindparam("limit"))
    )


class ProposalReads:
    """What both questions share."""

    def __init__(self, reads: Reads, ranks: Ranks, directory: Directory) -> None:
        self._reads = reads
        self._ranks = ranks
        self._directory = directory

    async def one(self, id: ProposalId) -> Any:
        """Return the row; raise ProposalNotFound."""
        for row in await self._reads(ONE, id=id):
            return row
        raise ProposalNotFound

    async def page(
        self, states: Sequence[ProposalState], *, after: str | None, limit: int
    ) -> Page[Any]:
        """Return rows, newest first."""
        question, given = proposals(in_states=bool(states)), {"states": states} if states else {}
        return await self._reads.newest_first(question, after=after, limit=limit, **given)

    async def views(self, rows: Sequence[Any], *, to: MemberId) -> list[ProposalView]:
        """Add who confirmed them, and what this member can do."""
        confirmed_by: dict[ProposalId, list[MemberId]] = defaultdict(list)
        for each in await self._reads(CONFIRMATIONS, proposals=[row.id for row in rows]):
            confirmed_by[each.proposal_id].append(each.member_id)
        rank = await self._ranks.of(to)
        named = {id for row in rows for id in (row.proposer_id, row.decided_by) if id}
        named |= {id for ids in confirmed_by.values() for id in ids}
        seen = await self._directory.members(named, to=to)
        return [
            ProposalView(
                id=row.id,
                aim=row.aim,
                state=row.state,
                proposer_id=row.proposer_id if row.proposer_id in seen else None,
                card_id=row.card_id,
                card=row.fields,
                note=row.note,
                confirmed_by=[id for id in confirmed_by[row.id] if id in seen],
                decided_by=row.decided_by if row.decided_by in seen else None,
                decided_at=row.decided_at,
                created_at=row.created_at,
                allowed_actions=Review(
                    state=row.state,
                    proposer_id=row.proposer_id,
                    confirmed_by=confirmed_by[row.id],
                ).allowed_actions(rank),
            )
            for row in rows
        ]


class SqlShowProposal(ShowProposal):
    """One row and its confirmations."""

    def __init__(self, proposals: ProposalReads) -> None:
        self._proposals = proposals

    async def __call__(self, id: ProposalId, *, to: MemberId) -> ProposalView:
        """Show it to anybody."""
        return (await self._proposals.views([await self._proposals.one(id)], to=to))[0]


class SqlListProposals(ListProposals):
    """A range of the index, from its end."""

    def __init__(self, proposals: ProposalReads) -> None:
        self._proposals = proposals

    async def __call__(
        self, *, to: MemberId, states: Sequence[ProposalState], after: str | None, limit: int
    ) -> Page[ProposalView]:
        """Read it."""
        page = await self._proposals.page(states, after=after, limit=limit)
        return Page(await self._proposals.views(page.items, to=to), page.next)
