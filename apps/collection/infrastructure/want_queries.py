"""Questions about want groups: the groups of a page in one SELECT, their cards in another."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select

from apps.catalogue.contract import CardId, Catalogue
from apps.collection.application.show_binders import (
    ListSeekers,
    ListWantGroups,
    SeekerView,
    ShowWantGroup,
    WantGroupView,
)
from apps.collection.domain.want_group import WantGroupId, WantGroupNotFound
from apps.collection.infrastructure.models import WantedCardModel, WantGroupModel
from apps.collection.infrastructure.queries import ensure_present, name_members
from apps.collection.infrastructure.wants import INCOMING
from apps.identity.contract import Directory, UserNotFound
from apps.shared.application.pages import Page
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.members import takes_part
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

WANT_GROUP = select(
    WantGroupModel.id,
    WantGroupModel.member_id,
    WantGroupModel.count,
    WantGroupModel.rank,
    WantGroupModel.min_condition,
    WantGroupModel.created_at,
    WantGroupModel.updated_at,
    INCOMING.label("incoming"),
)
NEWEST_FIRST = (
    WANT_GROUP.where(WantGroupModel.id < bindparam("before"))
    .order_by(WantGroupModel.id.desc())
    .limit(bindparam("limit"))
)
ONE = Question(
    WANT_GROUP.where(
        WantGroupModel.id == bindparam("id"), WantGroupModel.member_id == bindparam("member")
    )
)
OF_MEMBER = Question(NEWEST_FIRST.where(WantGroupModel.member_id == bindparam("member")))
SEEKERS = Question(
    NEWEST_FIRST.join(WantedCardModel, WantedCardModel.want_group_id == WantGroupModel.id).where(
        WantedCardModel.card_id == bindparam("card"),
        WantGroupModel.member_id.not_in(bindparam("hidden", expanding=True)),
        takes_part(WantGroupModel.member_id),
    )
)
CARDS = Question(
    select(WantedCardModel.want_group_id, WantedCardModel.card_id)
    .where(WantedCardModel.want_group_id.in_(bindparam("groups", expanding=True)))
    .order_by(WantedCardModel.want_group_id, WantedCardModel.position)
)


class WantReads:
    """What every question about want groups shares."""

    def __init__(self, reads: Reads, catalogue: Catalogue) -> None:
        self._reads = reads
        self._catalogue = catalogue

    async def page(
        self, question: Question, *, after: str | None, limit: int, **given: Any
    ) -> Page[Any]:
        """Return rows, newest first."""
        return await self._reads.newest_first(question, after=after, limit=limit, **given)

    async def one(self, id: WantGroupId, *, of: MemberId) -> Any:
        """Return the row; raise WantGroupNotFound."""
        for row in await self._reads(ONE, id=id, member=of):
            return row
        raise WantGroupNotFound

    async def views(self, rows: Sequence[Any]) -> list[WantGroupView]:
        """Add the cards of all groups at once."""
        wanted = defaultdict(list)
        for row in await self._reads(CARDS, groups=[row.id for row in rows]):
            wanted[row.want_group_id].append(row.card_id)
        cards = await self._catalogue.cards({id for ids in wanted.values() for id in ids})
        return [
            WantGroupView(
                id=row.id,
                cards=[cards[id] for id in wanted[row.id]],
                count=row.count,
                open_slots=max(row.count - row.incoming, 0),
                rank=row.rank,
                min_condition=row.min_condition,
                created_at=row.created_at,
                updated_at=row.updated_at,
            )
            for row in rows
        ]


class SqlShowWantGroup(ShowWantGroup):
    """One row and its cards."""

    def __init__(self, wants: WantReads) -> None:
        self._wants = wants

    async def __call__(self, id: WantGroupId, *, to: MemberId) -> WantGroupView:
        """Show it to its member."""
        return (await self._wants.views([await self._wants.one(id, of=to)]))[0]


class SqlListWantGroups(ListWantGroups):
    """A range of the member's index."""

    def __init__(self, wants: WantReads, directory: Directory) -> None:
        self._wants = wants
        self._directory = directory

    async def __call__(
        self, of: MemberId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[WantGroupView]:
        """Read it, unless there is no such member."""
        if of not in await self._directory.members([of], to=to):
            raise UserNotFound
        page = await self._wants.page(OF_MEMBER, after=after, limit=limit, member=of)
        return Page(await self._wants.views(page.items), page.next)


class SqlListSeekers(ListSeekers):
    """A range of the card's index of want groups."""

    def __init__(self, wants: WantReads, catalogue: Catalogue, directory: Directory) -> None:
        self._wants = wants
        self._catalogue = catalogue
        self._directory = directory

    async def __call__(
        self, card: CardId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[SeekerView]:
        """Read it with the members' nicknames, unless there is no such card."""
        await ensure_present(self._catalogue, card)
        hidden = await self._directory.hidden_from(to)
        page = await self._wants.page(
            SEEKERS, after=after, limit=limit, card=card, hidden=sorted(hidden)
        )
        members = {row.member_id for row in page.items}
        refs = await name_members(self._directory, members, to=to)
        seekers = [
            SeekerView(
                id=row.id,
                member=refs[row.member_id],
                count=row.count,
                open_slots=max(row.count - row.incoming, 0),
                rank=row.rank,
                min_condition=row.min_condition,
                created_at=row.created_at,
            )
            for row in page.items
        ]
        return Page(seekers, page.next)
