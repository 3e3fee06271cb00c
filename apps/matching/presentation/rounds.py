"""Matching rounds over HTTP."""

from inspect import getdoc
from typing import Annotated

from dishka.integrations.fastapi import FromDishka
from fastapi import Query, Response

from apps.identity.contract import EmailNotVerified, ModeratorsOnly, TrustLevelTooLow
from apps.matching.application.close_round import CloseRound
from apps.matching.application.join_round import JoinRound, LeaveRound
from apps.matching.application.open_round import OpenRound
from apps.matching.application.show_rounds import (
    ListRounds,
    ResultView,
    RoundView,
    ShowResult,
    ShowRound,
)
from apps.matching.domain.round import (
    ClosingOutOfRange,
    NotPublished,
    OpenersOnly,
    OtherRegion,
    RoundId,
)
from apps.matching.domain.round_steps import RoundState
from apps.matching.presentation.round_schemas import Joining, Region, RoundOpening
from apps.shared.application.long_work import OperationView, ShowOperation
from apps.shared.domain.contact_data import ContactData
from apps.shared.domain.errors import DuplicateIds, LimitExceeded, MfaRequired
from apps.shared.presentation.bodies import Switch
from apps.shared.presentation.created import Located
from apps.shared.presentation.long_work import AS_AN_OPERATION, PATH
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, STAFF, Me
from apps.trading.contract import InvalidTransition

router = ApiRouter(
    prefix="/rounds", tags=["matching"], route_class=CommandRoute, dependencies=SIGNED_IN
)
Show = FromDishka[ShowRound]


@router.post(
    "",
    status_code=201,
    dependencies=STAFF,
    description=getdoc(OpenRound),
    openapi_extra=refuses(
        MfaRequired,
        EmailNotVerified,
        TrustLevelTooLow,
        ClosingOutOfRange,
        ContactData,
        LimitExceeded,
    ),
)
async def open_round(
    body: RoundOpening, me: Me, open: FromDishka[OpenRound], show: Show, located: Located
) -> RoundView:
    """Open a matching round."""
    round = await open(by=me, **dict(body))
    located(round)
    return await show(round, to=me)


@router.get("", description=getdoc(ListRounds))
async def list_rounds(
    me: Me,
    page: PageAsked,
    rounds: FromDishka[ListRounds],
    state: Annotated[
        list[RoundState] | None,
        Query(max_length=len(RoundState), description="In any of these states."),
    ] = None,
    region: Annotated[Region | None, Query(description="For members of this region.")] = None,
) -> Listed[RoundView]:
    """List matching rounds."""
    found = await rounds(
        to=me, states=state or (), region=region, after=page.after, limit=page.limit
    )
    return page.show(found)


@router.get("/{round_id}", description=getdoc(ShowRound))
async def show_round(round_id: RoundId, me: Me, show: Show) -> RoundView:
    """Show a matching round."""
    return await show(round_id, to=me)


@router.post(
    "/{round_id}/join",
    description=getdoc(JoinRound),
    openapi_extra=refuses(
        InvalidTransition, EmailNotVerified, TrustLevelTooLow, OtherRegion, DuplicateIds
    ),
)
async def join_round(
    round_id: RoundId,
    me: Me,
    join: FromDishka[JoinRound],
    show: Show,
    body: Joining | None = None,
) -> RoundView:
    """Join a matching round."""
    told = body or Joining()
    await join(round_id, by=me, copies=told.copy_ids, want_groups=told.want_group_ids)
    return await show(round_id, to=me)


@router.post(
    "/{round_id}/leave",
    description=getdoc(LeaveRound),
    openapi_extra=refuses(InvalidTransition),
)
async def leave_round(
    round_id: RoundId, me: Me, leave: FromDishka[LeaveRound], show: Show
) -> RoundView:
    """Leave a matching round."""
    await leave(round_id, by=me)
    return await show(round_id, to=me)


@router.post(
    "/{round_id}/close",
    status_code=202,
    responses=AS_AN_OPERATION,
    dependencies=STAFF,
    description=getdoc(CloseRound),
    openapi_extra=refuses(MfaRequired, InvalidTransition, OpenersOnly),
)
async def close_round(
    round_id: RoundId,
    me: Me,
    close: FromDishka[CloseRound],
    show: FromDishka[ShowOperation],
    response: Response,
) -> OperationView:
    """Close a matching round."""
    id = await close(round_id, by=me)
    response.headers["Location"] = f"{PATH}/{id}"
    return await show(id, to=me)


@router.get(
    "/{round_id}/result",
    dependencies=STAFF,
    description=getdoc(ShowResult),
    openapi_extra=refuses(MfaRequired, NotPublished, ModeratorsOnly),
)
async def show_result(
    round_id: RoundId,
    me: Me,
    show: FromDishka[ShowResult],
    input: Annotated[Switch, Query(description="With what it was solved from.")] = False,  # noqa: FBT002
) -> ResultView:
    """Show the result of a matching round."""
    return await show(round_id, to=me, with_input=input)
