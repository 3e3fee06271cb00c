"""What payment providers tell over HTTP, and who reads it."""

from hashlib import sha256
from inspect import getdoc
from typing import Annotated

from dishka.integrations.fastapi import FromDishka
from fastapi import Depends, Header, Request
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from apps.group_orders.application.hear_providers import EventForged, HearProvider, Signatures
from apps.group_orders.application.show_transactions import ListTransactions, TransactionView
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.provider_payment import (
    REVERSED,
    SUCCEEDED,
    PaymentWord,
    ProviderEvent,
)
from apps.group_orders.presentation.webhook_schemas import EventIn, PaymentEvent
from apps.shared.application.work import ChangedMeanwhile
from apps.shared.domain.errors import MfaRequired
from apps.shared.domain.ids import Clock
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.problems import ValidationFailed, pointer
from apps.shared.presentation.routes import StrictRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, STAFF, Me

router = ApiRouter(tags=["group orders"], route_class=StrictRoute)
EventId = Annotated[str, Header(description="What all deliveries of one event have in common.")]
Timestamp = Annotated[str, Header(description="Seconds since 1970 at this delivery.")]
Signature = Annotated[
    str, Header(description="`v1,` and base64; of several, with blanks between, one has to fit.")
]


async def signed(
    provider: str,
    request: Request,
    webhook_id: EventId = "",
    webhook_timestamp: Timestamp = "",
    webhook_signature: Signature = "",
) -> str:
    """Return the id of the event, once it is known that its provider has signed it."""
    container = request.app.state.dishka_container
    signatures, clock = await container.get(Signatures), await container.get(Clock)
    signatures.ensure(
        provider,
        event_id=webhook_id,
        timestamp=webhook_timestamp,
        signature=webhook_signature,
        body=await request.body(),
        at=clock.now(),
    )
    return webhook_id


@router.post(
    "/webhooks/{provider}",
    status_code=204,
    description=getdoc(HearProvider),
    openapi_extra=refuses(EventForged, ChangedMeanwhile),
)
async def hear_provider(
    provider: str,
    event_id: Annotated[str, Depends(signed)],
    body: EventIn,
    request: Request,
    hear: FromDishka[HearProvider],
) -> None:
    """Hear an event of a payment provider."""
    await hear(
        ProviderEvent(
            provider=provider,
            id=event_id,
            kind=body.type,
            word=word_of(body),
            body_digest=sha256(await request.body()).hexdigest(),
        )
    )


@router.get(
    "/group-orders/{group_order_id}/transactions",
    description=getdoc(ListTransactions),
    dependencies=[*SIGNED_IN, *STAFF],
    openapi_extra=refuses(MfaRequired),
)
async def list_transactions(
    group_order_id: GroupOrderId,
    me: Me,
    page: PageAsked,
    transactions: FromDishka[ListTransactions],
) -> Listed[TransactionView]:
    """List what providers have told of a group order."""
    return page.show(await transactions(group_order_id, to=me, after=page.after, limit=page.limit))


def word_of(body: EventIn) -> PaymentWord | None:
    """Read what an event tells of a payment, if that is what it is about."""
    if body.type not in {SUCCEEDED, REVERSED}:
        return None
    try:
        told = PaymentEvent.model_validate(body.model_dump())
    except ValidationError as wrong:
        raise ValidationFailed(errors=[fault_at(each) for each in wrong.errors()]) from None
    return PaymentWord(
        payment=told.data.payment_id,
        reference=told.data.reference,
        amount=told.data.amount,
        currency=told.data.currency,
        occurred_at=told.timestamp,
    )


def fault_at(fault: ErrorDetails) -> dict[str, str]:
    """Say where an event departs from the agreed form."""
    code = fault["type"].replace("_", "-")
    return {"pointer": pointer(*fault["loc"]), "code": code, "detail": fault["msg"]}
