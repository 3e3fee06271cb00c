"""Milestones as JSON."""

from datetime import date
from typing import Annotated

from pydantic import Field

from apps.group_orders.application.shipments import Shipment
from apps.group_orders.domain.milestone_steps import (
    MilestoneKind,
)
from apps.shared.domain.ids import MemberId
from apps.shared.presentation.bodies import Body, Line, Prose

Day = Annotated[date, Field(description="From today on, within three years.")]
Remark = Annotated[Prose, Field(min_length=1, max_length=500)]
Label = Annotated[Line, Field(min_length=1, max_length=40)]
Url = Annotated[
    Line,
    Field(
        pattern=r"^https://[^\s/]+(/\S*)?$",
        max_length=500,
        examples=["https://shots.example/order-2041.webp"],
        description="Where a proof of it is shown, as of the order at the seller.",
    ),
]
MOST_JOINERS = 200


class MilestonePlan(Body):
    """What is to have happened, and by which day."""

    kind: MilestoneKind
    planned_on: Day


class Parcel(Body):
    """How one joiner's part was sent."""

    member_id: MemberId
    carrier: Label
    tracking_number: Label | None = None


class Reached(Body):
    """What there is to say of a milestone that is reached."""

    note: Remark | None = None
    proof_url: Url | None = None
    shipments: Annotated[
        list[Parcel],
        Field(max_length=MOST_JOINERS, description="With `domestic_shipped` only."),
    ] = []

    def told(self) -> list[Shipment]:
        """Return them as the use case takes them."""
        return [Shipment(**dict(parcel)) for parcel in self.shipments]


class NewDay(Body):
    """For when a milestone is planned instead, and why."""

    planned_on: Day
    reason: Remark
