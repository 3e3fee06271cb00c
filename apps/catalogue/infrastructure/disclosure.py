"""What a member has done for the catalogue, for that member's eyes."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import BindParameter, bindparam, select

from apps.catalogue.infrastructure.history import CardChangeModel
from apps.catalogue.infrastructure.proposals import CardConfirmationModel, CardProposalModel
from apps.identity.contract import Disclosure
from apps.shared.infrastructure.chapters import Chapter, SqlChapters
from apps.shared.infrastructure.questions import Question

MEMBER: BindParameter[Any] = bindparam("member")
PROPOSAL = CardProposalModel

CHAPTERS = {
    "card_proposals": Chapter(
        Question(
            select(
                PROPOSAL.id,
                PROPOSAL.aim,
                PROPOSAL.card_id,
                PROPOSAL.fields,
                PROPOSAL.note,
                PROPOSAL.state,
                PROPOSAL.decided_at,
                PROPOSAL.created_at,
            )
            .where(PROPOSAL.proposer_id == MEMBER)
            .order_by(PROPOSAL.id)
        )
    ),
    "card_confirmations": Chapter(
        Question(
            select(CardConfirmationModel.proposal_id).where(
                CardConfirmationModel.member_id == MEMBER
            )
        )
    ),
    "card_changes": Chapter(
        Question(
            select(CardChangeModel.card_id, CardChangeModel.kind, CardChangeModel.at)
            .where(CardChangeModel.actor_id == MEMBER)
            .order_by(CardChangeModel.id)
        )
    ),
}


class DiscloseContributions(SqlChapters, Disclosure):
    """Proposals, confirmations and changes."""

    chapters: ClassVar[Mapping[str, Chapter]] = CHAPTERS
