"""How well free words fit a card that the search has found for them."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from apps.catalogue.contract import CardView, Found
from apps.catalogue.domain.names import spells, words

FURTHER_NAMES = "names"
"""Why a card is found by words that nothing shown of it contains."""

same = lru_cache(maxsize=5_000)(spells)
"""The same few names are compared with the same few words again and again."""


def best_first(text: str, cards: Iterable[CardView]) -> Sequence[Found]:
    """Weigh each card; among equals the order of their codes decides."""
    found = [weigh(words(text), card) for card in cards]
    return sorted(found, key=lambda each: (-each.score, each.card.code))


def weigh(asked: Sequence[str], card: CardView) -> Found:
    """Count the parts of a card that one of these words names."""
    parts = [*parts_of(card)]
    named = [part for part, label in parts if any(same(word, label) for word in asked)]
    strange = [word for word in asked if not any(same(word, label) for _, label in parts)]
    why = dict.fromkeys([*named, *([FURTHER_NAMES] if strange else [])])
    return Found(card=card, score=round(len(named) / len(parts), 2), why=tuple(why))


def parts_of(card: CardView) -> Iterator[tuple[str, str]]:
    """Yield what the search knows of what is shown of a card, each idol for itself."""
    yield "group", card.group.name
    yield from (("idols", idol.name) for idol in card.idols)
    yield "release", card.release.title
    for part in ("retailer", "version"):
        if label := getattr(card, part):
            yield part, label
