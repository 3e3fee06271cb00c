"""Claims and allocations over HTTP."""

from inspect import getdoc

from dishka.integrations.fastapi import FromDishka

from apps.group_orders.application.claim_slots import SubmitClaim, WithdrawClaim
from apps.group_orders.application.hand_on import (
    AcceptTransfer,
    ReleaseAllocation,
    TransferAllocation,
    WithdrawTransfer,
)
from apps.group_orders.application.show_rounds import (
    AllocationView,
    ClaimView,
    ListAllocations,
    ListClaims,
    ShowAllocation,
    ShowClaim,
)
from apps.group_orders.domain.allocation import (
    HoldersOnly,
    NobodyWaits,
    NothingOffered,
    NotOverdue,
    OfferedToSomebodyElse,
    OnItsWay,
    TransferToYourself,
)
from apps.group_orders.domain.claim import (
    AlreadyClaimed,
    ClaimantsOnly,
    RankMissing,
    RankTaken,
    UnpaidDues,
)
from apps.group_orders.domain.exposure import ExposureCapped
from apps.group_orders.domain.order import OrganisersOnly, RulesChanged
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_round import OrderNotOpen
from apps.group_orders.domain.round_events import AllocationId, ClaimId, OrderRoundId
from apps.group_orders.presentation.round_schemas import (
    AcceptanceBody,
    ClaimBody,
    ReleaseBody,
    TransferBody,
)
from apps.identity.contract import EmailNotVerified, TrustLevelTooLow
from apps.shared.domain.errors import MfaRequired
from apps.shared.presentation.created import Located
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, STAFF, Me
from apps.trading.contract import InvalidTransition

router = ApiRouter(
    tags=["group orders"], route_class=CommandRoute, dependencies=[*SIGNED_IN, *STAFF]
)
OF_ROUND = "/order-rounds/{order_round_id}/claims"
OF_ORDER = "/group-orders/{group_order_id}/allocations"
ALLOCATION = "/allocations/{allocation_id}"
Show = FromDishka[ShowAllocation]

JOINING = (RulesChanged, EmailNotVerified, TrustLevelTooLow, UnpaidDues, ExposureCapped)
"""What may keep a member from joining a group order."""


@router.post(
    OF_ROUND,
    status_code=201,
    description=getdoc(SubmitClaim),
    openapi_extra=refuses(
        *(MfaRequired, OrderNotOpen, InvalidTransition, *JOINING),
        *(AlreadyClaimed, RankMissing, RankTaken),
    ),
)
async def submit_claim(
    order_round_id: OrderRoundId,
    body: ClaimBody,
    me: Me,
    submit: FromDishka[SubmitClaim],
    show: FromDishka[ShowClaim],
    located: Located,
) -> ClaimView:
    """Claim slots of an order round."""
    claim = await submit(order_round_id, by=me, **dict(body))
    located(None)
    return await show(claim, to=me)


@router.get(OF_ROUND, description=getdoc(ListClaims), openapi_extra=refuses(MfaRequired))
async def list_claims(
    order_round_id: OrderRoundId, me: Me, page: PageAsked, claims: FromDishka[ListClaims]
) -> Listed[ClaimView]:
    """List the claims of an order round."""
    return page.show(await claims(order_round_id, to=me, after=page.after, limit=page.limit))


@router.post(
    "/claims/{claim_id}/withdraw",
    description=getdoc(WithdrawClaim),
    openapi_extra=refuses(MfaRequired, InvalidTransition, ClaimantsOnly),
)
async def withdraw_claim(
    claim_id: ClaimId, me: Me, withdraw: FromDishka[WithdrawClaim], show: FromDishka[ShowClaim]
) -> ClaimView:
    """Withdraw a claim."""
    await withdraw(claim_id, by=me)
    return await show(claim_id, to=me)


@router.get(OF_ORDER, description=getdoc(ListAllocations), openapi_extra=refuses(MfaRequired))
async def list_allocations(
    group_order_id: GroupOrderId,
    me: Me,
    page: PageAsked,
    allocations: FromDishka[ListAllocations],
) -> Listed[AllocationView]:
    """List the allocations of a group order."""
    found = await allocations(group_order_id, to=me, after=page.after, limit=page.limit)
    return page.show(found)


@router.post(
    f"{ALLOCATION}/transfer",
    description=getdoc(TransferAllocation),
    openapi_extra=refuses(
        *(MfaRequired, InvalidTransition, HoldersOnly, TransferToYourself, NobodyWaits, OnItsWay)
    ),
)
async def transfer_allocation(
    allocation_id: AllocationId,
    body: TransferBody,
    me: Me,
    transfer: FromDishka[TransferAllocation],
    show: Show,
) -> AllocationView:
    """Offer a slot of mine to somebody else."""
    await transfer(allocation_id, by=me, to=body.to)
    return await show(allocation_id, to=me)


@router.post(
    f"{ALLOCATION}/transfer/withdraw",
    description=getdoc(WithdrawTransfer),
    openapi_extra=refuses(MfaRequired, InvalidTransition, HoldersOnly, NothingOffered, OnItsWay),
)
async def withdraw_transfer(
    allocation_id: AllocationId, me: Me, withdraw: FromDishka[WithdrawTransfer], show: Show
) -> AllocationView:
    """Offer a slot of mine to nobody any more."""
    await withdraw(allocation_id, by=me)
    return await show(allocation_id, to=me)


@router.post(
    f"{ALLOCATION}/accept",
    description=getdoc(AcceptTransfer),
    openapi_extra=refuses(
        *(MfaRequired, InvalidTransition, OfferedToSomebodyElse, OnItsWay, *JOINING)
    ),
)
async def accept_transfer(
    allocation_id: AllocationId,
    body: AcceptanceBody,
    me: Me,
    accept: FromDishka[AcceptTransfer],
    show: Show,
) -> AllocationView:
    """Take over a slot that is offered to me."""
    successor = await accept(allocation_id, by=me, rules_version=body.rules_version)
    return await show(successor, to=me)


@router.post(
    f"{ALLOCATION}/release",
    description=getdoc(ReleaseAllocation),
    openapi_extra=refuses(MfaRequired, InvalidTransition, OrganisersOnly, OnItsWay, NotOverdue),
)
async def release_allocation(
    allocation_id: AllocationId,
    body: ReleaseBody,
    me: Me,
    release: FromDishka[ReleaseAllocation],
    show: Show,
) -> AllocationView:
    """Take a slot back for whoever waits for it."""
    await release(allocation_id, by=me, reason=body.reason)
    return await show(allocation_id, to=me)
