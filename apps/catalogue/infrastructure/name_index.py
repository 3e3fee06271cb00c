"""The index that the search reads: forms of names, and the names by which cards are found (K1)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID, uuid5

from sqlalchemy import Executable, delete, insert, select, union_all

from apps.catalogue.domain.card import Card
from apps.catalogue.domain.names import forms
from apps.catalogue.domain.release import Release
from apps.catalogue.infrastructure.models import (
    CardIdolModel,
    CardModel,
    CardSubjectModel,
    GroupModel,
    NameModel,
    ReleaseModel,
)
from apps.shared.infrastructure.current import Current

T = TypeVar("T")

BATCH = 1_000
"""Subjects or cards to a statement."""

LABELS = UUID("0b6d3a54-6d0f-5c1c-9a5e-5c8f0f3c7a11")
"""The namespace in which a version or retailer has its id: the same on each card it stands on."""


class NameIndex:
    """Kept up by the repositories, in the unit of work that changes what it tells of."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def call(self, names: Mapping[Any, Sequence[str]]) -> None:
        """Let these subjects be called so, and no longer otherwise."""
        for subjects in batches([*names]):
            await self._do(delete(NameModel).where(NameModel.subject_id.in_(subjects)))
            rows = [
                {"subject_id": subject, "position": position, "form": form, "text": text}
                for subject in subjects
                for position, (form, text) in enumerate(spelled(names[subject]))
            ]
            await self._insert(NameModel, rows)

    async def link(self, cards: Sequence[Card]) -> None:
        """Let cards be found by release, group, idols and labels, and by names of their own."""
        await self.call({label_id(text): [text] for card in cards for text in labels(card)})
        for batch in batches(cards):
            among = [card.id for card in batch]
            await self._do(delete(CardSubjectModel).where(CardSubjectModel.card_id.in_(among)))
            await self._fill(
                union_all(
                    select(CardModel.release_id, CardModel.id).where(CardModel.id.in_(among)),
                    select(ReleaseModel.group_id, CardModel.id)
                    .join(ReleaseModel, ReleaseModel.id == CardModel.release_id)
                    .where(CardModel.id.in_(among)),
                    select(CardIdolModel.idol_id, CardIdolModel.card_id).where(
                        CardIdolModel.card_id.in_(among)
                    ),
                )
            )
            rows = [
                {"subject_id": subject, "card_id": card.id}
                for card in batch
                for subject in (card.id, *map(label_id, labels(card)))
            ]
            await self._insert(CardSubjectModel, rows)

    async def regroup(self, releases: Sequence[Release]) -> None:
        """Let the cards of these releases be found by the group that the releases are now of."""
        for batch in batches(releases):
            theirs = CardModel.release_id.in_([release.id for release in batch])
            cards = select(CardModel.id).where(theirs)
            await self._do(
                delete(CardSubjectModel).where(
                    CardSubjectModel.card_id.in_(cards),
                    CardSubjectModel.subject_id.in_(select(GroupModel.id)),
                )
            )
            await self._fill(
                select(ReleaseModel.group_id, CardModel.id)
                .join(ReleaseModel, ReleaseModel.id == CardModel.release_id)
                .where(theirs)
            )

    async def _fill(self, found: Any) -> None:
        await self._do(insert(CardSubjectModel).from_select(["subject_id", "card_id"], found))

    async def _insert(self, row: type[Any], rows: list[dict[str, Any]]) -> None:
        if rows:
            await self._current.session.execute(insert(row), rows)

    async def _do(self, statement: Executable) -> None:
        """Run it past the session, which holds no row of these two tables."""
        unsynchronised = statement.execution_options(synchronize_session=False)
        await self._current.session.execute(unsynchronised)


def spelled(names: Sequence[str]) -> Sequence[tuple[str, str]]:
    """Return every form of every name, each once."""
    return list(dict.fromkeys(pair for name in names for pair in forms(name).items()))


def labels(card: Card) -> set[str]:
    """What is printed on a card, or said of it, beside names."""
    return {label for label in (card.version, card.retailer) if label}


def label_id(text: str) -> UUID:
    """Return the subject that a label is in the index."""
    return uuid5(LABELS, text)


def batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut into pieces that fit into one statement."""
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))
