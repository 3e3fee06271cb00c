"""How well free words fit a card that the search has found for them."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from apps.catalogue.contract import CardView, Found
from apps.catalogue.domain.names import asked, fits, forms, words

FURTHER_NAMES = "names"
"""Why a card is found by words that nothing shown of it contains."""

sought = lru_cache(maxsize=1_000)(asked)
stored = lru_cache(maxsize=5_000)(forms)
"""The same few words are compared with the same few names again and again."""


def best_first(text: str, cards: Iterable[CardView]) -> Sequence[Found]:
    """Weigh each card; among equals the order of their codes decides."""
    found = [weigh(words(text), card) for card in cards]
    return sorted(found, key=lambda each: (-each.score, each.card.code))


def weigh(query: Sequence[str], card: CardView) -> Found:
    """Count the parts of a card that one of these words names."""
    parts = [(part, stored(label)) for part, label in parts_of(card)]
    told = [sought(word) for word in query]
    named = [part for part, name in parts if any(fits(word, name) for word in told)]
    strange = [word for word in told if not any(fits(word, name) for _, name in parts)]
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
