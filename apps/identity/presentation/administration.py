"""Members over HTTP as staff see and treat them, and what was done."""

from inspect import getdoc
from typing import Annotated

from dishka.integrations.fastapi import FromDishka
from fastapi import Query

from apps.identity.application.administer import (
    AccountView,
    ChangeRole,
    EndMembersSessions,
    ListAccounts,
    LookAccountsUp,
    ReadAuditLog,
)
from apps.identity.application.departures import ReinstateMember, SuspendMember
from apps.identity.domain.staff import AdminsOnly, LastAdmin, ModeratorsOnly, StaffProtected
from apps.identity.presentation.schemas import Appointment, WithReason
from apps.shared.application.audit import AuditEntry
from apps.shared.domain.errors import MfaRequired, ReauthRequired
from apps.shared.domain.ids import MemberId
from apps.shared.presentation.bodies import Line
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, STAFF, Me, ProvenDevice

router = ApiRouter(
    prefix="/admin",
    tags=["identity"],
    route_class=CommandRoute,
    dependencies=[*SIGNED_IN, *STAFF],
)
Prefix = Annotated[
    Line, Query(max_length=30, description="How the nickname begins; nothing for all.")
]
Actor = Annotated[MemberId | None, Query(description="What this member has done.")]
Action = Annotated[
    Line | None, Query(max_length=40, description="What was done, such as `member.suspend`.")
]
BY_STAFF = (MfaRequired, ModeratorsOnly, StaffProtected)


@router.get(
    "/members",
    description=getdoc(LookAccountsUp),
    openapi_extra=refuses(MfaRequired, ModeratorsOnly),
)
async def list_accounts(
    me: Me, page: PageAsked, look_up: FromDishka[LookAccountsUp], q: Prefix = ""
) -> Listed[AccountView]:
    """List accounts."""
    return page.show(await look_up(prefix=q, by=me, after=page.after, limit=page.limit))


@router.post(
    "/members/{member_id}/suspend",
    status_code=204,
    description=getdoc(SuspendMember),
    openapi_extra=refuses(*BY_STAFF, LastAdmin),
)
async def suspend_member(
    member_id: MemberId, body: WithReason, me: Me, suspend: FromDishka[SuspendMember]
) -> None:
    """Suspend a member."""
    await suspend(member_id, reason=body.reason, by=me)


@router.post(
    "/members/{member_id}/reinstate",
    status_code=204,
    description=getdoc(ReinstateMember),
    openapi_extra=refuses(*BY_STAFF),
)
async def reinstate_member(
    member_id: MemberId, body: WithReason, me: Me, reinstate: FromDishka[ReinstateMember]
) -> None:
    """Reinstate a member."""
    await reinstate(member_id, reason=body.reason, by=me)


@router.delete(
    "/members/{member_id}/sessions",
    status_code=204,
    description=getdoc(EndMembersSessions),
    openapi_extra=refuses(*BY_STAFF),
)
async def end_members_sessions(
    member_id: MemberId, me: Me, end: FromDishka[EndMembersSessions]
) -> None:
    """Sign a member out everywhere."""
    await end(member_id, by=me)


@router.put(
    "/members/{member_id}/role",
    description=getdoc(ChangeRole),
    openapi_extra=refuses(MfaRequired, ReauthRequired, AdminsOnly, LastAdmin),
)
async def change_role(
    member_id: MemberId,
    body: Appointment,
    caller: ProvenDevice,
    change: FromDishka[ChangeRole],
    accounts: FromDishka[ListAccounts],
) -> AccountView:
    """Change a member's role."""
    await change(member_id, body.role, by=caller.member_id)
    return await accounts.one(member_id)


@router.get(
    "/audit-log",
    description=getdoc(ReadAuditLog),
    openapi_extra=refuses(MfaRequired, ReauthRequired, AdminsOnly),
)
async def read_audit_log(
    caller: ProvenDevice,
    page: PageAsked,
    read: FromDishka[ReadAuditLog],
    actor: Actor = None,
    action: Action = None,
) -> Listed[AuditEntry]:
    """Read the audit log."""
    who = str(actor) if actor else None
    return page.show(
        await read(
            by=caller.member_id, actor=who, action=action, after=page.after, limit=page.limit
        )
    )
