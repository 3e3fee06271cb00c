"""Dispute cases over HTTP, for moderators who are no party of their trades (T22)."""

from inspect import getdoc
from typing import Annotated

from dishka.integrations.fastapi import FromDishka
from fastapi import Query

from apps.shared.domain.errors import MfaRequired
from apps.shared.presentation.bodies import Switch
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, STAFF, Me
from apps.trading.application.moderate import AssignCase, DecideAppeal, DecideCase
from apps.trading.application.show_case import CaseView, ListCases, ShowCase
from apps.trading.domain.dispute_case import (
    AppealUnclear,
    DecidedBefore,
    DecisionUnclear,
    EvidencePending,
    InvalidCaseStep,
)
from apps.trading.domain.moderator import ModeratorsOnly, OwnCase
from apps.trading.domain.trade import NotAParty
from apps.trading.domain.verdicts import (
    CaseId,
    CaseState,
    OtherDecisionPending,
    SecondModeratorNeeded,
)
from apps.trading.presentation.case_schemas import CaseLineOut, CaseOut, Reviewed, Verdicts

router = ApiRouter(
    prefix="/admin", tags=["trading"], route_class=CommandRoute, dependencies=[*SIGNED_IN, *STAFF]
)
Show = FromDishka[ShowCase]
States = Annotated[
    list[CaseState] | None,
    Query(max_length=len(CaseState), description="In any of these states."),
]
Overdue = Annotated[Switch, Query(description="Only those open for more than a week.")]

APPEALS = "Cases whose decision is appealed, for moderators; the oldest case first."


@router.get(
    "/cases", description=getdoc(ListCases), openapi_extra=refuses(MfaRequired, ModeratorsOnly)
)
async def list_cases(
    me: Me,
    page: PageAsked,
    cases: FromDishka[ListCases],
    *,
    state: States = None,
    overdue: Overdue = False,
) -> Listed[CaseLineOut]:
    """List dispute cases."""
    found = await cases(
        to=me, states=state or (), overdue=overdue, after=page.after, limit=page.limit
    )
    return page.show_as(CaseLineOut, found)


@router.get(
    "/cases/{case_id}",
    response_model=CaseOut,
    description=getdoc(ShowCase),
    openapi_extra=refuses(MfaRequired, ModeratorsOnly, OwnCase),
)
async def show_case(case_id: CaseId, me: Me, show: Show) -> CaseView:
    """Show a dispute case."""
    return await show(case_id, to=me)


@router.post(
    "/cases/{case_id}/assign",
    response_model=CaseOut,
    description=getdoc(AssignCase),
    openapi_extra=refuses(MfaRequired, ModeratorsOnly, OwnCase, DecidedBefore, InvalidCaseStep),
)
async def assign_case(
    case_id: CaseId, me: Me, assign: FromDishka[AssignCase], show: Show
) -> CaseView:
    """Assign a dispute case to myself."""
    await assign(case_id, by=me)
    return await show(case_id, to=me)


@router.post(
    "/cases/{case_id}/decide",
    response_model=CaseOut,
    description=getdoc(DecideCase),
    openapi_extra=refuses(
        MfaRequired,
        ModeratorsOnly,
        OwnCase,
        InvalidCaseStep,
        EvidencePending,
        DecisionUnclear,
        NotAParty,
        SecondModeratorNeeded,
        OtherDecisionPending,
    ),
)
async def decide_case(
    case_id: CaseId, body: Verdicts, me: Me, decide: FromDishka[DecideCase], show: Show
) -> CaseView:
    """Decide a dispute case."""
    await decide(case_id, by=me, resolution=body.resolution(), reason=body.reason)
    return await show(case_id, to=me)


@router.get(
    "/appeals", description="Appealed cases.", openapi_extra=refuses(MfaRequired, ModeratorsOnly)
)
async def list_appeals(
    me: Me, page: PageAsked, cases: FromDishka[ListCases]
) -> Listed[CaseLineOut]:
    """List dispute cases that are appealed, the oldest case first."""
    found = await cases(
        to=me, states=[CaseState.APPEALED], overdue=False, after=page.after, limit=page.limit
    )
    return page.show_as(CaseLineOut, found)


@router.post(
    "/appeals/{case_id}/decide",
    response_model=CaseOut,
    description=getdoc(DecideAppeal),
    openapi_extra=refuses(
        MfaRequired,
        ModeratorsOnly,
        OwnCase,
        DecidedBefore,
        InvalidCaseStep,
        AppealUnclear,
        NotAParty,
        SecondModeratorNeeded,
        OtherDecisionPending,
    ),
)
async def decide_appeal(
    case_id: CaseId, body: Reviewed, me: Me, decide: FromDishka[DecideAppeal], show: Show
) -> CaseView:
    """Decide an appeal."""
    await decide(
        case_id,
        by=me,
        outcome=body.outcome,
        at_fault=frozenset(body.at_fault),
        reason=body.reason,
    )
    return await show(case_id, to=me)
