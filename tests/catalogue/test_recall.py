"""Two hundred ways in which fans ask for a card, and each finds it on the first page (K1)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.catalogue.fans import fan, half_typed, initials, is_hangul, mccune, revised
from tests.catalogue.test_search import ALL_CARDS, GROUPS, IDOLS, RELEASES, several
from tests.support.site import API, Site

QUERIES = 200


@dataclass(frozen=True)
class Sought:
    """A card by the names that fans put together."""

    idols: list[Mapping[str, str]]
    group: Mapping[str, str]
    release: Mapping[str, str]
    labels: str

    @classmethod
    def of(cls, card: Mapping[str, str]) -> "Sought":
        release = RELEASES[card["release"]]
        return cls(
            [IDOLS[code] for code in several(card["idols"])],
            GROUPS[release["group"]],
            release,
            f"{card['version']} {card['retailer']}",
        )

    def people(self, spell: Callable[[str], str]) -> str:
        """The idols, spelled from their names in Hangul; those without stay as they are."""
        return " ".join(
            spell(hangul(idol)) if hangul(idol) else idol["name"] for idol in self.idols
        )


def hangul(entry: Mapping[str, str]) -> str:
    """The first name in Hangul, in one word."""
    names = (name for name in several(entry["names"]) if is_hangul(name) and name.isalpha())
    return next(names, "")


def alias(entry: Mapping[str, str]) -> str:
    """The last of its further names."""
    return (several(entry["names"]) or [entry.get("name") or entry["title"]])[-1]


def as_is(name: str) -> str:
    return name


WAYS: Sequence[Callable[[Sought], str]] = (
    lambda s: f"{s.people(as_is)} {s.release['title']} {s.labels}",
    lambda s: f"{s.people(as_is)} {alias(s.release)} {s.labels}",
    lambda s: f"{s.people(initials)} {s.release['title']} {s.labels}",
    lambda s: f"{s.release['title']} {s.labels} {s.people(half_typed)}",
    lambda s: f"{s.people(revised)} {s.release['title']} {s.labels}",
    lambda s: f"{s.labels} {s.people(mccune)} {s.release['title']}",
    lambda s: f"{s.people(fan).upper()} {s.release['title']} {s.labels}",
    lambda s: f"{alias(s.group)} {' '.join(map(alias, s.idols))} {s.labels}",
    lambda s: f"{s.group['name']} {s.idols[0]['name']} {s.release['title']} {s.labels}",
    lambda s: f"{s.people(as_is)} {s.labels.replace('ver.', 'version')}",
    lambda s: f"{s.labels.replace('ver.', '버전')} {s.idols[0]['name'].lower()}",
    lambda s: f"{hangul(s.group)} {s.people(as_is)} {alias(s.release)}",
    lambda s: f"{s.idols[-1]['name']}, {s.release['title']}",
)
STEP = len(ALL_CARDS) / QUERIES
CHOSEN = [sorted(ALL_CARDS)[int(number * STEP)] for number in range(QUERIES)]
ASKED = {
    " ".join(WAYS[number % len(WAYS)](Sought.of(ALL_CARDS[code])).split()): code
    for number, code in enumerate(CHOSEN)
} | {
    "하니 bunny beach bag": "newjeans-get-up-hanni-bunny-beach-bag",
    "jungkook butter cream ver": "bts-butter-jung-kook-cream",
    "Chŏngguk Butter": "bts-butter-jung-kook-cream",
    "ㅈㄱ 버터 cream": "bts-butter-jung-kook-cream",
    "카리나 걸스 광야 버전": "aespa-girls-karina-kwangya",
    "블핑 지수 본핑크": "blackpink-born-pink-jisoo-black",
    "르세라핌 은채 이지": "le-sserafim-easy-hong-eunchae-soundwave-ld",
}


async def test_every_query_finds_its_card_on_the_first_page(demo: Site) -> None:
    missed = {}
    for query, code in ASKED.items():
        answer = await demo.client.get(f"{API}/cards", params={"q": query})
        assert answer.status_code == 200, (query, answer.text)
        codes = [each["code"] for each in answer.json()["items"]]
        if code not in codes:
            missed[query] = (code, codes)
    assert not missed
    assert len(ASKED) > QUERIES
