"""Who could hand what to whom: read from the lists themselves, so that nothing is kept in step."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    union_all,
)

from apps.collection.contract import CopyId, Exchange, Prospect, Transfer
from apps.collection.infrastructure.cut_lists import (
    COPY,
    GROUP,
    cards_of,
    given,
    is_free,
    lacks,
    newest,
    number,
    offers,
    wishes,
)
from apps.collection.infrastructure.models import (
    LISTED,
    CopyModel,
    WantedCardModel,
)
from apps.collection.infrastructure.queries import FREE, PROMISE
from apps.collection.infrastructure.wants import incoming
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.members import takes_part
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads


def prospects(*, lateral: bool) -> Select[Any]:
    """Ask who wants what is offered, and who offers what is wanted, and count in cards.

    What is cut off is read from an index alone, in its order. With more conditions a planner that
    takes each card for an average one would rather sort all that there is of a card.
    """
    offered = offers("givers", lateral=lateral).cte("offered").prefix_with("MATERIALIZED")
    wanted = wishes("receivers", lateral=lateral).cte("wanted").prefix_with("MATERIALIZED")
    haves, each_have = cards_of(offered, "haves")
    needs, each_need = cards_of(wanted, "needs")
    naming = select(WantedCardModel.want_group_id.label("id")).where(
        WantedCardModel.card_id == haves.c.card_id
    )
    listing = select(CopyModel.id, CopyModel.owner_id).where(
        CopyModel.card_id == needs.c.card_id, LISTED
    )
    seeking, group = newest(haves, naming, each_have, GROUP, lateral=lateral)
    if lateral:
        seeking = seeking.join(GROUP, GROUP.id == group.id)
    holding, copy = newest(needs, listing, each_need, COPY, lateral=lateral)
    one, none = literal(1, BigInteger), literal(0, BigInteger)
    taking = select(
        GROUP.member_id.label("member"),
        haves.c.card_id,
        one.label("takes"),
        none.label("gives"),
    ).select_from(seeking)
    giving = (
        select(
            copy.owner_id.label("member"),
            needs.c.card_id,
            none.label("takes"),
            one.label("gives"),
        )
        .select_from(holding)
        .where(is_free(copy.id))
    )
    seen = union_all(taking.distinct(), giving.distinct()).subquery()
    counted = (
        select(
            seen.c.member,
            func.sum(seen.c.takes).label("takes"),
            func.sum(seen.c.gives).label("gives"),
        )
        .where(seen.c.member.not_in(given("without")), takes_part(seen.c.member))
        .group_by(seen.c.member)
        .subquery()
    )
    member, takes, gives = counted.c.member, counted.c.takes, counted.c.gives
    fewer = case((takes < gives, takes), else_=gives)
    ranked = select(
        *counted.c,
        func.row_number()
        .over(order_by=[fewer.desc(), (takes + gives).desc(), member.desc()])
        .label("as_both"),
        func.row_number().over(order_by=[takes.desc(), member.desc()]).label("as_taker"),
        func.row_number().over(order_by=[gives.desc(), member.desc()]).label("as_source"),
    ).subquery()
    best = ranked.c
    return (
        select(best.member, best.takes, best.gives)
        .where(
            or_(
                and_(best.as_both <= number("both"), best.takes > 0, best.gives > 0),
                and_(best.as_taker <= number("takers"), best.takes > 0),
                and_(best.as_source <= number("sources"), best.gives > 0),
            )
        )
        .order_by(best.member)
    )


def named() -> Any:
    """Return these copies, as far as they are still offered."""
    ids = bindparam("copies", expanding=True, type_=COPY.id.type)
    return select(CopyModel.id, CopyModel.card_id, CopyModel.owner_id, CopyModel.condition).where(
        CopyModel.id.in_(ids), FREE, takes_part(CopyModel.owner_id)
    )


def transfers(some: Any, *, lateral: bool) -> Select[Any]:
    """Ask which of some copies are of cards that some members look for."""
    offered = some.cte("offered").prefix_with("MATERIALIZED")
    wanted = wishes("receivers", lateral=lateral).cte("wanted").prefix_with("MATERIALIZED")
    own = (
        select(CopyModel.id)
        .where(
            CopyModel.owner_id == wanted.c.member_id,
            CopyModel.card_id == wanted.c.card_id,
            LISTED,
        )
        .limit(1)
        .correlate(wanted)
        .scalar_subquery()
    )
    slots = wanted.c.count - incoming(wanted.c.id, wanted.c.member_id)
    return (
        select(
            offered.c.id.label("copy"),
            offered.c.card_id.label("card"),
            offered.c.condition,
            offered.c.owner_id.label("giver"),
            wanted.c.id.label("group"),
            wanted.c.member_id.label("receiver"),
            wanted.c.rank,
            wanted.c.min_condition,
            slots.label("slots"),
        )
        .select_from(offered)
        .join(wanted, wanted.c.card_id == offered.c.card_id)
        .where(wanted.c.member_id != offered.c.owner_id, lacks(own))
        .order_by(offered.c.id.desc(), wanted.c.id)
        .limit(number("rows"))
    )


PROSPECTS = Question(prospects(lateral=True), sqlite=prospects(lateral=False))
TRANSFERS = Question(
    transfers(offers("givers", lateral=True), lateral=True),
    sqlite=transfers(offers("givers", lateral=False), lateral=False),
)
FITTING = Question(
    transfers(named(), lateral=True),
    sqlite=transfers(named(), lateral=False),
)
ALL = 100_000
"""More rows than a few copies and their receivers can come to."""
HELD_BACK = Question(
    select(func.count().label("copies")).where(
        CopyModel.owner_id == bindparam("member"), LISTED, PROMISE.is_not(None)
    )
)


class SqlExchange(Exchange):
    """One statement each, however long the lists are."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def prospects(
        self,
        *,
        givers: Collection[MemberId],
        receivers: Collection[MemberId],
        without: Collection[MemberId],
        rows: int,
        both: int,
        takers: int = 0,
        sources: int = 0,
    ) -> Sequence[Prospect]:
        """Read capped ranges of the indexes by card, and count."""
        found = await self._reads(
            PROSPECTS,
            givers=sorted(givers),
            receivers=sorted(receivers),
            without=sorted(without),
            rows=rows,
            each=rows // max(len(givers), len(receivers), 1),
            both=both,
            takers=takers,
            sources=sources,
        )
        return [
            Prospect(member=row.member, takes=int(row.takes), gives=int(row.gives)) for row in found
        ]

    async def transfers(
        self, *, givers: Collection[MemberId], receivers: Collection[MemberId], rows: int
    ) -> Sequence[Transfer]:
        """Read capped ranges of the indexes by member, and join them."""
        found = await self._reads(
            TRANSFERS,
            givers=sorted(givers),
            receivers=sorted(receivers),
            rows=rows,
            each=rows // max(len(givers), len(receivers), 1),
        )
        return [Transfer(*row) for row in found]

    async def fitting(
        self, copies: Collection[CopyId], *, receivers: Collection[MemberId]
    ) -> Sequence[Transfer]:
        """Begin with the copies, and leave nothing out."""
        found = await self._reads(
            FITTING, copies=sorted(copies), receivers=sorted(receivers), rows=ALL, each=ALL
        )
        return [Transfer(*row) for row in found]

    async def held_back(self, member: MemberId) -> int:
        """Count in the owner's index of listed copies."""
        (row,) = await self._reads(HELD_BACK, member=member)
        return int(row.copies)
