"""Questions about cards: one for the cards themselves, one for the idols on them."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, intersect, select
from sqlalchemy.orm import aliased

from apps.catalogue.application.browse import FindCards, ShowCard, Wish
from apps.catalogue.application.likeness import best_first
from apps.catalogue.contract import (
    CardId,
    CardView,
    Catalogue,
    Found,
    GroupId,
    GroupRef,
    IdolRef,
    ReleaseId,
    ReleaseRef,
)
from apps.catalogue.domain.card import CardNotFound
from apps.catalogue.infrastructure.models import (
    CardIdolModel,
    CardModel,
    CardSubjectModel,
    GroupModel,
    IdolModel,
    ReleaseModel,
)
from apps.catalogue.infrastructure.search import Query, subjects
from apps.shared.application.pages import Page
from apps.shared.domain.errors import Busy, Moved
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

CARD = (
    select(
        CardModel.id,
        CardModel.code,
        CardModel.kind,
        CardModel.retailer,
        CardModel.version,
        CardModel.number,
        CardModel.image_url,
        CardModel.release_id,
        ReleaseModel.title,
        ReleaseModel.group_id,
        GroupModel.name,
    )
    .join(ReleaseModel, ReleaseModel.id == CardModel.release_id)
    .join(GroupModel, GroupModel.id == ReleaseModel.group_id)
)
ASKED = aliased(CardModel)
SURVIVING = func.coalesce(ASKED.merged_into_id, ASKED.id)
AMONG = ASKED.id.in_(bindparam("ids", expanding=True))
CARDS = Question(
    CARD.add_columns(ASKED.id.label("asked")).join(ASKED, CardModel.id == SURVIVING).where(AMONG)
)
MOST_LOOKS = 3
"""Merges of one card that may follow on each other while somebody waits to hold it."""
SURVIVORS = Question(select(ASKED.id, SURVIVING.label("now")).where(AMONG))
MEANT = select(SURVIVING).where(AMONG)
NAMESAKES = Question(
    select(CardModel.id, func.coalesce(CardModel.merged_into_id, CardModel.id).label("now")).where(
        CardModel.id.in_(MEANT) | CardModel.merged_into_id.in_(MEANT)
    )
)
BY_CODE = Question(
    CARD.add_columns(ASKED.code.label("asked"))
    .join(ASKED, CardModel.id == SURVIVING)
    .where(ASKED.code.in_(bindparam("codes", expanding=True)))
)
GROUP = Question(select(GroupModel.id).where(GroupModel.id == bindparam("group")))
RELEASE = Question(
    select(ReleaseModel.id).where(
        ReleaseModel.id == bindparam("release"), ReleaseModel.group_id == bindparam("group")
    )
)
SHOWN = Question(
    select(CardIdolModel.card_id, IdolModel.id, IdolModel.name)
    .join(IdolModel, IdolModel.id == CardIdolModel.idol_id)
    .where(CardIdolModel.card_id.in_(bindparam("cards", expanding=True)))
    .order_by(CardIdolModel.card_id, CardIdolModel.position)
)
MOST_FOUND = 20
NARROWING = {
    "groups": ReleaseModel.group_id.in_(bindparam("groups", expanding=True)),
    "idols": CardModel.id.in_(
        select(CardIdolModel.card_id).where(
            CardIdolModel.idol_id.in_(bindparam("idols", expanding=True))
        )
    ),
    "releases": CardModel.release_id.in_(bindparam("releases", expanding=True)),
    "kinds": CardModel.kind.in_(bindparam("kinds", expanding=True)),
    "retailers": CardModel.retailer.in_(bindparam("retailers", expanding=True)),
}


@cache
def cards_wished(words: int, narrowing: frozenset[str]) -> Question:
    """Build the question for so many words and these filters, once for each such shape."""
    found = [
        select(CardSubjectModel.card_id).where(CardSubjectModel.subject_id.in_(subjects(word)))
        for word in range(words)
    ]
    narrowed = [NARROWING[each] for each in narrowing]
    if found:  # each word on its own, and then what they share: databases guess matches badly
        narrowed.append(CardModel.id.in_(intersect(*found)))
    return Question(
        CARD.where(
            CardModel.code > bindparam("after"), CardModel.merged_into_id.is_(None), *narrowed
        )
        .order_by(CardModel.code)
        .limit(bindparam("limit"))
    )


class SqlFindCards(FindCards):
    """Cards joined with release and group; a query is looked up in the index of names."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self, wish: Wish, *, after: str | None, limit: int) -> Page[CardView]:
        """Read one row more than shown, then the idols of those that are."""
        rows = await rows_wished(self._reads, wish, after=after, limit=limit + 1)
        page = Page.cut(rows, limit=limit, key=lambda row: row.code)
        return Page(await card_views(self._reads, page.items), page.next)


class SqlShowCard(ShowCard):
    """A list of one."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    async def __call__(self, card_id: CardId) -> CardView:
        """Ask for it by id."""
        card = (await self._catalogue.cards([card_id])).get(card_id)
        if card is None:
            raise CardNotFound
        if card.id != card_id:
            raise Moved(card.id)
        return card


class SqlCatalogue(Catalogue):
    """Cards by id, by code and by the search."""

    def __init__(self, reads: Reads, current: Current) -> None:
        self._reads = reads
        self._current = current

    async def cards(self, ids: Collection[CardId]) -> Mapping[CardId, CardView]:
        """Ask nothing for nothing."""
        rows = await self._reads(CARDS, ids=sorted(set(ids))) if ids else []
        views = await card_views(self._reads, rows)
        return {row.asked: card for row, card in zip(rows, views, strict=True)}

    async def hold(self, ids: Collection[CardId]) -> Mapping[CardId, CardId]:
        """Lock the survivors only: a lock on a merged card could make two wait for each other.

        A merge that came in between shows in a survivor that is none any more; looking again finds
        the new one.
        """
        for _ in range(MOST_LOOKS):
            rows = await self._reads(SURVIVORS, ids=sorted(set(ids)))
            now = {row.id: row.now for row in rows}
            held = await self._current.session.scalars(
                select(CardModel.id)
                .where(CardModel.id.in_(now.values()), CardModel.merged_into_id.is_(None))
                .order_by(CardModel.id)
                .with_for_update(read=True, key_share=True)
            )
            if set(held) == set(now.values()):
                return now
        raise Busy

    async def namesakes(self, ids: Collection[CardId]) -> Mapping[CardId, CardId]:
        """Ask nothing for nothing; no card that others were merged into is merged itself."""
        rows = await self._reads(NAMESAKES, ids=sorted(set(ids))) if ids else []
        return {row.id: row.now for row in rows}

    async def presents(self, group: GroupId, release: ReleaseId | None) -> bool:
        """Look for the release in its group, or for the group."""
        if release is None:
            return bool(await self._reads(GROUP, group=group))
        return bool(await self._reads(RELEASE, group=group, release=release))

    async def by_code(self, codes: Collection[str]) -> Mapping[str, CardView]:
        """Ask nothing for nothing."""
        rows = await self._reads(BY_CODE, codes=sorted(set(codes))) if codes else []
        views = await card_views(self._reads, rows)
        return {row.asked: card for row, card in zip(rows, views, strict=True)}

    async def find(self, texts: Collection[str]) -> Mapping[str, Sequence[Found]]:
        """Search for one text after the other, then read the idols of all that was found."""
        rows = {
            text: await rows_wished(self._reads, Wish(query=text), after=None, limit=MOST_FOUND)
            for text in texts
        }
        all_rows = {row.id: row for found in rows.values() for row in found}
        cards = {card.id: card for card in await card_views(self._reads, [*all_rows.values()])}
        return {
            text: best_first(text, [cards[row.id] for row in found]) for text, found in rows.items()
        }


async def rows_wished(reads: Reads, wish: Wish, *, after: str | None, limit: int) -> Sequence[Any]:
    """Search; words without letters and digits find nothing."""
    query = await Query.of(wish.query or "").split(reads)
    if wish.query is not None and not query.words:
        return []
    narrowing = {each: values for each in NARROWING if (values := getattr(wish, each))}
    question = cards_wished(len(query.words), frozenset(narrowing))
    return await reads(question, after=after or "", limit=limit, **query.values, **narrowing)


async def card_views(reads: Reads, rows: Sequence[Any]) -> list[CardView]:
    """Put the idols to their cards."""
    shown: dict[CardId, list[IdolRef]] = {row.id: [] for row in rows}
    for idol in await reads(SHOWN, cards=list(shown)) if shown else ():
        shown[idol.card_id].append(IdolRef(id=idol.id, name=idol.name))
    return [
        CardView(
            id=row.id,
            code=row.code,
            group=GroupRef(id=row.group_id, name=row.name),
            idols=tuple(shown[row.id]),
            release=ReleaseRef(id=row.release_id, title=row.title),
            kind=row.kind,
            retailer=row.retailer,
            version=row.version,
            number=row.number,
            image_url=row.image_url,
        )
        for row in rows
    ]
