"""Vouch cards over HTTP: one's own, and what anybody may ask of one."""

from dataclasses import dataclass
from inspect import getdoc
from typing import Annotated

from dishka.integrations.fastapi import FromDishka
from fastapi import Path

from apps.identity.application.vouch import (
    CheckVouch,
    IssueVouch,
    ListMyVouches,
    MyVouchView,
    RevokeVouch,
    Statement,
    VouchCheck,
)
from apps.identity.domain.vouch import VouchId
from apps.identity.presentation.schemas import LONGEST_TOKEN
from apps.shared.domain.errors import LimitExceeded
from apps.shared.presentation.created import Located
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.routes import CommandRoute, StrictRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, Me

router = ApiRouter(
    prefix="/me/vouch", tags=["identity"], route_class=CommandRoute, dependencies=SIGNED_IN
)
checking = ApiRouter(prefix="/vouches", tags=["identity"], route_class=StrictRoute)

Card = Annotated[
    str,
    Path(min_length=1, max_length=LONGEST_TOKEN, description="The card: what its owner was given."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class VouchOut:
    """A vouch card, told once: only its member has it from now on."""

    token: str
    statement: Statement


@router.post(
    "", status_code=201, description=getdoc(IssueVouch), openapi_extra=refuses(LimitExceeded)
)
async def issue_vouch(me: Me, issue: FromDishka[IssueVouch], located: Located) -> VouchOut:
    """Issue a vouch card of mine."""
    statement, token = await issue(to=me)
    located(statement.id)
    return VouchOut(token=token, statement=statement)


@router.get("", description=getdoc(ListMyVouches))
async def list_my_vouches(
    me: Me, page: PageAsked, vouches: FromDishka[ListMyVouches]
) -> Listed[MyVouchView]:
    """List my vouch cards."""
    return page.show(await vouches(me, after=page.after, limit=page.limit))


@router.delete("/{vouch_id}", status_code=204, description=getdoc(RevokeVouch))
async def revoke_vouch(vouch_id: VouchId, me: Me, revoke: FromDishka[RevokeVouch]) -> None:
    """Revoke a vouch card of mine."""
    await revoke(vouch_id, by=me)


@checking.get("/{token}", description=getdoc(CheckVouch))
async def check_vouch(token: Card, check: FromDishka[CheckVouch]) -> VouchCheck:
    """Check a vouch card."""
    return await check(token)
