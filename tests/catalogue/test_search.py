"""The search over the demo catalogue, on both databases (K1)."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from apps.catalogue.domain.names import asked, forms, words
from apps.shared.infrastructure.reads import Driver
from tests.catalogue.demo import DEMO, found
from tests.support.site import API, Site

CARDS = """
    하니|뉴진스|뉴 진스|방탄소년단|방탄|정국|정국 버터|버터 정국|블핑|카리나|르세라핌 채원
    세븐틴|부석순
    ㄴㅈㅅ|ㅎㄴ|ㅂㅌㅅㄴㄷ|ㅈㄱ|ㅇㅇㅂ|ㄴㅈㅅ ㅎㄴ|하ㄴ|뉴지|카맄|정구
    hanni|HANNI|Hani|haNNi newjeans|newjeans hanni|new jeans|Jungkook|Jeongguk|Chŏngguk|jung kook
    JUNG-KOOK|le sserafim|LE SSERAFIM chaewon|lesserafim|æspa karina|aespa|AESPA|Bangtan|BTS
    stray kids|straykids|tomorrow|txt|g idle|(g)i-dle|(여자)아이들|boo seungkwan|Seungkwan|Sŭnggwan
    ニュージーンズ|防弾少年団|エスパ|カリナ|ﾊﾆ|宁宁|\uff2eew\uff2aeans
    soundwave|hanni soundwave|karina makestar|bunny beach bag|weverse albums ver
    m countdown|inkigayo
    OMG|오엠지|omg hanni unit|ditto|the world ep.1|movement|blue karina|공방 포카|포카
    hanni - omg|hanni & minji|"hanni"|%|hanni%|_|hanni_|'; drop table cards; --
    hanni hanni|a|v|1|e i o u|zzzzqq|hanni zzzzqq|뷁|한한한|민지 하니 다니엘
"""
QUERIES = [query.strip() for line in CARDS.strip().splitlines() for query in line.split("|")]


def rows(file: str) -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in csv.DictReader(io.StringIO(DEMO[file].decode("utf-8-sig")))}


GROUPS, IDOLS, RELEASES, ALL_CARDS = (
    rows(f"{kind}.csv") for kind in ("groups", "idols", "releases", "cards")
)


def several(cell: str) -> list[str]:
    return cell.split("|") if cell else []


def called(card: dict[str, str]) -> list[str]:
    """Every name by which a card should be found."""
    release = RELEASES[card["release"]]
    group = GROUPS[release["group"]]
    idols = [IDOLS[code] for code in several(card["idols"])]
    return [
        *(card["version"], card["retailer"], *several(card["names"])),
        *(release["title"], *several(release["names"])),
        *(name for each in (group, *idols) for name in (each["name"], *several(each["names"]))),
    ]


INDEX = {
    code: [forms(name) for name in dict.fromkeys(called(card)) if name]
    for code, card in ALL_CARDS.items()
}


def expected(query: str) -> list[str]:
    """What the rule says, without any SQL."""
    sought = [each for word in words(query) if (each := asked(word))]
    return sorted(
        code
        for code, names in INDEX.items()
        if sought
        and all(
            any(text in name.get(form, "") for name in names for form, text in word.items())
            for word in sought
        )
    )


async def test_every_query_finds_what_the_rule_says(demo: Site) -> None:
    answers = {query: await found(demo, q=query) for query in QUERIES}

    assert answers == {query: expected(query) for query in QUERIES}
    assert len(QUERIES) >= 80
    assert sum(map(bool, answers.values())) >= 70


async def test_both_databases_give_the_same_lists(
    demo_sqlite: str, demo_postgresql: str, keys: Path
) -> None:
    async with Site(demo_sqlite, keys) as small, Site(demo_postgresql, keys) as large:
        glued = ["뉴진스하니", "newjeanshanni", "bts정국", "르세라핌채원", "ㄴㅈㅅㅎㄴ"]
        for query in (*QUERIES, *glued):
            for path in ("/cards", "/groups", "/idols", "/releases"):
                assert await found(small, path, q=query) == await found(large, path, q=query)


@pytest.mark.parametrize(
    ("queries", "most"),
    [
        (["하니 뉴진스", "뉴진스 하니", "newjeans hanni", "Hani NEWJEANS", "ㅎㄴ ㄴㅈㅅ"], 60),
        (["정국", "Jungkook", "Jeongguk", "jung-kook", "Chŏngguk", "ジョングク"], 40),
        (["방탄소년단", "防弾少年団", "Bangtan Boys", "ㅂㅌㅅㄴㄷ"], 200),
    ],
)
async def test_all_ways_to_write_it_find_the_same_cards(
    demo: Site, queries: Sequence[str], most: int
) -> None:
    first, *others = [await found(demo, q=query) for query in queries]

    assert 0 < len(first) < most
    assert [codes == first for codes in others] == [True] * len(others)


@pytest.mark.parametrize(
    ("glued", "parted"),
    [
        ("뉴진스하니", "뉴진스 하니"),
        ("하니뉴진스", "하니 뉴진스"),
        ("newjeanshanni", "newjeans hanni"),
        ("NewJeansHani", "newjeans hani"),
        ("방탄소년단정국", "방탄소년단 정국"),
        ("르세라핌채원", "르세라핌 채원"),
        ("ㄴㅈㅅㅎㄴ", "ㄴㅈㅅ ㅎㄴ"),
        ("뉴진스하ㄴ", "뉴진스 하ㄴ"),
        ("aespakarina", "aespa karina"),
        ("hanni,minji", "hanni minji"),
        ("Minji&Hanni", "minji hanni"),
    ],
)
async def test_a_name_may_be_glued_to_the_next(demo: Site, glued: str, parted: str) -> None:
    codes = await found(demo, q=glued)

    assert codes
    assert codes == await found(demo, q=parted)


@pytest.mark.parametrize("query", ["뉴진스뷁", "newjeansqqq", "뷁뉴진스", "뉴진스하니카리나"])
async def test_what_is_glued_to_a_name_must_match_too(demo: Site, query: str) -> None:
    assert await found(demo, q=query) == []


@pytest.mark.parametrize("query", ["-", "%", "_", "()", "…", " ", "♥", "' OR 1=1 --"[:1], "\u3000"])
async def test_punctuation_alone_finds_nothing(demo: Site, query: str) -> None:
    for path in ("/cards", "/groups", "/idols", "/releases"):
        assert await found(demo, path, q=query) == []


async def test_groups_idols_and_releases_are_found_by_their_own_names(demo: Site) -> None:
    assert await found(demo, "/groups", q="ㄴㅈㅅ") == ["newjeans"]
    assert await found(demo, "/idols", q="Jeongguk") == ["bts-jung-kook"]
    assert await found(demo, "/releases", q="오엠지") == ["newjeans-omg"]


async def test_a_query_and_filters_narrow_together(demo: Site) -> None:
    (group,) = (await demo.client.get(f"{API}/groups", params={"q": "뉴진스"})).json()["items"]
    codes = await found(
        demo, q="하니", group=group["id"], kind=["lucky_draw", "unit"], retailer=["M2U", "Withmuu"]
    )
    hers = {code: ALL_CARDS[code] for code in expected("하니 뉴진스")}

    assert codes == sorted(
        code
        for code, card in hers.items()
        if card["kind"] in {"lucky_draw", "unit"} and card["retailer"] in {"M2U", "Withmuu"}
    )
    assert codes


async def test_pages_of_a_search_make_up_the_whole(demo: Site) -> None:
    assert await found(demo, q="newjeans", limit=7) == expected("newjeans")


class Counter:
    """Counts the statements that the driver is given."""

    def __init__(self, driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[str] = []
        fetch = driver.fetch

        async def note(sql: str, values: Sequence[Any]) -> Any:
            self.sent.append(sql)
            return await fetch(sql, values)

        monkeypatch.setattr(driver, "fetch", note)


@pytest.mark.parametrize(
    ("path", "query", "statements"),
    [
        ("/cards", {}, 2),
        ("/cards", {"q": "new jeans"}, 2),
        ("/cards", {"q": "hanni newjeans omg a e i o u"}, 2),
        ("/cards", {"q": "hanni"}, 3),
        ("/cards", {"q": "뉴진스하니"}, 3),
        ("/cards", {"kind": ["album", "unit"], "retailer": "M2U"}, 1),
        ("/groups", {}, 1),
        ("/groups", {"q": "a"}, 1),
        ("/idols", {}, 2),
        ("/idols", {"q": "a"}, 2),
        ("/releases", {}, 1),
    ],
)
async def test_a_list_takes_as_many_statements_however_long_it_is(
    demo: Site,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    query: dict[str, Any],
    statements: int,
) -> None:
    counter = Counter(await demo.driver(), monkeypatch)
    for limit in (1, 3, 100):
        counter.sent.clear()
        answer = await demo.client.get(API + path, params={"limit": limit, **query})

        assert answer.status_code == 200
        assert len(counter.sent) == statements
