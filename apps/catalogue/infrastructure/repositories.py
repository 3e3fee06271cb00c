"""The catalogue's entries in SQL, read and written in bulk, with the index of their names."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import bindparam, select, update

from apps.catalogue.application.keep_cards import References
from apps.catalogue.domain.card import Card, CardId, CardNotFound, CardRepository
from apps.catalogue.domain.entry import Code, Entry
from apps.catalogue.domain.group import Group, GroupId, GroupNotFound, GroupRepository
from apps.catalogue.domain.idol import Idol, IdolId, IdolNotFound, IdolRepository
from apps.catalogue.domain.release import Release, ReleaseId, ReleaseNotFound, ReleaseRepository
from apps.catalogue.infrastructure.models import CardModel, GroupModel, IdolModel, ReleaseModel
from apps.catalogue.infrastructure.name_index import NameIndex
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.shared.infrastructure.repository import SqlRepository

E = TypeVar("E", bound=Entry[Any])
Id = TypeVar("Id")


class SqlEntries(SqlRepository[E, Id]):
    """All entries of one kind; the rows once read are held, so that saving reads none again."""

    def __init__(self, current: Current, index: NameIndex) -> None:
        super().__init__(current)
        self._index = index

    async def by_code(self) -> Mapping[Code, E]:
        """Read the whole table."""
        rows: Any = await self._current.session.scalars(select(self.row))
        return {row.code: self._read(row) for row in rows}

    async def keep(self, *, new: Sequence[E], changed: Sequence[E]) -> None:
        """Insert all the new ones in few statements, and update what changed of the others."""
        for each in new:
            self._watch(each)
        self._current.session.add_all([self.row.of(each) for each in new])
        for each in changed:
            await self.save(each)
        await self._current.session.flush()
        await self._index.call({each.id: each.called for each in (*new, *changed)})


class SqlGroupRepository(SqlEntries[Group, GroupId], GroupRepository):
    """Groups."""

    row = GroupModel
    missing = GroupNotFound


class SqlIdolRepository(SqlEntries[Idol, IdolId], IdolRepository):
    """Idols, with their memberships."""

    row = IdolModel
    missing = IdolNotFound


class SqlReleaseRepository(SqlEntries[Release, ReleaseId], ReleaseRepository):
    """Releases, whose cards follow them from group to group."""

    row = ReleaseModel
    missing = ReleaseNotFound

    async def keep(self, *, new: Sequence[Release], changed: Sequence[Release]) -> None:
        """Tell the index of which groups the changed ones are."""
        await super().keep(new=new, changed=changed)
        await self._index.regroup(changed)


class SqlCardRepository(SqlEntries[Card, CardId], CardRepository):
    """Cards, with the idols on them."""

    row = CardModel
    missing = CardNotFound

    async def keep(self, *, new: Sequence[Card], changed: Sequence[Card]) -> None:
        """Tell the index by what they are found."""
        await super().keep(new=new, changed=changed)
        await self._index.link([*new, *changed])

    async def lock(self, ids: Collection[CardId]) -> Mapping[CardId, Card]:
        """Lock in the order of ids, and with those merged into them, which a merge changes too."""
        rows = await self._current.session.scalars(
            select(CardModel)
            .where(CardModel.id.in_(ids) | CardModel.merged_into_id.in_(ids))
            .order_by(CardModel.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return {row.id: self._read(row) for row in rows if row.id in ids}

    async def merge(self, card: Card, /) -> None:
        """Let every merged card lead to a surviving one at once, however long the chain was."""
        await self.save(card)
        await self._current.session.execute(
            update(CardModel)
            .where(CardModel.merged_into_id == card.id)
            .values(merged_into_id=card.merged_into)
            .execution_options(synchronize_session=False)
        )

    async def has(self, code: Code) -> bool:
        """Ask the index of codes."""
        found = select(CardModel.id).where(CardModel.code == code)
        return await self._current.session.scalar(found) is not None


RELEASES = Question(
    select(ReleaseModel.id).where(ReleaseModel.id.in_(bindparam("ids", expanding=True)))
)
IDOLS = Question(select(IdolModel.id).where(IdolModel.id.in_(bindparam("ids", expanding=True))))


class SqlReferences(References):
    """One question for each kind, and none for nothing."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def known(
        self, *, releases: Collection[ReleaseId], idols: Collection[IdolId]
    ) -> Collection[UUID]:
        """Read their ids."""
        asked = [(RELEASES, releases), (IDOLS, idols)]
        found = [await self._reads(question, ids=ids) for question, ids in asked if ids]
        return {row.id for rows in found for row in rows}
