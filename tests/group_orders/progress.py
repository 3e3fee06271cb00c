"""Group orders that get on, as tests let them."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, TypeVar

from apps.group_orders.domain.order_steps import OrderState
from tests.group_orders.orders import a_draft, an_order
from tests.support.builders import FixedClock
from tests.support.site import Member, Site

UseCase = TypeVar("UseCase")
TRUNK = ("ordered", "seller_shipped", "arrived", "domestic_shipped", "delivered")
"""The milestones that an order goes by, and the last one."""


async def in_days(site: Site, days: int) -> date:
    """A day, counted from today."""
    return ((await site.clock()).now() + timedelta(days=days)).date()


async def planned(by: Member, order: str, kind: str, *, days: int = 7) -> str:
    """The id of a milestone."""
    body = {"kind": kind, "planned_on": (await in_days(by.site, days)).isoformat()}
    answer = await by.post(f"/group-orders/{order}/milestones", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def reached(by: Member, order: str, kind: str, **told: Any) -> str:
    """The id of a milestone that is done."""
    milestone = await planned(by, order, kind)
    answer = await by.post(f"/milestones/{milestone}/done", told)
    assert answer.status_code == 200, answer.text
    return milestone


async def state_of(by: Member, order: str) -> str:
    return str((await by.get(f"/group-orders/{order}")).json()["state"])


async def locked(by: Member, order: str) -> None:
    answer = await by.post(f"/group-orders/{order}/lock")
    assert answer.status_code == 200, answer.text


async def an_order_in(by: Member, state: OrderState, **more: Any) -> str:
    """An order that has come so far, as its organiser brings it there."""
    if state is OrderState.DRAFT:
        return await a_draft(by, **more)
    order = await an_order(by, **more)
    if state is OrderState.OPEN:
        return order
    if state is OrderState.CANCELLED:
        return await ended(by, order, "cancel")
    await locked(by, order)
    for kind in TRUNK:
        if await state_of(by, order) == state:
            return order
        if state is OrderState.FAILED and kind == "seller_shipped":
            return await ended(by, order, "cancel")
        _ = await reached(by, order, kind)
    assert state is OrderState.CLOSED
    return await ended(by, order, "close")


async def ended(by: Member, order: str, command: str) -> str:
    body = {"reason": "The shop is sold out."} if command == "cancel" else None
    answer = await by.post(f"/group-orders/{order}/{command}", body)
    assert answer.status_code == 200, answer.text
    return order


async def later(site: Site, kind: type[UseCase], **delta: float) -> UseCase:
    """A use case as it will be called some time from now."""
    now = (await site.clock()).now()
    case: Any = await site.port(kind)
    changed: UseCase = replace(case, clock=FixedClock(now + timedelta(**delta)))
    return changed
