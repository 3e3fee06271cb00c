"""Members over HTTP: oneself and others."""

from inspect import getdoc
from typing import Annotated, cast

from dishka.integrations.fastapi import FromDishka
from fastapi import Query
from pydantic import AfterValidator

from apps.identity.application.change_profile import ChangeProfile
from apps.identity.application.show_me import FindMembers, MemberView, MeView, ShowMe, ShowMember
from apps.identity.domain.profile import NicknameTaken, ProfileChanges
from apps.identity.presentation.schemas import MePatch, not_unseen
from apps.shared.domain.ids import MemberId
from apps.shared.presentation.bodies import Line
from apps.shared.presentation.entity_tags import Unchanged
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, Me

router = ApiRouter(tags=["identity"], route_class=CommandRoute, dependencies=SIGNED_IN)


@router.get("/me", description=getdoc(ShowMe))
async def show_me(me: Me, show: FromDishka[ShowMe]) -> MeView:
    """Show my account."""
    return await show(me)


@router.patch("/me", description=getdoc(ChangeProfile), openapi_extra=refuses(NicknameTaken))
async def change_me(
    body: MePatch,
    me: Me,
    change: FromDishka[ChangeProfile],
    show: FromDishka[ShowMe],
    unchanged: Unchanged,
) -> MeView:
    """Change my profile."""
    changes = cast("ProfileChanges", body.model_dump(exclude_unset=True))
    await change(me, changes, unchanged=unchanged)
    return await show(me)


@router.get("/members", description=getdoc(FindMembers))
async def find_members(
    q: Annotated[Line, Query(min_length=1, max_length=30), AfterValidator(not_unseen)],
    me: Me,
    page: PageAsked,
    find: FromDishka[FindMembers],
) -> Listed[MemberView]:
    """Find members by nickname."""
    return page.show(await find(prefix=q, to=me, after=page.after, limit=page.limit))


@router.get("/members/{member_id}", description=getdoc(ShowMember))
async def show_member(member_id: MemberId, me: Me, show: FromDishka[ShowMember]) -> MemberView:
    """Show a member."""
    return await show(member_id, to=me)
