"""Lists of members and of cards, cut off where they are read, for questions made of them.

The newest come first, and a card that everybody wants costs no more than another. PostgreSQL cuts
in a lateral join; SQLite, which has none, looks up the rows whose ids a correlated query names.
Ids are told in one value, however many they are, so that one plan serves them all.
"""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Dialect,
    Text,
    TypeDecorator,
    Uuid,
    bindparam,
    case,
    false,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.orm import aliased

from apps.collection.infrastructure.models import (
    LISTED,
    LIVE,
    CopyModel,
    CopyPromiseModel,
    WantedCardModel,
    WantGroupModel,
)
from apps.collection.infrastructure.queries import FREE
from apps.collection.infrastructure.wants import incoming
from apps.shared.infrastructure.members import takes_part

FENCE: Any = literal_column("0")
"""Rows passed over of a query that a planner is to leave as it is."""
COPY, GROUP = aliased(CopyModel), aliased(WantGroupModel)
"""Rows of which the ids were found already."""


class IdsAsJson(TypeDecorator[Sequence[UUID]]):
    """Ids in the words in which SQLite keeps them."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[UUID] | None, dialect: Dialect) -> str:
        """Write them down."""
        del dialect
        return json.dumps([id.hex for id in value or ()])


def told(name: str, *, lateral: bool) -> Any:
    """Return the ids that are told when it is asked, as rows."""
    if lateral:
        return select(func.unnest(bindparam(name, type_=ARRAY(Uuid()))).label("id"))
    ids = func.json_each(bindparam(name, type_=IdsAsJson())).table_valued("value")
    return select(ids.c.value.label("id"))


def number(name: str) -> Any:
    """Return the place of a number likewise."""
    return bindparam(name, type_=BigInteger)


def taking_part(name: str, *, lateral: bool) -> Any:
    """Return those of these members who do."""
    ids = told(name, lateral=lateral).subquery()
    active = select(ids.c.id).where(takes_part(ids.c.id))
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


def offers(members: Any, *, lateral: bool) -> Any:
    """Return what each of these members offers, the newest copies of each."""
    rows = select(CopyModel.id, CopyModel.card_id, CopyModel.owner_id, CopyModel.condition).where(
        CopyModel.owner_id == members.c.id, FREE
    )
    joined, copy = newest(members, rows, number("each"), COPY, lateral=lateral)
    return select(copy.id, copy.card_id, copy.owner_id, copy.condition).select_from(joined)


def wishes(members: Any, *, lateral: bool) -> Any:
    """Return the cards that each looks for, and does not list, in the newest groups of each."""
    its = WantGroupModel
    rows = select(its.id, its.member_id, its.min_condition, its.rank, its.count).where(
        its.member_id == members.c.id
    )
    joined, group = newest(members, rows, number("each"), GROUP, lateral=lateral)
    cards: Any = WantedCardModel
    if lateral:
        named = select(cards.card_id).where(cards.want_group_id == group.id).offset(FENCE)
        some = named.correlate(joined.right).lateral()
        joined, card_id = joined.join(some, true()), some.c.card_id
    else:
        joined = joined.join(cards, cards.want_group_id == group.id)
        card_id = cards.card_id
    own = select(CopyModel.id).where(
        CopyModel.owner_id == group.member_id, CopyModel.card_id == card_id, LISTED
    )
    slots = group.count - case(
        (group.member_id.in_(select(awaiting(members).c.id)), incoming(group.id, group.member_id)),
        else_=0,
    )
    return (
        select(
            group.id,
            card_id,
            group.member_id,
            group.min_condition,
            group.rank,
            slots.label("slots"),
        )
        .select_from(joined)
        .where(lacks(own.limit(1).correlate_except(CopyModel).scalar_subquery()))
    )


def awaiting(members: Any) -> Any:
    """Return who of these is promised something, so that the others are not asked about."""
    live = select(CopyPromiseModel.id).where(CopyPromiseModel.receiver_id == members.c.id, LIVE)
    found = live.limit(1).correlate(members).scalar_subquery()
    some = select(members.c.id).where(found.is_not(None))
    return some.cte(f"awaiting_{members.name}").prefix_with("MATERIALIZED")


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
