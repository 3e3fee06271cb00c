"""A moderator takes a rating out of sight; its row, and who decided it, stay (R7)."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select
from uuid_utils.compat import uuid7

from apps.identity.contract import UserNotFound
from apps.shared.domain.ids import MemberId
from apps.trading.application.count_ratings import CountRatings
from apps.trading.application.rate_trade import HideRating
from apps.trading.domain.moderator import ModeratorsOnly, OwnCase
from apps.trading.domain.rating import RatingId, RatingNotFound
from apps.trading.infrastructure.ratings import RatingModel
from tests.support.authenticators import employ
from tests.support.databases import migrate
from tests.support.deals import Deal, told
from tests.support.rated import a_swap, rated, said_of, seen
from tests.support.served import environment, run
from tests.support.site import Member, Site


@pytest.fixture
async def ann(site: Site) -> Member:
    return await site.join("ann")


@pytest.fixture
async def bea(site: Site) -> Member:
    return await site.join("bea")


@pytest.fixture
async def deal(site: Site, ann: Member, bea: Member) -> Deal:
    """Ann has found Bea wanting."""
    deal = await a_swap(site, ann, bea)
    await rated(ann, deal, 1, comment="a slur", tags=["talk"])
    await rated(bea, deal, 5)
    return deal


async def a_moderator(site: Site) -> Member:
    moderator = await site.join("mod")
    await promote(moderator)
    return moderator


async def promote(member: Member, role: str = "moderator") -> None:
    await employ(member, role)


async def the_rating_of(site: Site, rater: Member) -> RatingModel:
    (row,) = await site.ask(select(RatingModel).where(RatingModel.rater_id == rater.id))
    assert isinstance(row, RatingModel)
    return row


async def test_what_is_hidden_is_neither_shown_nor_counted_but_kept(
    site: Site, ann: Member, bea: Member, deal: Deal
) -> None:
    moderator, row = await a_moderator(site), await the_rating_of(site, ann)
    for _ in range(2):
        swap = await a_swap(site, ann, bea)
        await rated(ann, swap, 5)
        await rated(bea, swap, 5)
    path = f"/members/{bea.id}/reputation"
    await (await site.port(CountRatings))()
    assert (await ann.get(path)).json()["ratings"] == 3
    hide = await site.port(HideRating)
    await hide(row.id, by=moderator.id, reason="insulting")
    await hide(row.id, by=moderator.id, reason="again")
    await (await site.port(CountRatings))()
    assert [item["score"] for item in await said_of(bea, to=ann)] == [5, 5]
    shown = (await ann.get(path)).json()
    assert (shown["ratings"], shown["score"]) == (2, 5)
    for party in (ann, bea):
        left = (await seen(party, deal))[str(ann.id)]
        assert (left["removed"], left["comment"], left["tags"]) == (True, None, [])
    (kept,) = await site.ask(select(RatingModel).where(RatingModel.id == row.id))
    assert (kept.comment, kept.hidden_by, kept.hidden_because) == (
        *("a slur", moderator.id),
        "insulting",
    )
    reply = await bea.post(f"{deal.path}/ratings/{row.id}/reply", {"text": "No"})
    assert told(reply) == (404, "not-found")


async def test_only_a_moderator_hides(site: Site, ann: Member, bea: Member, deal: Deal) -> None:
    row, hide = await the_rating_of(site, ann), await site.port(HideRating)
    with pytest.raises(ModeratorsOnly):
        await hide(row.id, by=bea.id, reason="unkind")
    with pytest.raises(UserNotFound):
        await hide(row.id, by=MemberId(uuid7()), reason="unkind")
    with pytest.raises(RatingNotFound):
        await hide(RatingId(uuid7()), by=(await a_moderator(site)).id, reason="unkind")
    assert not (await seen(bea, deal))[str(ann.id)]["removed"]


@pytest.mark.parametrize("role", ["moderator", "admin"])
async def test_nobody_hides_what_is_said_in_their_own_trades(
    site: Site, ann: Member, bea: Member, deal: Deal, role: str
) -> None:
    """Neither what is said of themselves, nor what they have said of the other."""
    hide = await site.port(HideRating)
    await promote(bea, role)
    for rater in (ann, bea):
        row = await the_rating_of(site, rater)
        with pytest.raises(OwnCase):
            await hide(row.id, by=bea.id, reason="unkind")
        assert not (await seen(ann, deal))[str(rater.id)]["removed"]


def test_the_command_hides_and_reminds(empty_url: str, tmp_path: Path, keys: Path) -> None:
    migrate(empty_url)
    env = environment(empty_url, tmp_path)

    async def prepare() -> tuple[str, str]:
        async with Site(empty_url, keys) as site:
            ann, bea = await site.join("ann"), await site.join("bea")
            deal = await a_swap(site, ann, bea)
            rating = await rated(ann, deal, 1)
            return rating["id"], str((await a_moderator(site)).id)

    rating, moderator = asyncio.run(prepare())
    words = "--reason insulting --by"
    hidden = run(f"kcs ratings hide {rating} {words} {moderator}", env)
    assert (hidden.returncode, hidden.stdout) == (0, "It is hidden.\n"), hidden.stderr
    unknown = run(f"kcs ratings hide {moderator} {words} {moderator}", env)
    assert (unknown.returncode, unknown.stderr) == (1, f"{RatingNotFound()}\n")
    reminded = run("kcs ratings remind", env)
    assert (reminded.returncode, reminded.stdout) == (0, "0 reminders sent.\n"), reminded.stderr
