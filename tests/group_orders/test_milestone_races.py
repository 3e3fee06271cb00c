"""Two who say at once that a milestone is reached: one of them has said it."""

import asyncio
from collections import Counter
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import func, select

from apps.group_orders.application.company import Company
from apps.group_orders.domain.order import GroupOrder
from apps.group_orders.domain.order_steps import OrderState, Part
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.outbox import OutboxModel
from tests.group_orders.orders import organiser
from tests.group_orders.progress import an_order_in, planned
from tests.support.deals import told
from tests.support.site import Site, elsewhere
from tests.support.weakening import an_unguarded_site

AT_ONCE = 3
LATE = 0.3
"""Seconds for which one of them is being looked at while the others ask too."""


async def said_at_once(site: Site) -> tuple[Counter[tuple[int, str | None]], int]:
    """The answers, and how often it was told that the milestone is reached."""
    olga = await organiser(site)
    order = await an_order_in(olga, OrderState.LOCKED)
    milestone = await planned(olga, order, "ordered")
    ask = Company.__call__

    async def slowly(company: Company, order: GroupOrder, member: MemberId) -> Part:
        await asyncio.sleep(LATE)
        return await ask(company, order, member)

    with patch.object(Company, "__call__", slowly):
        racing = [
            elsewhere(olga.post(f"/milestones/{milestone}/done", {"note": f"By {number}"}))
            for number in range(AT_ONCE)
        ]
        answers = Counter([told(each) for each in await asyncio.gather(*racing)])
    reached = select(func.count()).where(OutboxModel.kind == "group_order_milestone_reached")
    return answers, (await site.ask(reached))[0]


async def test_of_some_who_say_it_at_once_one_has_said_it(site: Site) -> None:
    answers, times = await said_at_once(site)
    assert answers == {(200, None): 1, (409, "milestone-done"): AT_ONCE - 1}
    assert times == 1


async def test_control_without_locks_and_versions_all_have_said_it(
    postgresql: str, keys: Path
) -> None:
    async with an_unguarded_site(postgresql, keys) as site:
        answers, times = await said_at_once(site)
    assert answers[200, None] > 1
    assert times == answers[200, None]
