"""Lists of members and of cards, cut off where they are read, for questions made of them.

The newest come first, and a card that everybody wants costs no more than another. PostgreSQL cuts
in a lateral join; SQLite, which has none, looks up the rows whose ids a correlated query names.
"""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, bindparam, case, false, func, select, true
from sqlalchemy.orm import aliased

from apps.collection.infrastructure.models import (
    LIVE,
    CopyModel,
    CopyPromiseModel,
    WantedCardModel,
    WantGroupModel,
)
from apps.collection.infrastructure.queries import FREE
from apps.shared.infrastructure.members import USERS

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
