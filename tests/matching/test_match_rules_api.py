"""Who is led to whom, and what is left out, over HTTP."""

from dataclasses import replace

from sqlalchemy import update

from apps.identity.infrastructure.models import UserModel
from apps.matching.application.find_matches import Breadth, FindMatches
from tests.support.deals import a_deal
from tests.support.levels import raise_to
from tests.support.site import Member, Site
from tests.support.suggested import a_market, circle, given, left_out, listed, matches, want


async def a_pair(site: Site) -> tuple[Member, Member]:
    ann, bea = await a_market(site)
    assert len(await matches(ann)) == 1, "so that a rule can be seen to leave it out"
    return ann, bea


async def live_in(region: str | None, *members: Member) -> None:
    for member in members:
        assert (await member.patch("/me", {"region": region})).status_code == 200


async def refuse_proposals(member: Member) -> None:
    answer = await member.patch("/me", {"privacy": {"accepts_proposals": False}})
    assert answer.status_code == 200, answer.text


async def test_a_block_hides_either_from_the_other_and_nothing_tells_of_it(site: Site) -> None:
    ann, bea = await a_pair(site)
    await bea.block(ann)
    for member in (ann, bea):
        assert await listed(member) == {"items": [], "next_cursor": None, "left_out": []}


async def test_no_two_in_a_ring_have_blocked_each_other(site: Site) -> None:
    ann, bea, eve, dan = await a_market(site, size=4)
    await dan.block(bea)
    for member in (ann, bea, eve, dan):
        assert await listed(member) == {"items": [], "next_cursor": None, "left_out": []}


async def test_who_is_suspended_is_in_no_match(site: Site) -> None:
    ann, bea = await a_pair(site)
    await site.change(update(UserModel).where(UserModel.id == bea.id).values(status="suspended"))
    assert await listed(ann) == {"items": [], "next_cursor": None, "left_out": []}


async def test_who_is_suspended_takes_nobodys_place(site: Site) -> None:
    """However few are looked at: of these two one, who is the later one as long as they may be."""
    ann, bea = await a_pair(site)
    eve = await site.join("eve")
    await raise_to(1, eve)
    (copy,) = (await bea.get("/me/copies")).json()["items"]
    (wish,) = (await bea.get("/me/wants")).json()["items"]
    await eve.hold(copy["card"]["id"])
    await want(eve, wish["cards"][0]["id"])
    find = replace(await site.port(FindMatches), breadth=Breadth(members=1, asked=1))
    assert [match.circle for match in (await find(ann.id)).matches] == [(ann.id, eve.id)]
    await site.change(update(UserModel).where(UserModel.id == eve.id).values(status="suspended"))
    assert [match.circle for match in (await find(ann.id)).matches] == [(ann.id, bea.id)]


async def test_what_is_promised_is_in_no_match(site: Site) -> None:
    ann, bea = await a_pair(site)
    eve = await site.join("eve")
    (copy,) = (await bea.get("/me/copies")).json()["items"]
    deal = await a_deal(site, author=bea, other=eve, give=[copy["id"]])
    assert not await matches(ann)
    assert await left_out(bea) == {"promised": 1}
    assert await left_out(ann) == {}, "whether others have promised something is theirs to know"
    assert (await deal.withdraw()).status_code == 200
    assert len(await matches(ann)) == 1, "it is free again"


async def test_a_want_that_is_full_counts_no_more(site: Site) -> None:
    ann, bea = await a_pair(site)
    eve = await site.join("eve")
    (listed_by_ann,) = (await ann.get("/me/copies")).json()["items"]
    twin = await eve.hold(listed_by_ann["card"]["id"])
    assert (await (await a_deal(site, author=eve, other=bea, give=[twin])).accept()).is_success
    assert not await matches(ann)
    assert await left_out(ann) == {"want_full": 1}


async def test_a_closed_want_counts_no_more(site: Site) -> None:
    ann, bea = await a_pair(site)
    (group,) = (await bea.get("/me/wants")).json()["items"]
    assert (await bea.delete(f"/me/wants/{group['id']}")).status_code == 204
    assert not await matches(ann)


async def test_a_copy_is_as_good_as_its_receiver_asks(site: Site) -> None:
    ann, bea = await a_pair(site)
    (group,) = (await bea.get("/me/wants")).json()["items"]
    (copy,) = (await ann.get("/me/copies")).json()["items"]
    for condition, minimum, fits in (
        ("light", "near_mint", False),
        ("light", "light", True),
        ("marked", "light", False),
        ("marked", None, True),
    ):
        await ann.patch(f"/me/copies/{copy['id']}", {"condition": condition})
        await bea.patch(f"/me/wants/{group['id']}", {"min_condition": minimum})
        assert len(await matches(ann)) == fits
        assert await left_out(ann) == ({} if fits else {"min_condition": 1})


async def test_nobody_receives_a_card_that_they_list(site: Site) -> None:
    ann, bea = await a_pair(site)
    (copy,) = (await ann.get("/me/copies")).json()["items"]
    kept = await bea.hold(copy["card"]["id"], for_trade=False)
    assert len(await matches(ann)) == 1
    await bea.patch(f"/me/copies/{kept}", {"for_trade": True})
    assert not await matches(ann)


async def test_who_takes_no_proposals_gets_none_but_may_make_some(site: Site) -> None:
    ann, bea = await a_pair(site)
    await refuse_proposals(bea)
    assert not await matches(ann)
    assert await left_out(ann) == {"proposals_not_accepted": 1}
    assert len(await matches(bea)) == 1


async def test_nobody_is_led_to_who_leaves_three_proposals_unanswered(site: Site) -> None:
    ann, bea = await a_pair(site)
    asked = await bea.hold()
    for number in range(3):
        assert len(await matches(ann)) == 1
        rival = await site.join(f"rival-{number}")
        await a_deal(site, author=rival, other=bea, take=[asked])
    assert not await matches(ann)
    assert await left_out(ann) == {"unanswered_proposals": 1}
    assert len(await matches(bea)) == 1


async def test_two_with_as_many_trades_as_they_may_have_are_not_led_to_each_other(
    site: Site,
) -> None:
    ann, bea = await a_pair(site)
    for _ in range(3):
        assert (await (await a_deal(site, author=ann, other=bea)).accept()).is_success
    assert not await matches(ann)
    assert (await left_out(ann))["live_trades_per_pair"] == 1


async def test_who_lives_apart_needs_the_mail_and_so_a_confirmed_address(site: Site) -> None:
    ann, bea = await a_pair(site)
    for regions, methods in (
        (("TW-TPE", "TW-TPE"), ["in_person", "mail"]),
        (("TW-TPE", None), ["in_person", "mail"]),
        (("TW-TPE", "KR-11"), ["mail"]),
    ):
        for member, region in zip((ann, bea), regions, strict=True):
            await live_in(region, member)
        (match,) = await matches(ann)
        assert match["methods"] == methods
        near = "same_region" in [reason["code"] for reason in match["reasons"]]
        assert near == (regions[0] == regions[1])
    gone = update(UserModel).where(UserModel.id == bea.id).values(email_verified_at=None)
    await site.change(gone)
    assert not await matches(ann)
    assert (await left_out(ann))["no_common_method"] == 1


async def test_rings_are_for_members_of_level_1_with_a_confirmed_address(site: Site) -> None:
    ann, bea, eve = await a_market(site, size=3)
    await raise_to(0, eve)
    assert [await matches(each) for each in (ann, bea, eve)] == [[], [], []]
    await raise_to(1, eve)
    assert len(await matches(ann)) == 1
    address = update(UserModel).where(UserModel.id == bea.id).values(email_verified_at=None)
    await site.change(address)
    assert [await matches(each) for each in (ann, bea, eve)] == [[], [], []]


async def test_each_gives_as_many_copies_as_the_other_and_newcomers_three(site: Site) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    cards = await site.some_cards(11)
    for card in cards[:5]:
        await ann.hold(card)
    for card in cards[5:]:
        await bea.hold(card)
    await want(ann, *cards[5:], count=6)
    await want(bea, *cards[:5], count=5)

    async def sides() -> list[int]:
        (match,) = await matches(ann)
        return [len(copies) for copies in given(match).values()]

    assert await sides() == [3, 3]
    await raise_to(1, ann, bea)
    assert await sides() == [5, 5]


async def test_a_want_is_filled_once_however_many_groups_name_its_card(site: Site) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    one, two, three, four = await site.some_cards(4)
    copies = [await ann.hold(card) for card in (one, one, two)]
    await bea.hold(three), await bea.hold(four)
    await want(ann, three), await want(ann, four)
    await want(bea, one, two, count=1, rank=4)
    first = await want(bea, one, rank=2)
    (match,) = await matches(bea)
    assert given(match)["ann"] == [str(copies[0])]
    assert [(gain["want_group_id"], gain["rank"]) for gain in match["gains"]] == [(first, 2)]


async def test_the_best_comes_first_and_pages_follow_each_other(site: Site) -> None:
    """More wants, then what is wanted more, then near, then trusted, then the smaller id."""
    ann = await site.join("ann")
    mine, others = await site.some_cards(8), await site.some_cards(8)
    given_away, *wanted = mine
    del others
    await ann.hold(given_away), await ann.hold(given_away)
    await want(ann, wanted[0], rank=1), await want(ann, wanted[1], rank=3)
    await want(ann, wanted[2], wanted[3], wanted[4], count=3, rank=5)
    holds = {
        "last": [wanted[4]],
        "id": [wanted[4]],
        "trusted": [wanted[4]],
        "near": [wanted[4]],
        "third": [wanted[1]],
        "first": [wanted[0]],
        "two": [wanted[2], wanted[3]],
    }
    members = {name: await site.join(name) for name in reversed(holds)}
    members |= {"id": members["last"], "last": members["id"]}  # the later one comes last
    for name, cards in holds.items():
        for card in cards:
            await members[name].hold(card)
        await want(members[name], given_away, count=2)
    await live_in("TW-TPE", ann, members["near"])
    await raise_to(1, members["trusted"])
    best = [members[name].nickname for name in ("two", "first", "third", "near", "trusted")]
    found = await matches(ann)
    assert [circle(match)[1] for match in found][:5] == best
    ids = [match["parties"][1]["member_id"] for match in found][5:]
    assert len(ids) == 2
    assert ids == sorted(ids)
    scores = [match["score"] for match in found]
    assert scores == sorted(scores, reverse=True)
    pages: list[int] = []
    cursor = None
    while True:
        more: dict[str, str] = {"cursor": cursor} if cursor else {}
        page = await listed(ann, limit=3, **more)
        pages.append(len(page["items"]))
        cursor = page["next_cursor"]
        if cursor is None:
            break
        assert page["items"] == found[sum(pages) - 3 : sum(pages)]
    assert pages == [3, 3, 1]
