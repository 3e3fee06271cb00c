"""Ratings for group orders, over HTTP (G13)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock
from uuid import UUID

import pytest
from httpx import Response
from sqlalchemy import select, update
from typer.testing import CliRunner
from uuid_utils.compat import uuid7

from apps.group_orders.application.rate_order import HideOrderRating
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.group_orders.infrastructure.order_ratings import OrderRatingModel
from apps.group_orders.presentation.command import commands
from apps.identity.contract import ModeratorsOnly
from apps.trading.contract import OwnCase, RatingId
from tests.group_orders.handing_over import a_moderator, join, somebody
from tests.group_orders.orders import an_order
from tests.group_orders.rows import served
from tests.support.deals import told
from tests.support.site import Member, Site
from tests.support.weakening import an_unguarded_site

ROUNDS = 5


@dataclass
class Over:
    """An order that is over, who organised it, and two who have joined it."""

    order: str
    olga: Member
    ann: Member
    bea: Member

    @property
    def path(self) -> str:
        return f"/group-orders/{self.order}/ratings"

    async def rate(self, by: Member, score: int = 4, **more: Any) -> Response:
        return await by.post(self.path, {"score": score} | more)

    async def rated(self, by: Member, score: int = 4, **more: Any) -> str:
        answer = await self.rate(by, score, **more)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def seen(self, by: Member) -> list[tuple[int, bool]]:
        """The scores that this member sees, and whether others see them, too."""
        items = (await by.get(self.path)).json()["items"]
        return [(each["score"], each["shown"]) for each in items]

    async def both(self) -> str:
        """Ann and Olga have rated each other; the id of what Ann said."""
        id = await self.rated(self.ann, 5, comment="Well packed", tags=["packing"])
        await self.rated(self.olga, 2, ratee_id=str(self.ann.id), tags=["punctual"])
        return id


async def end(site: Site, order: str, state: str = "closed", **ago: float) -> None:
    at = (await site.clock()).now() - timedelta(**ago)
    row = update(GroupOrderModel).where(GroupOrderModel.id == UUID(order))
    await site.change(row.values(state=state, ended_at=at))


async def over(site: Site, state: str = "closed", **ago: float) -> Over:
    olga, ann, bea = await somebody(site), await somebody(site, 1), await somebody(site, 1)
    order = await an_order(olga)
    await served(order, ann, bea)
    await end(site, order, state, **ago)
    return Over(order, olga, ann, bea)


@pytest.mark.parametrize("state", ["closed", "failed"])
async def test_a_joiner_rates_the_organiser_once(site: Site, state: str) -> None:
    scene = await over(site, state)
    first = await scene.rate(scene.ann, 1, comment="Late", tags=["talk", "packing"])
    assert first.status_code == 201, first.text
    given = first.json()
    assert given["ratee_id"] == str(scene.olga.id)
    assert given["rater"] == {"id": str(scene.ann.id), "nickname": scene.ann.nickname}
    assert (given["tags"], given["shown"], given["removed"]) == (["packing", "talk"], False, False)
    again = await scene.rate(scene.ann, 3, ratee_id=str(scene.olga.id))
    assert (again.json()["id"], again.json()["score"], again.json()["comment"]) == (
        *(given["id"], 3),
        None,
    )
    assert await site.ask(select(OrderRatingModel.score)) == [3]


async def test_neither_reads_the_other_before_both_have_rated(site: Site) -> None:
    scene, eve = await over(site), await somebody(site, 1)
    await scene.rated(scene.ann, 5)
    assert await scene.seen(scene.ann) == [(5, False)]
    for other in (scene.olga, scene.bea, eve):
        assert await scene.seen(other) == []
    await scene.rated(scene.olga, 2, ratee_id=str(scene.ann.id))
    assert await scene.seen(scene.ann) == await scene.seen(scene.olga) == [(5, True), (2, True)]
    for other in (scene.bea, eve):
        assert await scene.seen(other) == [(5, True)], "how a joiner pays is not for all"
    assert told(await scene.rate(scene.ann, 1)) == (409, "rating-shown")


async def test_staff_see_how_joiners_pay(site: Site) -> None:
    scene = await over(site)
    await scene.both()
    assert await scene.seen(await a_moderator(site)) == [(5, True), (2, True)]


async def test_joiners_are_rated_on_punctuality_only(site: Site) -> None:
    scene = await over(site)
    ann: dict[str, Any] = {"ratee_id": str(scene.ann.id)}
    wrong: list[dict[str, Any]] = [{"comment": "Slow"}, {"tags": ["punctual", "talk"]}]
    for words in wrong:
        assert told(await scene.rate(scene.olga, **ann, **words)) == (422, "punctuality-only")
    assert (await scene.rate(scene.olga, **ann, tags=["punctual"])).status_code == 201
    assert told(await scene.rate(scene.olga)) == (422, "joiner-not-named")


async def test_only_those_two_sides_rate_each_other(site: Site) -> None:
    scene, eve = await over(site), await somebody(site, 1)
    assert told(await scene.rate(eve)) == (403, "joiners-only")
    assert told(await scene.rate(await a_moderator(site))) == (403, "joiners-only")
    for by, ratee in ((scene.ann, scene.bea), (scene.olga, eve), (scene.olga, scene.olga)):
        answer = await scene.rate(by, ratee_id=str(ratee.id))
        assert told(answer) == (404, "not-found")
        assert answer.json()["errors"][0]["pointer"] == "/ratee_id"


async def test_who_had_nothing_of_it_has_nothing_to_rate(site: Site) -> None:
    scene, eve = await over(site), await somebody(site, 1)
    await join(scene.order, eve)
    assert told(await scene.rate(eve)) == (403, "nothing-received")
    assert told(await scene.rate(scene.olga, ratee_id=str(eve.id))) == (404, "not-found")
    ended = "UPDATE order_allocations SET ended_at = allocated_at, end_reason ="
    await site.run(f"{ended} 'withdrawn'")
    assert told(await scene.rate(scene.ann)) == (403, "nothing-received")
    await site.run(f"{ended} 'reclaimed'")
    paid_late = await scene.rate(scene.olga, 1, ratee_id=str(scene.ann.id))
    assert paid_late.status_code == 201, paid_late.text


@pytest.mark.parametrize("state", ["open", "cancelled"])
async def test_what_has_led_to_nothing_is_not_rated(site: Site, state: str) -> None:
    scene = await over(site)
    ended = None if state == "open" else GroupOrderModel.updated_at
    await site.change(update(GroupOrderModel).values(state=state, ended_at=ended))
    assert told(await scene.rate(scene.ann)) == (409, "invalid-transition")


async def test_ratings_are_given_within_a_fortnight_and_shown_then(site: Site) -> None:
    scene = await over(site)
    await scene.rated(scene.ann, 5)
    past = (await site.clock()).now() - timedelta(seconds=1)
    await site.change(update(OrderRatingModel).values(closes_at=past, edited_at=past))
    assert await scene.seen(scene.bea) == [(5, True)]
    await end(site, scene.order, days=14)
    late = await scene.rate(scene.bea)
    assert told(late) == (409, "rating-closed")
    assert "closed_at" in late.json()


async def test_who_was_rated_replies_once(site: Site) -> None:
    scene = await over(site)
    hidden = await scene.rated(scene.bea, 1)
    path = f"{scene.path}/{await scene.both()}/reply"
    answer = await scene.olga.post(path, {"text": "Thank you"})
    assert (answer.status_code, answer.json()["reply"]) == (200, "Thank you")
    assert told(await scene.olga.post(path, {"text": "More"})) == (409, "already-replied")
    assert told(await scene.bea.post(path, {"text": "Me, too"})) == (404, "not-found")
    early = await scene.olga.post(f"{scene.path}/{hidden}/reply", {"text": "No"})
    assert told(early) == (404, "not-found"), "she does not know of it"
    mail = await scene.ann.post(path, {"text": "a@b.example"})
    assert told(mail) == (404, "not-found")
    other = await over(site)
    elsewhere = await scene.olga.post(path.replace(scene.order, other.order), {"text": "Where?"})
    assert told(elsewhere) == (404, "not-found")


async def test_words_hold_no_contacts(site: Site) -> None:
    scene = await over(site)
    assert told(await scene.rate(scene.ann, comment="a@b.example")) == (422, "contact-data")


async def test_who_was_blocked_may_rate_and_is_shown_without_a_name(site: Site) -> None:
    scene = await over(site)
    await scene.olga.block(scene.ann)
    await scene.both()
    by_ann = (await scene.olga.get(scene.path)).json()["items"][0]
    assert (by_ann["rater"], by_ann["score"]) == (None, 5)


async def test_a_moderator_takes_a_rating_out_of_sight(site: Site) -> None:
    scene, mia = await over(site), await a_moderator(site)
    id = RatingId(UUID(await scene.both()))
    hide = await site.port(HideOrderRating)
    with pytest.raises(ModeratorsOnly):
        await hide(id, by=scene.bea.id, reason="I do not like it")
    await hide(id, by=mia.id, reason="insults")
    await hide(id, by=mia.id, reason="for another reason")
    shown = (await scene.bea.get(scene.path)).json()["items"][0]
    assert (shown["removed"], shown["comment"], shown["tags"]) == (True, None, [])
    assert await site.ask(select(OrderRatingModel.hidden_because).order_by("id")) == [
        *("insults", None)
    ]
    back = await site.ask(select(OrderRatingModel.id).where(OrderRatingModel.score == 2))
    await site.run("UPDATE users SET role = 'moderator'")
    with pytest.raises(OwnCase):
        await hide(back[0], by=scene.ann.id, reason="it is about me")


def test_the_command_hides_it_or_says_why_not() -> None:
    """In this process, and without a database."""
    done: list[Any] = []

    async def hide(rating: RatingId, *, by: UUID, reason: str) -> None:
        if reason == "mine":
            raise OwnCase
        done.append((rating, by, reason))

    @asynccontextmanager
    async def container() -> AsyncIterator[Any]:
        yield SimpleNamespace(get=AsyncMock(return_value=hide))

    app, typed = commands(container), CliRunner()
    rating, mia = uuid7(), uuid7()
    words = ["hide-rating", str(rating), "--by", str(mia), "--reason"]
    assert typed.invoke(app, [*words, "insults"]).output == "It is hidden.\n"
    assert done == [(rating, mia, "insults")]
    refused = typed.invoke(app, [*words, "mine"])
    assert (refused.exit_code, "another moderator" in refused.output) == (1, True)


async def left_hidden(site: Site) -> bool:
    """Both rate at once; whether one of the two is still hidden after that."""
    scene = await over(site)
    mine = scene.rate(scene.olga, 5, ratee_id=str(scene.ann.id))
    answers = await asyncio.gather(scene.rate(scene.ann, 1), mine)
    assert [answer.status_code for answer in answers] == [201, 201]
    return len(await scene.seen(scene.ann)) < 2


async def test_when_both_rate_at_once_both_are_shown(site: Site) -> None:
    assert not any([await left_hidden(site) for _ in range(ROUNDS)])


async def test_without_locks_one_could_stay_hidden(postgresql: str, keys: Path) -> None:
    async with an_unguarded_site(postgresql, keys) as site:
        for _ in range(8 * ROUNDS):
            if await left_hidden(site):
                return
    pytest.fail("shown in every round")
