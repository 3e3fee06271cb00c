"""The lists of many members at once, a thousand members to a statement."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import BindParameter, bindparam, exists, func, select

from apps.catalogue.contract import CardId
from apps.collection.contract import OfferedCopy, OpenLists, OpenWant
from apps.collection.domain.copy_events import CopyId
from apps.collection.domain.want_group import WantGroupId
from apps.collection.infrastructure.models import (
    HELD,
    LISTED,
    LIVE,
    CopyModel,
    CopyPromiseModel,
    WantedCardModel,
    WantGroupModel,
)
from apps.shared.domain.ids import MemberId
from apps.shared.domain.portions import portions
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

MEMBERS: BindParameter[Any] = bindparam("members", expanding=True)
IDS: BindParameter[Any] = bindparam("ids", expanding=True)
PROMISED = exists().where(CopyPromiseModel.copy_id == CopyModel.id, LIVE)
OFFERS = Question(
    select(CopyModel.id, CopyModel.card_id, CopyModel.owner_id, CopyModel.condition).where(
        CopyModel.owner_id.in_(MEMBERS), LISTED, ~PROMISED
    ),
    row=OfferedCopy,
)
WANTS = Question(
    select(
        WantGroupModel.id,
        WantGroupModel.member_id,
        WantGroupModel.count,
        WantGroupModel.rank,
        WantGroupModel.min_condition,
    ).where(WantGroupModel.member_id.in_(MEMBERS))
)
INCOMING = Question(
    select(WantGroupModel.id, func.count().label("promises"))
    .select_from(CopyPromiseModel)
    .join(CopyModel, CopyModel.id == CopyPromiseModel.copy_id)
    .join(WantedCardModel, WantedCardModel.card_id == CopyModel.card_id)
    .join(
        WantGroupModel,
        (WantGroupModel.id == WantedCardModel.want_group_id)
        & (WantGroupModel.member_id == CopyPromiseModel.receiver_id),
    )
    .where(CopyPromiseModel.receiver_id.in_(MEMBERS), LIVE)
    .group_by(WantGroupModel.id)
)
"""What is on its way, counted from the promises: there are few, and many copies of a card."""
WANTED_CARDS = Question(
    select(WantedCardModel.want_group_id, WantedCardModel.card_id)
    .join(WantGroupModel, WantGroupModel.id == WantedCardModel.want_group_id)
    .where(WantGroupModel.member_id.in_(MEMBERS))
)
COPIES = Question(
    select(CopyModel.id).where(
        CopyModel.id.in_(IDS), CopyModel.owner_id == bindparam("member"), HELD
    )
)
GROUPS = Question(
    select(WantGroupModel.id).where(
        WantGroupModel.id.in_(IDS), WantGroupModel.member_id == bindparam("member")
    )
)


class SqlOpenLists(OpenLists):
    """One statement for offers and three for wants, for each thousand members."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def offers(self, of: Collection[MemberId]) -> Sequence[OfferedCopy]:
        """Read ranges of the index of what is listed."""
        return [copy for some in portions(of) for copy in await self._reads(OFFERS, members=some)]

    async def wants(self, of: Collection[MemberId]) -> Sequence[OpenWant]:
        """Read groups, their cards, and what is on its way to them."""
        found: list[OpenWant] = []
        for some in portions(of):
            cards: dict[WantGroupId, list[CardId]] = defaultdict(list)
            for group, card in await self._reads(WANTED_CARDS, members=some):
                cards[group].append(card)
            coming = dict(await self._reads(INCOMING, members=some))
            found += [
                OpenWant(group, member, ordered(cards[group]), slots, rank, worst)
                for group, member, count, rank, worst in await self._reads(WANTS, members=some)
                if (slots := count - coming.get(group, 0)) > 0
            ]
        return found

    async def copies(self, ids: Collection[CopyId], *, of: MemberId) -> Collection[CopyId]:
        """Look each of them up."""
        return {
            row.id
            for some in portions(ids)
            for row in await self._reads(COPIES, ids=some, member=of)
        }

    async def want_groups(
        self, ids: Collection[WantGroupId], *, of: MemberId
    ) -> Collection[WantGroupId]:
        """Look each of them up."""
        return {
            row.id
            for some in portions(ids)
            for row in await self._reads(GROUPS, ids=some, member=of)
        }


def ordered(cards: Sequence[CardId]) -> tuple[CardId, ...]:
    """Return them by id; most groups name one."""
    return tuple(cards) if len(cards) == 1 else tuple(sorted(cards))
