"""Who could hand what to whom: read from the lists themselves, so that nothing is kept in step."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    Integer,
    Select,
    Uuid,
    bindparam,
    case,
    cast,
    func,
    null,
    select,
    union,
    union_all,
)

from apps.catalogue.contract import CardId
from apps.collection.contract import (
    CopyId,
    Exchange,
    Lists,
    OfferedCopy,
    Prospect,
    Transfer,
    WantedCard,
)
from apps.collection.infrastructure.cut_lists import (
    COPY,
    FENCE,
    GROUP,
    is_free,
    newest,
    number,
    offers,
    taking_part,
    told,
    wishes,
)
from apps.collection.infrastructure.models import LISTED, CopyModel, WantedCardModel
from apps.collection.infrastructure.queries import FREE, PROMISE
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.members import takes_part
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads


def lists(*, lateral: bool) -> Select[Any]:
    """Ask what some members offer, and then, with a rank, what they look for."""
    members = taking_part("members", lateral=lateral)
    offered = offers(members, lateral=lateral).subquery()
    wanted = wishes(members, lateral=lateral).subquery()
    without = cast(null(), Integer)
    both = union_all(
        select(*offered.c, without.label("rank"), without.label("slots")), select(*wanted.c)
    ).subquery()
    return select(*both.c).order_by(both.c.id.desc(), both.c.card_id)


def prospects(*, lateral: bool) -> Select[Any]:
    """Ask who wants what is offered, and who offers what is wanted, and count in cards.

    What is cut off is read from an index alone, in its order. With more conditions a planner that
    takes each card for an average one would rather sort all that there is of a card.
    """
    haves = told("haves", lateral=lateral).cte("haves").prefix_with("MATERIALIZED")
    needs = told("needs", lateral=lateral).cte("needs").prefix_with("MATERIALIZED")
    naming = select(WantedCardModel.want_group_id.label("id")).where(
        WantedCardModel.card_id == haves.c.id
    )
    listing = select(CopyModel.id, CopyModel.owner_id).where(
        CopyModel.card_id == needs.c.id, LISTED
    )
    seeking, group = newest(haves, naming, number("each_have"), GROUP, lateral=lateral)
    if lateral:
        seeking = seeking.join(GROUP, GROUP.id == group.id)
    holding, copy = newest(needs, listing, number("each_need"), COPY, lateral=lateral)
    no_card = cast(null(), Uuid())
    seen = union_all(
        select(
            GROUP.member_id.label("member"), haves.c.id.label("taken"), no_card.label("given")
        ).select_from(seeking),
        select(copy.owner_id, no_card, needs.c.id).select_from(holding).where(is_free(copy.id)),
    ).subquery()
    counted = (
        select(
            seen.c.member,
            func.count(seen.c.taken.distinct()).label("takes"),
            func.count(seen.c.given.distinct()).label("gives"),
        )
        .where(seen.c.member.not_in(bindparam("without", expanding=True, type_=Uuid())))
        .group_by(seen.c.member)
        .cte("counted")
        .prefix_with("MATERIALIZED")
    )
    takes, gives = counted.c.takes, counted.c.gives
    fewer = case((takes < gives, takes), else_=gives)
    found = union(
        best(counted, [fewer, takes + gives], number("both")),
        best(counted, [takes], number("takers")),
        best(counted, [gives], number("sources")),
    ).subquery()
    return select(*found.c).order_by(found.c.member)


def best(counted: Any, worth: Sequence[Any], most: Any) -> Any:
    """Return so many of those who take part, the best first; look at no more accounts than that."""
    order = [each.desc() for each in (*worth, counted.c.member)]
    some = select(*counted.c).where(worth[0] > 0).order_by(*order).offset(FENCE).subquery()
    return select(*some.c).where(takes_part(some.c.member)).limit(most).subquery().select()


def fitting(*, lateral: bool) -> Select[Any]:
    """Ask which of some copies, as far as they are still offered, some members look for."""
    ids = bindparam("copies", expanding=True, type_=COPY.id.type)
    offered = (
        select(CopyModel.id, CopyModel.card_id, CopyModel.owner_id, CopyModel.condition)
        .where(CopyModel.id.in_(ids), FREE, takes_part(CopyModel.owner_id))
        .cte("offered")
        .prefix_with("MATERIALIZED")
    )
    members = taking_part("receivers", lateral=lateral)
    wanted = wishes(members, lateral=lateral).subquery()
    its = wanted.c
    return (
        select(
            *offered.c,
            *(its.id.label("group"), its.member_id, its.min_condition, its.rank, its.slots),
        )
        .select_from(offered)
        .join(wanted, its.card_id == offered.c.card_id)
        .where(its.member_id != offered.c.owner_id)
        .order_by(offered.c.id.desc(), its.id)
    )


LISTS = Question(lists(lateral=True), row=WantedCard, sqlite=lists(lateral=False))
PROSPECTS = Question(prospects(lateral=True), row=Prospect, sqlite=prospects(lateral=False))
FITTING = Question(fitting(lateral=True), sqlite=fitting(lateral=False))
ALL = 100_000
"""More want groups than anybody has."""
HELD_BACK = Question(
    select(func.count().label("copies")).where(
        CopyModel.owner_id == bindparam("member"), LISTED, PROMISE.is_not(None)
    )
)


class SqlExchange(Exchange):
    """One statement each, however long the lists are."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def lists(self, of: Collection[MemberId], *, rows: int) -> Lists:
        """Read capped ranges of the indexes by member."""
        found = await self._reads(LISTS, members=sorted(of), each=share(rows, of))
        return Lists(
            offers=[OfferedCopy._make(row[:4]) for row in found if row.rank is None],
            wanted=[row for row in found if row.rank is not None],
        )

    async def prospects(
        self,
        *,
        haves: Sequence[CardId],
        needs: Sequence[CardId],
        without: Collection[MemberId],
        rows: int,
        both: int,
        takers: int = 0,
        sources: int = 0,
    ) -> Sequence[Prospect]:
        """Read capped ranges of the indexes by card, and count."""
        half = rows // 2
        return await self._reads(
            PROSPECTS,
            haves=haves[:half],
            needs=needs[:half],
            without=sorted(without),
            each_have=share(half, haves),
            each_need=share(half, needs),
            both=both,
            takers=takers,
            sources=sources,
        )

    async def fitting(
        self, copies: Collection[CopyId], *, receivers: Collection[MemberId]
    ) -> Sequence[Transfer]:
        """Begin with the copies, and leave nothing out."""
        found = await self._reads(
            FITTING, copies=sorted(copies), receivers=sorted(receivers), each=ALL
        )
        return [
            Transfer(
                OfferedCopy._make(row[:4]),
                WantedCard(row.group, row.card_id, *row[5:]),
            )
            for row in found
        ]

    async def held_back(self, member: MemberId) -> int:
        """Count in the owner's index of listed copies."""
        (row,) = await self._reads(HELD_BACK, member=member)
        return int(row.copies)


def share(rows: int, among: Collection[object]) -> int:
    """Return how many rows there are for each."""
    return max(rows // max(len(among), 1), 1)
