"""Who could hand what to whom: read from the lists themselves, so that nothing is kept in step.

How much is read for one card, or of one member, is cut off where it is read, newest first: a card
that everybody wants costs no more than another. PostgreSQL does that in a lateral join; SQLite,
which has none, looks up the rows whose ids a correlated query names.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from apps.collection.contract import CopyId, Exchange, Prospect, Transfer
from apps.collection.infrastructure.models import (
    LISTED,
    LIVE,
    CopyModel,
    CopyPromiseModel,
    WantedCardModel,
    WantGroupModel,
)
from apps.collection.infrastructure.queries import FREE, PROMISE
from apps.collection.infrastructure.wants import incoming
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.members import USERS, takes_part
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

COPY, GROUP = aliased(CopyModel), aliased(WantGroupModel)
"""Rows of which the ids were found already."""


def given(name: str) -> Any:
    """Return the place of members that are told when it is asked."""
    return bindparam(name, expanding=True, type_=USERS.c.id.type)


def number(name: str) -> Any:
    """Return the place of a number likewise."""
    return bindparam(name, type_=BigInteger)


def taking_part(name: str) -> Any:
    """Return those of these members who do."""
    active = select(USERS.c.id).where(USERS.c.id.in_(given(name)), USERS.c.status == "active")
    return active.cte(f"the_{name}").prefix_with("MATERIALIZED")


def newest(of: Any, rows: Any, each: Any, found: Any, *, lateral: bool) -> tuple[Any, Any]:
    """Join, to each row of a table, the newest of these rows, so many at most.

    Return the join, and what holds their columns: the first one is the id, and `found` by it are
    all of them where there is no lateral join.
    """
    id, *_ = rows.selected_columns
    rows = rows.order_by(id.desc()).limit(each).correlate(of)
    if lateral:
        some = rows.lateral()
        return of.join(some, true()), some.c
    ids = rows.with_only_columns(id).scalar_subquery()
    return of.join(found, found.id.in_(ids)), found


def offers(whose: str, *, lateral: bool) -> Any:
    """Return what each of these members offers, the newest copies of each."""
    members = taking_part(whose)
    rows = select(CopyModel.id, CopyModel.card_id, CopyModel.owner_id, CopyModel.condition).where(
        CopyModel.owner_id == members.c.id, FREE
    )
    joined, copy = newest(members, rows, number("each"), COPY, lateral=lateral)
    return select(copy.id, copy.card_id, copy.owner_id, copy.condition).select_from(joined)


def wishes(whose: str, *, lateral: bool) -> Any:
    """Return the cards that each of these members looks for, in the newest groups of each."""
    members, its = taking_part(whose), WantGroupModel
    rows = select(its.id, its.member_id, its.rank, its.min_condition, its.count).where(
        its.member_id == members.c.id
    )
    joined, group = newest(members, rows, number("each"), GROUP, lateral=lateral)
    cards: Any = WantedCardModel
    if lateral:
        named = select(cards.card_id).where(cards.want_group_id == group.id)
        some = named.correlate(joined.right).lateral()
        joined, card_id = joined.join(some, true()), some.c.card_id
    else:
        joined = joined.join(cards, cards.want_group_id == group.id)
        card_id = cards.card_id
    told = group.id, group.member_id, group.rank, group.min_condition, group.count
    return select(*told, card_id).select_from(joined)


def lacks(found: Any) -> ColumnElement[bool]:
    """Return the condition that a scalar query finds nothing.

    Said so, a planner takes it for true every other time; of `IS NULL` it thinks one in 200, and
    then it compares all rows with all.
    """
    return case((found.is_(None), true()), else_=false())


def is_free(copy: Any) -> ColumnElement[bool]:
    """Return the condition that a listed copy is not promised."""
    promises = select(CopyPromiseModel.id).where(CopyPromiseModel.copy_id == copy, LIVE)
    return lacks(promises.correlate_except(CopyPromiseModel).scalar_subquery())


def cards_of(lists: Any, name: str) -> tuple[Any, Any]:
    """Return the different cards of such lists, and how many rows may be read for each."""
    card = lists.c.card_id
    some = select(card).group_by(card).order_by(func.count().desc(), card).limit(number("rows"))
    cards = some.cte(name).prefix_with("MATERIALIZED")
    there = select(func.count()).select_from(cards).scalar_subquery()
    return cards, number("rows") // case((there > 0, there), else_=1)


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
