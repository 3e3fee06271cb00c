"""The catalogue for its files: as many questions for a page as for one row."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from apps.catalogue.application.export_catalogue import Inventory
from apps.catalogue.application.sheets import Cell
from apps.catalogue.domain.card import CardId
from apps.catalogue.infrastructure.models import (
    CardIdolModel,
    CardModel,
    GroupModel,
    IdolMembershipModel,
    IdolModel,
    ReleaseModel,
)
from apps.shared.application.pages import Page
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

ROWS = 1_000
"""Entries to a page; of memberships, the groups to a page."""


def paged(row: Any, select: Any) -> Question:
    """Build the question for one page in the order of codes."""
    behind = select.where(row.code > bindparam("after")).order_by(row.code)
    return Question(behind.limit(bindparam("limit")))


PAGES: Mapping[str, Question] = {
    "groups.csv": paged(GroupModel, select(GroupModel.code, GroupModel.name, GroupModel.names)),
    "idols.csv": paged(IdolModel, select(IdolModel.code, IdolModel.name, IdolModel.names)),
    "memberships.csv": paged(GroupModel, select(GroupModel.code, GroupModel.id)),
    "releases.csv": paged(
        ReleaseModel,
        select(
            ReleaseModel.code,
            GroupModel.code.label("group"),
            ReleaseModel.title,
            ReleaseModel.released_on,
            ReleaseModel.names,
        ).join(GroupModel, GroupModel.id == ReleaseModel.group_id),
    ),
    "cards.csv": paged(
        CardModel,
        select(
            CardModel.code,
            ReleaseModel.code.label("release"),
            CardModel.id,
            CardModel.kind,
            CardModel.retailer,
            CardModel.version,
            CardModel.number,
            CardModel.names,
        )
        .join(ReleaseModel, ReleaseModel.id == CardModel.release_id)
        .where(CardModel.merged_into_id.is_(None)),
    ),
}
MEMBERSHIPS = Question(
    select(
        GroupModel.code.label("group"),
        IdolModel.code.label("idol"),
        IdolMembershipModel.joined_on,
        IdolMembershipModel.left_on,
    )
    .join(GroupModel, GroupModel.id == IdolMembershipModel.group_id)
    .join(IdolModel, IdolModel.id == IdolMembershipModel.idol_id)
    .where(IdolMembershipModel.group_id.in_(bindparam("groups", expanding=True)))
    .order_by(GroupModel.code, IdolModel.code, IdolMembershipModel.joined_on)
)
SHOWN = Question(
    select(CardIdolModel.card_id, IdolModel.code)
    .join(IdolModel, IdolModel.id == CardIdolModel.idol_id)
    .where(CardIdolModel.card_id.in_(bindparam("cards", expanding=True)))
    .order_by(CardIdolModel.card_id, CardIdolModel.position)
)


class SqlInventory(Inventory):
    """Pages by code, which every file but one has in its first column."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self, file: str, *, after: str | None) -> Page[Sequence[Cell]]:
        """Read a page, and then what belongs to its entries."""
        found = await self._reads(PAGES[file], after=after or "", limit=ROWS + 1)
        page = Page.cut(found, limit=ROWS, key=lambda row: row.code)
        match file:
            case "memberships.csv":
                rows = await self._reads(MEMBERSHIPS, groups=[row.id for row in page.items])
            case "cards.csv":
                shown = await self._shown([row.id for row in page.items])
                rows = [row._replace(id=tuple(shown[row.id])) for row in page.items]
            case _:
                rows = [*page.items]
        return Page(rows, page.next)

    async def _shown(self, cards: Sequence[CardId]) -> Mapping[CardId, list[str]]:
        """Return the codes of the idols on each card."""
        shown: dict[CardId, list[str]] = defaultdict(list)
        for each in await self._reads(SHOWN, cards=cards):
            shown[each.card_id].append(each.code)
        return shown
