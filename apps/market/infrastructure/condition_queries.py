"""How brisk the markets of groups were: one SELECT."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import bindparam, or_, select, true

from apps.catalogue.contract import GroupId
from apps.market.application.show_conditions import ConditionView, ListConditions
from apps.market.application.show_market import Days
from apps.market.domain.suppression import STEP, in_steps
from apps.market.infrastructure.market_queries import place_of
from apps.market.infrastructure.snapshot_models import MarketConditionModel
from apps.shared.application.pages import Page
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import FIRST_ID, Reads

ROW = MarketConditionModel
PARTS = (ROW.free, ROW.wanted, ROW.completions_7d)
DIGITS = 2
"""Of a ratio."""


@cache
def conditions(*, of_groups: bool, since: bool) -> Question:
    """Build the question for these filters, once for each combination."""
    narrowing = [
        ROW.group_id.in_(bindparam("groups", expanding=True)) if of_groups else true(),
        ROW.day >= bindparam("since") if since else true(),
    ]
    day, group = bindparam("day", type_=ROW.day.type), bindparam("group", type_=ROW.group_id.type)
    behind = (ROW.day <= day) & or_(ROW.day < day, ROW.group_id > group)
    return Question(
        select(
            ROW.day,
            ROW.group_id,
            ROW.regime,
            *PARTS,
            ROW.pressure_permille,
            ROW.liquidity_permille,
            ROW.comeback,
        )
        .where(
            or_(
                ROW.pressure_permille.is_not(None),
                ROW.liquidity_permille.is_not(None) & (ROW.completions_7d >= STEP),
            ),
            behind,
            *narrowing,
        )
        .order_by(ROW.day.desc(), ROW.group_id)
        .limit(bindparam("limit"))
    )


class SqlListConditions(ListConditions):
    """A range of the key, from the last day back, or behind the page before."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(
        self, *, groups: Sequence[GroupId], days: Days, after: str | None, limit: int
    ) -> Page[ConditionView]:
        """Read one row more than shown."""
        day, group = (days.until or date.max, FIRST_ID) if after is None else place_of(after)
        given: dict[str, Any] = {"groups": sorted(groups), "since": days.since}
        asked = {name: value for name, value in given.items() if value}
        question = conditions(of_groups="groups" in asked, since="since" in asked)
        rows = await self._reads(question, day=day, group=group, limit=limit + 1, **asked)
        page = Page.cut(rows, limit=limit, key=lambda row: f"{row.day} {row.group_id}")
        return Page([condition_view(row) for row in page.items], page.next)


def condition_view(row: Any) -> ConditionView:
    """Show ratios of the figures that are told: an exact one would tell the exact figures."""
    free, wanted, completions = map(in_steps, (row.free, row.wanted, row.completions_7d))
    return ConditionView(
        day=row.day,
        group_id=row.group_id,
        regime=row.regime,
        pressure=None if row.pressure_permille is None else ratio(wanted, free),
        liquidity=None if row.liquidity_permille is None else ratio(completions, free),
        comeback=row.comeback,
    )


def ratio(part: int, of: int) -> float | None:
    """Return it as a number; where a figure is not told, nor is what is made of it."""
    return round(part / of, DIGITS) if part and of else None
