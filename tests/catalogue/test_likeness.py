"""What other contexts ask the catalogue: cards by code, and those that free words may mean."""

import pytest

from apps.catalogue.contract import Catalogue, Found
from apps.catalogue.domain.names import asked, fits, forms
from tests.catalogue.demo import fill
from tests.support.site import Site


@pytest.fixture
async def catalogue(site: Site) -> Catalogue:
    await fill(site)
    return await site.port(Catalogue)  # type: ignore[type-abstract]


def told(found: Found) -> tuple[str, float, tuple[str, ...]]:
    return found.card.code, found.score, found.why


async def test_cards_are_known_by_their_codes(catalogue: Catalogue) -> None:
    cards = await catalogue.by_code(["omg-both", "omg-hanni", "omg-both", "omg-nobody", ""])
    assert {code: card.code for code, card in cards.items()} == {
        "omg-both": "omg-both",
        "omg-hanni": "omg-hanni",
    }
    by_id = await catalogue.cards([card.id for card in cards.values()])
    assert {card.code: card for card in by_id.values()} == cards
    assert await catalogue.by_code([]) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "newjeans hanni omg",
            [
                ("omg-both", 0.75, ("group", "idols", "release")),
                ("omg-hanni", 0.75, ("group", "idols", "release")),
            ],
        ),
        (
            "뉴진스 하니",
            [
                ("omg-both", 0.25, ("idols", "names")),
                ("omg-hanni", 0.25, ("idols", "names")),
            ],
        ),
        ("blue hani", [("omg-hanni", 0.25, ("idols", "names"))]),
        ("뉴진스블루", []),
        ("soundwave ver", [("omg-minji-ld", 0.4, ("retailer", "version"))]),
        ("karina", []),
        ("!?", []),
        ("", []),
    ],
)
async def test_words_find_cards_and_say_why(
    catalogue: Catalogue, text: str, expected: list[object]
) -> None:
    assert [told(found) for found in (await catalogue.find([text]))[text]] == expected


async def test_each_text_has_an_answer_of_its_own(catalogue: Catalogue) -> None:
    found = await catalogue.find(["hanni", "minji"])
    assert {text: [each.card.code for each in cards] for text, cards in found.items()} == {
        "hanni": ["omg-both", "omg-hanni"],
        "minji": ["omg-both", "omg-minji-ld"],
    }
    assert await catalogue.find([]) == {}


@pytest.mark.parametrize(
    ("word", "name", "same"),
    [
        ("하니", "Hanni", True),
        ("ㅎㄴ", "하니", True),
        ("HANNI", "hanni", True),
        ("han", "Hanni", True),
        ("Hanni", "Minji", False),
        ("?", "?", False),
    ],
)
def test_a_word_fits_a_name_as_the_search_would_find_it(word: str, name: str, same: bool) -> None:  # noqa: FBT001
    assert fits(asked(word), forms(name)) is same
