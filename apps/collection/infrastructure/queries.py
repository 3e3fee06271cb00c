"""Questions about copies, each one SELECT beside those that catalogue and identity answer."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select

from apps.catalogue.contract import CardId, Catalogue
from apps.collection.application.show_binders import (
    CopyView,
    HandoverView,
    HolderView,
    ListCopiesForTrade,
    ListHolders,
    ListMyCopies,
    MemberRef,
    ShowChain,
    ShowCopies,
    ShowCopy,
)
from apps.collection.domain.copy import CopyNotFound, CopyState
from apps.collection.domain.copy_events import CopyId
from apps.collection.domain.unknown_card import CardUnknown
from apps.collection.infrastructure.models import (
    AS_PROMISED,
    HELD,
    LISTED,
    LIVE,
    CopyHandoverModel,
    CopyModel,
    CopyPromiseModel,
)
from apps.identity.contract import Directory, UserNotFound
from apps.shared.application.pages import Page
from apps.shared.domain.errors import Moved
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.members import takes_part
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

# Not a join: for a page of copies a planner may choose to read the promises of all copies.
PROMISE = (
    select(AS_PROMISED).where(CopyPromiseModel.copy_id == CopyModel.id, LIVE).scalar_subquery()
)
COPY = select(
    CopyModel.id,
    CopyModel.card_id,
    CopyModel.owner_id,
    CopyModel.condition,
    CopyModel.state,
    CopyModel.for_trade,
    CopyModel.note,
    CopyModel.created_at,
    CopyModel.updated_at,
    PROMISE.label("promise"),
)
NEWEST_FIRST = (
    COPY.where(CopyModel.id < bindparam("before"))
    .order_by(CopyModel.id.desc())
    .limit(bindparam("limit"))
)
OWNER_SEEN = CopyModel.owner_id.not_in(bindparam("hidden", expanding=True)) & takes_part(
    CopyModel.owner_id
)
FREE = LISTED & PROMISE.is_(None)

ONE = Question(COPY.where(CopyModel.id == bindparam("id"), HELD))
SEVERAL = Question(
    COPY.where(
        CopyModel.id.in_(bindparam("ids", expanding=True)),
        CopyModel.owner_id == bindparam("owner"),
        HELD,
    )
)
MINE = Question(NEWEST_FIRST.where(CopyModel.owner_id == bindparam("owner"), HELD))
FOR_TRADE = Question(NEWEST_FIRST.where(CopyModel.owner_id == bindparam("owner"), FREE))
HOLDERS = Question(NEWEST_FIRST.where(CopyModel.card_id == bindparam("card"), FREE, OWNER_SEEN))
CHAIN = Question(
    select(
        CopyHandoverModel.id,
        CopyHandoverModel.giver_id,
        CopyHandoverModel.receiver_id,
        CopyHandoverModel.agreement_id,
        CopyHandoverModel.at,
    )
    .where(CopyHandoverModel.copy_id == bindparam("id"), CopyHandoverModel.id > bindparam("behind"))
    .order_by(CopyHandoverModel.id)
    .limit(bindparam("limit"))
)


class CopyReads:
    """What every question about copies shares."""

    def __init__(self, reads: Reads, catalogue: Catalogue, directory: Directory) -> None:
        self._reads = reads
        self._catalogue = catalogue
        self._directory = directory

    async def one(self, id: CopyId) -> Any:
        """Return the row of a copy that somebody holds; raise CopyNotFound."""
        for row in await self._reads(ONE, id=id):
            return row
        raise CopyNotFound

    async def shown(self, id: CopyId, *, to: MemberId) -> Any:
        """Return the row of a copy unless its owner is hidden; raise CopyNotFound."""
        row = next(iter(await self._reads(ONE, id=id)), None)
        if row is not None and row.owner_id == to:
            return row
        # Asked in any case: a hidden copy must not cost more than one that is not there.
        owner = to if row is None else row.owner_id
        seen = await self._directory.members([owner], to=to)
        if row is None or not seen:
            raise CopyNotFound
        return row

    async def page(
        self, question: Question, *, after: str | None, limit: int, **given: Any
    ) -> Page[Any]:
        """Return rows, newest first."""
        return await self._reads.newest_first(question, after=after, limit=limit, **given)

    async def chain(self, id: CopyId, *, after: str | None, limit: int) -> Page[Any]:
        """Return rows, oldest first."""
        return await self._reads.oldest_first(CHAIN, after=after, limit=limit, id=id)

    async def views(self, rows: Sequence[Any], *, to: MemberId) -> list[CopyView]:
        """Add the cards, and hide notes from whoever is not the owner."""
        cards = await self._catalogue.cards({row.card_id for row in rows})
        return [
            CopyView(
                id=row.id,
                card=cards[row.card_id],
                owner_id=row.owner_id,
                condition=row.condition,
                state=as_promised(row.state, row.promise),
                for_trade=row.for_trade,
                note=row.note if row.owner_id == to else None,
                created_at=row.created_at,
                updated_at=row.updated_at,
            )
            for row in rows
        ]

    async def refs(self, ids: set[MemberId], *, to: MemberId) -> dict[MemberId, MemberRef]:
        """Name these members."""
        return await name_members(self._directory, ids, to=to)


def as_promised(state: CopyState, promise: str | None) -> CopyState:
    """Return the state of a copy under its live promise; what is expected is in no hands yet."""
    return CopyState(promise) if promise and state is CopyState.HELD else state


async def name_members(
    directory: Directory, ids: set[MemberId], *, to: MemberId
) -> dict[MemberId, MemberRef]:
    """Return all of these members with their nicknames; who has left or is hidden has none."""
    known = await directory.members(ids, to=to)
    return {
        id: MemberRef(id=id, nickname=known[id].nickname if id in known else None) for id in ids
    }


async def ensure_present(catalogue: Catalogue, card: CardId) -> None:
    """Hold that this is the id of a card. Raises CardUnknown and, for a merged card, Moved."""
    shown = (await catalogue.cards([card])).get(card)
    if shown is None:
        raise CardUnknown
    if shown.id != card:
        raise Moved(shown.id)


class SqlShowCopy(ShowCopy):
    """One row and its card."""

    def __init__(self, copies: CopyReads) -> None:
        self._copies = copies

    async def __call__(self, id: CopyId, *, to: MemberId) -> CopyView:
        """Show it to its owner, and to whoever sees that one."""
        return (await self._copies.views([await self._copies.shown(id, to=to)], to=to))[0]

    async def mine(self, id: CopyId, *, to: MemberId) -> CopyView:
        """Show it to its owner."""
        row = await self._copies.one(id)
        if row.owner_id != to:
            raise CopyNotFound
        return (await self._copies.views([row], to=to))[0]


class SqlShowCopies(ShowCopies):
    """Rows by id, and their cards."""

    def __init__(self, reads: Reads, copies: CopyReads) -> None:
        self._reads = reads
        self._copies = copies

    async def __call__(self, ids: Sequence[CopyId], *, to: MemberId) -> Sequence[CopyView]:
        """Put them back into the order asked for."""
        rows = await self._reads(SEVERAL, ids=ids, owner=to)
        views = {view.id: view for view in await self._copies.views(rows, to=to)}
        return [views[id] for id in ids if id in views]


class SqlShowChain(ShowChain):
    """A range of one copy's hand-overs."""

    def __init__(self, copies: CopyReads) -> None:
        self._copies = copies

    async def __call__(
        self, id: CopyId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[HandoverView]:
        """Read it with the nicknames of those it went through."""
        _ = await self._copies.shown(id, to=to)
        page = await self._copies.chain(id, after=after, limit=limit)
        people = {row.giver_id for row in page.items} | {row.receiver_id for row in page.items}
        refs = await self._copies.refs(people, to=to)
        seen = {id: ref for id, ref in refs.items() if ref.nickname is not None}
        links = [
            HandoverView(
                giver=seen.get(row.giver_id),
                receiver=seen.get(row.receiver_id),
                agreement_id=row.agreement_id,
                at=row.at,
            )
            for row in page.items
        ]
        return Page(links, page.next)


class SqlListMyCopies(ListMyCopies):
    """A range of the owner's index."""

    def __init__(self, copies: CopyReads) -> None:
        self._copies = copies

    async def __call__(self, me: MemberId, *, after: str | None, limit: int) -> Page[CopyView]:
        """Read it with notes."""
        page = await self._copies.page(MINE, after=after, limit=limit, owner=me)
        return Page(await self._copies.views(page.items, to=me), page.next)


class SqlListCopiesForTrade(ListCopiesForTrade):
    """A range of the owner's index of listed copies."""

    def __init__(self, copies: CopyReads, directory: Directory) -> None:
        self._copies = copies
        self._directory = directory

    async def __call__(
        self, of: MemberId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[CopyView]:
        """Read it, unless there is no such member."""
        if of not in await self._directory.members([of], to=to):
            raise UserNotFound
        page = await self._copies.page(FOR_TRADE, after=after, limit=limit, owner=of)
        return Page(await self._copies.views(page.items, to=to), page.next)


class SqlListHolders(ListHolders):
    """A range of the card's index of listed copies."""

    def __init__(self, copies: CopyReads, catalogue: Catalogue, directory: Directory) -> None:
        self._copies = copies
        self._catalogue = catalogue
        self._directory = directory

    async def __call__(
        self, card: CardId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[HolderView]:
        """Read it with the owners' nicknames, unless there is no such card."""
        await ensure_present(self._catalogue, card)
        hidden = await self._directory.hidden_from(to)
        page = await self._copies.page(
            HOLDERS, after=after, limit=limit, card=card, hidden=sorted(hidden)
        )
        refs = await self._copies.refs({row.owner_id for row in page.items}, to=to)
        holders = [
            HolderView(
                id=row.id,
                owner=refs[row.owner_id],
                condition=row.condition,
                created_at=row.created_at,
            )
            for row in page.items
        ]
        return Page(holders, page.next)
