"""The catalogue over HTTP: open to everybody, strict with what is asked."""

from typing import Any
from uuid import UUID

import pytest
from httpx import Response
from uuid_utils.compat import uuid7

from apps.catalogue.contract import CardId, Catalogue
from tests.catalogue.demo import fill, found
from tests.support.site import API, Site

LISTS = ("/groups", "/idols", "/releases", "/cards")


@pytest.fixture
async def small(site: Site) -> Site:
    await fill(site)
    return site


async def get(site: Site, path: str, **query: Any) -> Response:
    return await site.client.get(API + path, params=query)


async def first(site: Site, path: str, **query: Any) -> dict[str, Any]:
    item: dict[str, Any] = (await get(site, path, **query)).json()["items"][0]
    return item


async def test_a_card_tells_all_that_tells_it_from_others(small: Site) -> None:
    card = await first(small, "/cards", q="soundwave")
    ids = {card["id"], card["group"].pop("id"), card["release"].pop("id")}
    ids |= {idol.pop("id") for idol in card["idols"]}

    assert {UUID(id).version for id in ids} == {7}
    assert len(ids) == 4
    assert card == {
        "id": card["id"],
        "code": "omg-minji-ld",
        "group": {"name": "NewJeans"},
        "idols": [{"name": "Minji"}],
        "release": {"title": "OMG"},
        "kind": "lucky_draw",
        "retailer": "Soundwave",
        "version": "A ver.",
        "number": "2",
        "image_url": None,
    }


async def test_a_card_names_its_idols_in_their_order(small: Site) -> None:
    card = await first(small, "/cards", kind="unit")

    assert [idol["name"] for idol in card["idols"]] == ["Hanni", "Minji"]
    assert (card["retailer"], card["version"], card["number"]) == (None, None, None)


async def test_groups_idols_and_releases_tell_their_names(small: Site) -> None:
    group = await first(small, "/groups", q="뉴진스")
    idol = await first(small, "/idols", q="하니")
    release = await first(small, "/releases")
    ref = {"id": group["id"], "name": "NewJeans"}

    assert group == {"id": group["id"], "code": "newjeans", "name": "NewJeans", "names": ["뉴진스"]}
    assert idol == {
        "id": idol["id"],
        "code": "hanni",
        "name": "Hanni",
        "names": ["하니", "ハニ"],
        "memberships": [{"group": ref, "joined_on": "2022-07-22", "left_on": None}],
    }
    assert release == {
        "id": release["id"],
        "code": "omg",
        "group": ref,
        "title": "OMG",
        "released_on": "2023-01-02",
        "names": ["오엠지"],
    }


@pytest.mark.parametrize("path", LISTS)
async def test_one_alone_is_what_it_is_in_its_list(small: Site, path: str) -> None:
    item = await first(small, path)
    answer = await get(small, f"{path}/{item['id']}")

    assert (answer.status_code, answer.json()) == (200, item)


@pytest.mark.parametrize("path", LISTS)
async def test_an_unknown_id_is_not_found(small: Site, path: str) -> None:
    answer = await get(small, f"{path}/{uuid7()}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        *[(f"{path}/nonsense", {}, 422, "validation-failed") for path in LISTS],
        *[(f"{path}/%00", {}, 422, "validation-failed") for path in LISTS],
        *[(path, {"q": "a\x00b"}, 422, "validation-failed") for path in LISTS],
        *[(path, {"q": "a\nb"}, 422, "validation-failed") for path in LISTS],
        *[(path, {"q": ""}, 422, "validation-failed") for path in LISTS],
        *[(path, {"q": "가" * 101}, 422, "validation-failed") for path in LISTS],
        *[(path, {"limit": 0}, 422, "validation-failed") for path in LISTS],
        *[(path, {"limit": 101}, 422, "validation-failed") for path in LISTS],
        *[(path, {"limit": "many"}, 422, "validation-failed") for path in LISTS],
        *[(path, {"cursor": "forged"}, 400, "cursor-mismatch") for path in LISTS],
        *[(path, {"query": "hanni"}, 400, "unknown-parameter") for path in LISTS],
        *[(path, {"offset": 5}, 400, "unknown-parameter") for path in LISTS],
        ("/groups", {"group": str(uuid7())}, 400, "unknown-parameter"),
        ("/idols", {"group": "newjeans"}, 422, "validation-failed"),
        ("/releases", {"group": "newjeans"}, 422, "validation-failed"),
        ("/releases", {"idol": str(uuid7())}, 400, "unknown-parameter"),
        ("/cards", {"group": "newjeans"}, 422, "validation-failed"),
        ("/cards", {"group": [str(uuid7()), ""]}, 422, "validation-failed"),
        ("/cards", {"idol": "\x00"}, 422, "validation-failed"),
        ("/cards", {"release": "1"}, 422, "validation-failed"),
        ("/cards", {"release": [str(uuid7())] * 101}, 422, "validation-failed"),
        ("/cards", {"kind": "albun"}, 422, "validation-failed"),
        ("/cards", {"kind": "ALBUM"}, 422, "validation-failed"),
        ("/cards", {"retailer": "M2U\x00"}, 422, "validation-failed"),
        ("/cards", {"retailer": "M" * 81}, 422, "validation-failed"),
        ("/cards", {"retailer": ""}, 422, "validation-failed"),
        ("/cards", {"kinds": "album"}, 400, "unknown-parameter"),
    ],
)
async def test_what_cannot_be_asked_is_refused(
    sqlite_site: Site, path: str, query: dict[str, Any], status: int, code: str
) -> None:
    answer = await get(sqlite_site, path, **query)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_all_but_cards_is_only_read(sqlite_site: Site, method: str) -> None:
    for path in ("/groups", "/idols", "/releases"):
        answer = await sqlite_site.client.request(method, f"{API}{path}")

        assert answer.status_code == 405


async def test_filters_narrow_together_and_widen_alone(small: Site) -> None:
    newjeans, ive = [(await first(small, "/groups", q=name))["id"] for name in ("newjeans", "ive")]
    hanni, minji = [(await first(small, "/idols", q=name))["id"] for name in ("hanni", "minji")]
    omg = (await first(small, "/releases"))["id"]
    everything = ["omg-both", "omg-hanni", "omg-minji-ld"]

    assert await found(small, group=newjeans, release=omg) == everything
    assert await found(small, group=ive) == []
    assert await found(small, group=[ive, newjeans]) == everything
    assert await found(small, idol=hanni) == ["omg-both", "omg-hanni"]
    assert await found(small, idol=[hanni, minji]) == everything
    assert await found(small, idol=minji, kind="unit") == ["omg-both"]
    assert await found(small, kind=["unit", "album"]) == ["omg-both", "omg-hanni"]
    assert await found(small, retailer=["M2U", "Soundwave"]) == ["omg-minji-ld"]
    assert await found(small, retailer="soundwave") == []
    assert await found(small, release=str(uuid7())) == []
    assert await found(small, q="하니", kind="album", release=omg) == ["omg-hanni"]
    assert await found(small, "/idols", group=[newjeans, ive]) == ["hanni"]
    assert await found(small, "/idols", group=ive) == []
    assert await found(small, "/releases", group=newjeans, q="omg") == ["omg"]
    assert await found(small, "/releases", group=ive) == []


@pytest.mark.parametrize("path", LISTS)
async def test_pages_follow_each_other_in_the_order_of_codes(small: Site, path: str) -> None:
    whole = await found(small, path)

    assert whole == sorted(whole)
    assert await found(small, path, limit=1) == whole


async def test_a_cursor_fits_only_the_query_it_came_from(small: Site) -> None:
    cursor = (await get(small, "/cards", q="omg", limit=1)).json()["next_cursor"]
    other = await get(small, "/cards", q="hanni", limit=1, cursor=cursor)

    assert (await get(small, "/cards", q="omg", limit=2, cursor=cursor)).status_code == 200
    assert (other.status_code, other.json()["code"]) == (400, "cursor-mismatch")


async def test_other_contexts_learn_of_cards_by_id(small: Site) -> None:
    shown = {item["id"]: item for item in (await get(small, "/cards")).json()["items"]}
    catalogue = await small.port(Catalogue)  # type: ignore[type-abstract]
    cards = await catalogue.cards([*(CardId(UUID(id)) for id in shown), CardId(uuid7())])

    assert {str(id): card.code for id, card in cards.items()} == {
        id: item["code"] for id, item in shown.items()
    }
    assert [idol.name for card in cards.values() if card.kind == "unit" for idol in card.idols] == [
        "Hanni",
        "Minji",
    ]


async def test_nothing_is_asked_of_no_cards_and_two_things_of_many(
    small: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [CardId(UUID(item["id"])) for item in (await get(small, "/cards")).json()["items"]]
    catalogue = await small.port(Catalogue)  # type: ignore[type-abstract]
    driver, sent = await small.driver(), []
    fetch = driver.fetch

    async def note(sql: str, values: Any) -> Any:
        sent.append(sql)
        return await fetch(sql, values)

    monkeypatch.setattr(driver, "fetch", note)

    assert (await catalogue.cards([]), len(sent)) == ({}, 0)
    assert (len(await catalogue.cards(ids[:1])), len(sent)) == (1, 2)
    assert (len(await catalogue.cards([*ids, *ids])), len(sent)) == (3, 4)
