"""Questions about the market of a whole group."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from apps.catalogue.contract import GroupId
from apps.market.application.show_market import Days
from apps.market.domain.conditions import Regime
from apps.shared.application.pages import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionView:
    """How cards of a group were asked for and given at the end of a day.

    `pressure` is how many were wanted for one that was free, and `liquidity` how many changed hands
    within a week for one that was free. The market was `hot` where pressure was 1.25 times what it
    had been on the same day of four weeks before, or more, and `cold` at 0.8 times or less. Each is
    null where fewer than five members stand behind it, or where there is nothing to compare with.
    `comeback` tells of a release of the group from 7 days before it comes out to 28 days after.
    """

    day: date
    group_id: GroupId
    regime: Regime | None
    pressure: float | None
    liquidity: float | None
    comeback: bool


class ListConditions(Protocol):
    """How brisk the markets of groups were, newest first.

    Days and groups of which nothing may be told are left out. No sum over a group's cards is told:
    what is not told of one of them could be found by subtraction.
    """

    async def __call__(
        self, *, groups: Sequence[GroupId], days: Days, after: str | None, limit: int
    ) -> Page[ConditionView]:
        """Return one page of these groups, or of all."""
        ...
