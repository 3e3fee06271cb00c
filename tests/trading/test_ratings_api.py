"""Ratings over HTTP (R1-R4)."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from tests.support.deals import Deal, a_deal, told
from tests.support.rated import DAY, a_resolved_trade, a_swap, let_pass, rate, rated, said_of, seen
from tests.support.site import Member, Site

TICK = timedelta(seconds=5)
WINDOW = 14 * DAY


@pytest.fixture
async def ann(site: Site) -> Member:
    return await site.join("ann")


@pytest.fixture
async def bea(site: Site) -> Member:
    return await site.join("bea")


@pytest.fixture
async def deal(site: Site, ann: Member, bea: Member) -> Deal:
    return await a_swap(site, ann, bea)


async def test_a_rating_is_hidden_until_both_have_rated_and_then_shown_at_once(
    ann: Member, bea: Member, deal: Deal
) -> None:
    """R3."""
    given = await rated(ann, deal, 4, tags=["talk", "packing"], comment="Sleeved.\n고마워")
    assert (given["score"], given["tags"], given["comment"]) == (
        *(4, ["packing", "talk"]),
        "Sleeved.\n고마워",
    )
    assert (given["rater_id"], given["ratee_id"]) == (str(ann.id), str(bea.id))
    assert (given["shown"], given["removed"], given["reply"]) == (False, False, None)
    assert await seen(ann, deal) == {str(ann.id): given}
    assert await seen(bea, deal) == {}
    assert await said_of(bea, to=bea) == await said_of(bea, to=ann) == []

    back = await rated(bea, deal, 2)
    assert back["shown"]
    both = {str(ann.id): given | {"shown": True}, str(bea.id): back}
    assert await seen(ann, deal) == await seen(bea, deal) == both
    (shown,) = await said_of(bea, to=ann)
    assert shown == {
        "id": given["id"],
        "rater": {"id": str(ann.id), "nickname": "ann"},
        "score": 4,
        "tags": ["packing", "talk"],
        "comment": "Sleeved.\n고마워",
        "reply": None,
        "rated_at": given["rated_at"],
    }


async def test_a_rating_is_shown_when_the_time_for_it_is_over(
    site: Site, ann: Member, bea: Member, deal: Deal
) -> None:
    """R2, R3."""
    await rated(ann, deal, 1)
    await let_pass(site, deal, WINDOW - TICK)
    assert await seen(bea, deal) == {}
    await let_pass(site, deal, 2 * TICK)
    assert [item["score"] for item in (await seen(bea, deal)).values()] == [1]
    assert [item["score"] for item in await said_of(bea, to=ann)] == [1]
    for member in (ann, bea):
        late = await rate(member, deal, 5)
        assert told(late) == (409, "rating-closed")
        assert late.json()["closed_at"].startswith("20")


async def test_until_the_last_moment_one_may_rate(
    site: Site, ann: Member, bea: Member, deal: Deal
) -> None:
    """R2."""
    await rated(ann, deal, 1)
    await let_pass(site, deal, WINDOW - TICK)
    assert (await rated(bea, deal, 5))["shown"]
    assert len(await seen(ann, deal)) == 2


async def test_a_rating_can_be_changed_until_it_is_shown_and_not_after(
    ann: Member, bea: Member, deal: Deal
) -> None:
    """R1, R3: there is one of each rater; rating again replaces it."""
    first = await rated(ann, deal, 1, tags=["talk"], comment="Late")
    second = await rated(ann, deal, 3)
    assert (second["id"], second["score"], second["tags"], second["comment"]) == (
        *(first["id"], 3, []),
        None,
    )
    assert second["rated_at"] == first["rated_at"]
    assert second["edited_at"] > first["edited_at"]
    await rated(bea, deal)
    for member in (ann, bea):
        assert told(await rate(member, deal, 5)) == (409, "rating-shown")
    assert (await seen(bea, deal))[str(ann.id)]["score"] == 3


async def test_the_ratee_replies_once(ann: Member, bea: Member, deal: Deal) -> None:
    """R3."""
    rating = await rated(ann, deal, 1)
    path = f"{deal.path}/ratings/{rating['id']}/reply"
    assert told(await bea.post(path, {"text": "No"})) == (404, "not-found"), "it is hidden yet"
    await rated(bea, deal)
    assert told(await ann.post(path, {"text": "No"})) == (404, "not-found"), "it is not of her"
    refused = await bea.post(path, {"text": "write to bea@mail.example"})
    assert told(refused) == (422, "contact-data")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/text"]
    answer = await bea.post(path, {"text": "포" * 500})
    assert (answer.status_code, answer.json()["reply"]) == (200, "포" * 500)
    assert told(await bea.post(path, {"text": "Again"})) == (409, "already-replied")
    assert [item["reply"] for item in await said_of(bea, to=ann)] == ["포" * 500]


async def test_a_reply_goes_to_a_rating_of_this_trade(
    site: Site, ann: Member, bea: Member, deal: Deal
) -> None:
    other = await a_swap(site, ann, bea)
    rating = await rated(ann, deal)
    await rated(bea, deal)
    for path in (f"{other.path}/ratings/{rating['id']}", f"{deal.path}/ratings/{uuid7()}"):
        assert told(await bea.post(f"{path}/reply", {"text": "Hi"})) == (404, "not-found")


async def test_only_trades_that_are_over_are_rated(site: Site, ann: Member, bea: Member) -> None:
    """R1."""
    steps: list[Callable[[Deal], Awaitable[object]]] = [
        Deal.accept,
        lambda deal: deal.confirm(ann),
        lambda deal: deal.confirm(bea),
    ]
    deal = await a_deal(site, author=ann, other=bea)
    for step in steps:
        for member in (ann, bea):
            refused = await rate(member, deal)
            assert told(refused) == (409, "nothing-to-rate")
            assert refused.json()["state"] == await deal.state()
        await step(deal)
    assert (await rate(ann, deal)).status_code == 201
    for end in (Deal.withdraw, Deal.reject):
        ended = await a_deal(site, author=ann, other=bea)
        await end(ended)
        assert told(await rate(ann, ended)) == (409, "nothing-to-rate")
    cancelled = await a_deal(site, author=ann, other=bea)
    await cancelled.accept()
    await ann.post(f"{cancelled.path}/cancel")
    assert told(await rate(bea, cancelled)) == (409, "nothing-to-rate")


RATED, GUILTY, NOTHING = (201, None), (403, "fault-forbids-rating"), (409, "nothing-to-rate")


@pytest.mark.parametrize(
    ("at_fault", "of_ann", "of_bea"),
    [
        ("", NOTHING, NOTHING),
        ("a", GUILTY, RATED),
        ("b", RATED, GUILTY),
        ("ab", GUILTY, GUILTY),
    ],
)
async def test_of_a_resolved_trade_only_who_is_without_fault_rates(
    site: Site,
    ann: Member,
    bea: Member,
    at_fault: str,
    of_ann: tuple[int, str | None],
    of_bea: tuple[int, str | None],
) -> None:
    """R1."""
    guilty = [{"a": ann, "b": bea}[letter] for letter in at_fault]
    deal = await a_resolved_trade(site, ann, bea, *guilty)
    assert told(await rate(ann, deal)) == of_ann
    assert told(await rate(bea, deal)) == of_bea


async def test_a_stranger_neither_rates_nor_reads(site: Site, ann: Member, deal: Deal) -> None:
    eve = await site.join("eve")
    await rated(ann, deal)
    assert told(await rate(eve, deal)) == (404, "not-found")
    assert told(await eve.get(f"{deal.path}/ratings")) == (404, "not-found")


async def test_one_rates_ones_partner_and_nobody_else(
    site: Site, ann: Member, bea: Member, deal: Deal
) -> None:
    """R1."""
    eve = await site.join("eve")
    for ratee in (eve.id, ann.id, uuid7()):
        refused = await rate(ann, deal, ratee_id=str(ratee))
        assert told(refused) == (404, "not-found")
        assert [error["pointer"] for error in refused.json()["errors"]] == ["/ratee_id"]
    assert (await rated(ann, deal, ratee_id=str(bea.id)))["ratee_id"] == str(bea.id)


async def test_a_rating_is_from_one_to_five_with_a_short_comment(ann: Member, deal: Deal) -> None:
    """R2."""
    for body in (
        {},
        {"score": 0},
        {"score": 6},
        {"score": 4.5},
        {"score": "5"},
        {"score": None},
        {"score": 5, "tags": ["rude"]},
        {"score": 5, "tags": None},
        {"score": 5, "tags": ["talk", "talk"]},
        {"score": 5, "comment": ""},
        {"score": 5, "comment": "x" * 501},
        {"score": 5, "comment": "nul \0"},
        {"score": 5, "stars": 5},
    ):
        answer = await ann.post(f"{deal.path}/ratings", body)
        assert told(answer) == (422, "validation-failed"), body
    refused = await rate(ann, deal, comment="call +886 912 345 678")
    assert told(refused) == (422, "contact-data")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/comment"]
    assert await seen(ann, deal) == {}
    assert (await rated(ann, deal, comment="포" * 500))["comment"] == "포" * 500


async def test_a_block_takes_nobodys_word_away_but_the_link(
    site: Site, ann: Member, bea: Member, deal: Deal
) -> None:
    """R4."""
    eve = await site.join("eve")
    await bea.block(ann)
    await rated(ann, deal, 1, comment="Never came")
    await rated(bea, deal, 5)
    (shown,) = await said_of(bea, to=eve)
    assert (shown["rater"], shown["comment"]) == (None, "Never came")
    (shown,) = await said_of(ann, to=eve)
    assert (shown["rater"], shown["score"]) == (None, 5)
    assert (await seen(ann, deal)).keys() == {str(ann.id), str(bea.id)}
    assert told(await ann.get(f"/members/{bea.id}/ratings")) == (404, "not-found")


async def test_a_rater_whom_the_reader_does_not_see_is_not_named(
    site: Site, ann: Member, bea: Member, deal: Deal
) -> None:
    """BL2."""
    eve, dan = await site.join("eve"), await site.join("dan")
    await rated(ann, deal)
    await rated(bea, deal)
    await ann.block(eve)
    assert [item["rater"] for item in await said_of(bea, to=eve)] == [None]
    assert [item["rater"]["nickname"] for item in await said_of(bea, to=dan)] == ["ann"]


async def test_ratings_of_a_member_come_page_by_page_the_newest_first(
    site: Site, ann: Member, bea: Member
) -> None:
    for score in (1, 2, 3):
        deal = await a_swap(site, ann, bea)
        await rated(ann, deal, score)
        await rated(bea, deal, 5)
    path = f"/members/{bea.id}/ratings"
    first = (await ann.get(path, limit=2)).json()
    assert [item["score"] for item in first["items"]] == [3, 2]
    rest = (await ann.get(path, limit=2, cursor=first["next_cursor"])).json()
    assert ([item["score"] for item in rest["items"]], rest["next_cursor"]) == ([1], None)


async def test_the_schema_keeps_one_rating_of_a_pair_and_none_after_its_time(
    site: Site, ann: Member, deal: Deal
) -> None:
    """R1, R3: what the code might forget."""
    await rated(ann, deal)
    twin = (
        "INSERT INTO ratings (id, trade_id, rater_id, ratee_id, score, tags, rated_at, edited_at,"
        " closes_at) SELECT trade_id, trade_id, rater_id, ratee_id, score, tags, rated_at,"
        " edited_at, closes_at FROM ratings"
    )
    late = "UPDATE ratings SET edited_at = closes_at, closes_at = edited_at"
    for fault in (twin, "UPDATE ratings SET score = 6", late):
        with pytest.raises(IntegrityError):
            await site.run(fault)
