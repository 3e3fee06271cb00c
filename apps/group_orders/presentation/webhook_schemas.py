"""Events of payment providers as JSON; what nobody here knows of them is left aside."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from apps.group_orders.domain.currency import LARGEST_AMOUNT
from apps.shared.presentation.bodies import Line, Whole
from apps.shared.presentation.moments import Moment

OPEN = ConfigDict(extra="allow")
"""Providers may tell more; unlike a member's own request, theirs was not written for us."""
Told = Annotated[Line, Field(min_length=1, max_length=120)]


class PaymentData(BaseModel):
    """A payment as its provider knows it, in minor units of the currency."""

    model_config = OPEN

    payment_id: Told
    reference: (
        Annotated[Told, Field(examples=["KC-7F3A-9K2M"], description="The joiner's.")] | None
    ) = None
    amount: Annotated[Whole, Field(ge=1, le=LARGEST_AMOUNT)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["EUR"])]


class PaymentEvent(BaseModel):
    """What `payment.succeeded` and `payment.reversed` have to say."""

    timestamp: datetime
    data: PaymentData


class EventIn(BaseModel):
    """An event; `data` is what its type says, a payment for those that are heard here."""

    model_config = OPEN

    type: Annotated[Line, Field(min_length=1, max_length=80, examples=["payment.succeeded"])]
    timestamp: Annotated[
        Moment | None, Field(description="When it happened; payments have to say it.")
    ] = None
    data: Annotated[
        PaymentData | dict[str, Any], Field(union_mode="left_to_right", default_factory=dict)
    ]
