"""Changing the catalogue over HTTP: members propose, curators act (K2)."""

from inspect import getdoc
from typing import Annotated, cast

from dishka.integrations.fastapi import FromDishka
from fastapi import Query

from apps.catalogue.application.browse import ShowCard
from apps.catalogue.application.keep_cards import ChangeCard, EnterCard, MergeCard
from apps.catalogue.application.propose_card import ConfirmProposal, ProposeCard, RejectProposal
from apps.catalogue.application.show_proposals import ListProposals, ProposalView, ShowProposal
from apps.catalogue.contract import CardId, CardView
from apps.catalogue.domain.card import (
    CardFields,
    CardIncomplete,
    CardShowsNobody,
    CodeFixed,
    IdolShownTwice,
    MergedAlready,
    MergedIntoItself,
    RetailerMissing,
    UnitOfOne,
)
from apps.catalogue.domain.curator import CuratorsOnly
from apps.catalogue.domain.entry import CodeMalformed, CodeTaken, LabelMalformed, NameMalformed
from apps.catalogue.domain.proposal import (
    AlreadyConfirmed,
    CorrectsNothing,
    OwnProposal,
    ProposalDecided,
    ProposalId,
    ProposalState,
)
from apps.catalogue.presentation.schemas import (
    CardEntry,
    CardPatch,
    CardProposalEntry,
    Merger,
    ProposalOut,
)
from apps.identity.contract import TrustLevelTooLow
from apps.shared.domain.errors import MfaRequired, NotFound
from apps.shared.presentation.bodies import Body
from apps.shared.presentation.created import Located
from apps.shared.presentation.entity_tags import Unchanged
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, STAFF, Me

router = ApiRouter(tags=["catalogue"], route_class=CommandRoute, dependencies=SIGNED_IN)
Show = FromDishka[ShowProposal]
CARD_RULES = (
    CardIncomplete,
    CardShowsNobody,
    CodeFixed,
    CodeMalformed,
    IdolShownTwice,
    LabelMalformed,
    NameMalformed,
    RetailerMissing,
    UnitOfOne,
)
"""What every card has to observe."""
States = Annotated[
    list[ProposalState] | None,
    Query(max_length=len(ProposalState), description="In any of these states."),
]


def told(body: Body) -> CardFields:
    """Return what a body says of a card, and nothing that it leaves out."""
    return cast("CardFields", body.model_dump(exclude_unset=True))


@router.post(
    "/cards",
    status_code=201,
    description=getdoc(EnterCard),
    dependencies=STAFF,
    openapi_extra=refuses(NotFound, MfaRequired, CuratorsOnly, CodeTaken, *CARD_RULES),
)
async def enter_card(
    body: CardEntry,
    me: Me,
    enter: FromDishka[EnterCard],
    show: FromDishka[ShowCard],
    located: Located,
) -> CardView:
    """Enter a card."""
    card = await enter(told(body), by=me)
    located(card)
    return await show(card)


@router.patch(
    "/cards/{card_id}",
    description=getdoc(ChangeCard),
    dependencies=STAFF,
    openapi_extra=refuses(MfaRequired, CuratorsOnly, MergedAlready, *CARD_RULES),
)
async def change_card(
    card_id: CardId,
    body: CardPatch,
    me: Me,
    change: FromDishka[ChangeCard],
    show: FromDishka[ShowCard],
    unchanged: Unchanged,
) -> CardView:
    """Change a card."""
    await change(card_id, told(body), by=me, unchanged=unchanged)
    return await show(card_id)


@router.post(
    "/cards/{card_id}/merge",
    description=getdoc(MergeCard),
    dependencies=STAFF,
    openapi_extra=refuses(MfaRequired, CuratorsOnly, MergedAlready, MergedIntoItself),
)
async def merge_card(
    card_id: CardId,
    body: Merger,
    me: Me,
    merge: FromDishka[MergeCard],
    show: FromDishka[ShowCard],
) -> CardView:
    """Merge a card into another one, which is shown."""
    await merge(card_id, into=body.into, by=me)
    return await show(body.into)


@router.post(
    "/card-proposals",
    status_code=201,
    response_model=ProposalOut,
    response_model_exclude_unset=True,
    description=getdoc(ProposeCard),
    openapi_extra=refuses(NotFound, CodeTaken, CorrectsNothing, MergedAlready, *CARD_RULES),
)
async def propose_card(
    body: CardProposalEntry, me: Me, propose: FromDishka[ProposeCard], show: Show, located: Located
) -> ProposalView:
    """Propose a card or a correction."""
    proposal = await propose(by=me, card_id=body.card_id, fields=told(body.card), note=body.note)
    located(proposal)
    return await show(proposal, to=me)


@router.get("/card-proposals", response_model_exclude_unset=True, description=getdoc(ListProposals))
async def list_proposals(
    me: Me, page: PageAsked, proposals: FromDishka[ListProposals], state: States = None
) -> Listed[ProposalOut]:
    """List proposals."""
    found = await proposals(to=me, states=state or (), after=page.after, limit=page.limit)
    return page.show_as(ProposalOut, found)


@router.get(
    "/card-proposals/{proposal_id}",
    response_model=ProposalOut,
    response_model_exclude_unset=True,
    description=getdoc(ShowProposal),
)
async def show_proposal(proposal_id: ProposalId, me: Me, show: Show) -> ProposalView:
    """Show a proposal."""
    return await show(proposal_id, to=me)


@router.post(
    "/card-proposals/{proposal_id}/confirm",
    response_model=ProposalOut,
    response_model_exclude_unset=True,
    description=getdoc(ConfirmProposal),
    dependencies=STAFF,
    openapi_extra=refuses(
        MfaRequired,
        OwnProposal,
        TrustLevelTooLow,
        ProposalDecided,
        AlreadyConfirmed,
        CodeTaken,
        MergedAlready,
        *CARD_RULES,
    ),
)
async def confirm_proposal(
    proposal_id: ProposalId, me: Me, confirm: FromDishka[ConfirmProposal], show: Show
) -> ProposalView:
    """Confirm a proposal."""
    await confirm(proposal_id, by=me)
    return await show(proposal_id, to=me)


@router.post(
    "/card-proposals/{proposal_id}/reject",
    response_model=ProposalOut,
    response_model_exclude_unset=True,
    description=getdoc(RejectProposal),
    dependencies=STAFF,
    openapi_extra=refuses(MfaRequired, CuratorsOnly, ProposalDecided),
)
async def reject_proposal(
    proposal_id: ProposalId, me: Me, reject: FromDishka[RejectProposal], show: Show
) -> ProposalView:
    """Reject a proposal."""
    await reject(proposal_id, by=me)
    return await show(proposal_id, to=me)
