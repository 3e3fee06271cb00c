"""A binder as it is compared with a list, and read out to make one."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence

from sqlalchemy import bindparam, or_, select

from apps.catalogue.contract import CardId
from apps.collection.application.export_copies import ExportCopies
from apps.collection.application.import_copies import NamedCopy, Stock
from apps.collection.application.show_binders import CopyView
from apps.collection.domain.copy_events import CopyId
from apps.collection.domain.recognition import Description
from apps.collection.infrastructure.models import HELD, CopyHandoverModel, CopyModel
from apps.collection.infrastructure.queries import COPY, CopyReads
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import FIRST_ID, Reads

PORTION = 500
"""Copies read at a time."""

HANDED_OVER = (
    select(CopyHandoverModel.id)
    .where(
        CopyHandoverModel.copy_id == CopyModel.id,
        CopyHandoverModel.giver_id == bindparam("owner"),
        CopyModel.owner_id != bindparam("owner"),
    )
    .exists()
)
NAMED = Question(
    select(CopyModel.id, CopyModel.card_id, CopyModel.owner_id).where(
        CopyModel.id.in_(bindparam("ids", expanding=True)),
        or_((CopyModel.owner_id == bindparam("owner")) & HELD, HANDED_OVER),
    )
)
OF_CARDS = Question(
    select(
        CopyModel.id,
        CopyModel.card_id,
        CopyModel.condition,
        CopyModel.for_trade,
        CopyModel.note,
    )
    .where(
        CopyModel.owner_id == bindparam("owner"),
        CopyModel.card_id.in_(bindparam("cards", expanding=True)),
        HELD,
    )
    .order_by(CopyModel.id)
)
OLDEST_FIRST = Question(
    COPY.where(CopyModel.owner_id == bindparam("owner"), CopyModel.id > bindparam("behind"), HELD)
    .order_by(CopyModel.id)
    .limit(bindparam("limit"))
)


class SqlStock(Stock):
    """One question for any number of lines."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def named(
        self, copies: Collection[CopyId], *, by: MemberId
    ) -> Mapping[CopyId, NamedCopy]:
        """Hide what never was the member's, and forget what they removed."""
        rows = await self._reads(NAMED, ids=sorted(copies), owner=by) if copies else []
        return {row.id: NamedCopy(card_id=row.card_id, held=row.owner_id == by) for row in rows}

    async def of_cards(
        self, cards: Collection[CardId], *, by: MemberId
    ) -> Mapping[CopyId, Description]:
        """Read a part of the owner's index."""
        rows = await self._reads(OF_CARDS, cards=sorted(cards), owner=by) if cards else []
        return {
            row.id: Description(
                card_id=row.card_id,
                condition=row.condition,
                for_trade=row.for_trade,
                note=row.note,
            )
            for row in rows
        }


class SqlExportCopies(ExportCopies):
    """The owner's index from its beginning, in portions."""

    def __init__(self, reads: Reads, copies: CopyReads) -> None:
        self._reads = reads
        self._copies = copies

    async def __call__(self, me: MemberId) -> AsyncIterator[Sequence[CopyView]]:
        """Ask for the next portion once the one before was taken."""
        behind = FIRST_ID
        while rows := await self._reads(OLDEST_FIRST, owner=me, behind=behind, limit=PORTION):
            yield await self._copies.views(rows, to=me)
            behind = rows[-1].id
            if len(rows) < PORTION:
                return
