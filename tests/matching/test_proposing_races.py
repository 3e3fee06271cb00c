"""Two things done to the same copies at once: one comes first, and the other one sees it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

from httpx import Response
from sqlalchemy import select

from apps.trading.infrastructure.models import TradeModel
from tests.support.deals import Deal, ensure_sound, told
from tests.support.site import Member, Site
from tests.support.suggested import a_market, matches, propose
from tests.support.weakening import an_unguarded_site

ROUNDS = 12
WON, LOST = (201, None), (409, "match-changed")


async def at_once(site: Site, rounds: int = ROUNDS) -> AsyncIterator[list[Response]]:
    """Both of a pair propose it, each giving what the other one asks for."""
    for number in range(rounds):
        members = await a_market(site, number=number)
        found = [(await matches(member))[0] for member in members]
        yield await asyncio.gather(*map(patiently, members, found))


async def patiently(member: Member, match: dict[str, object]) -> Response:
    """Propose, and where the machine was too busy to get to it in time, once more."""
    while (answer := await propose(member, match)).status_code == 503:
        assert told(answer) == (503, "busy")
    return answer


async def test_of_two_who_propose_to_each_other_at_once_one_is_first(site: Site) -> None:
    async for answers in at_once(site):
        assert Counter(map(told, answers)) == {WON: 1, LOST: 1}
        (lost,) = (answer for answer in answers if answer.is_error)
        codes = {each["code"] for each in lost.json()["changes"]}
        assert codes == {"copy_promised"}
    assert await site.ask(select(TradeModel.state)) == ["proposed"] * ROUNDS
    await ensure_sound(site)


async def test_without_locks_and_index_both_are_first(postgresql: str, keys: Path) -> None:
    """The control: it shows that the test above can fail."""
    async with an_unguarded_site(postgresql, keys) as site:
        async for answers in at_once(site, 60):
            if Counter(map(told, answers)) == {WON: 2}:
                return
    raise AssertionError("The locks and the index protect nothing.")


async def test_whoever_unlists_a_copy_meanwhile_leaves_no_proposal_over_it(site: Site) -> None:
    seen = set()
    for number in range(ROUNDS):
        ann, bea = await a_market(site, number=number)
        (match,) = await matches(ann)
        (copy,) = (await bea.get("/me/copies")).json()["items"]
        path = f"/me/copies/{copy['id']}"
        proposed, unlisted = await asyncio.gather(
            patiently(ann, match), bea.patch(path, {"for_trade": False})
        )
        assert unlisted.status_code == 200, unlisted.text
        seen.add(told(proposed))
        live = select(TradeModel.id).where(TradeModel.state == "proposed")
        assert not await site.ask(live), "it was never made, or has lapsed"
    assert seen <= {WON, LOST}
    await ensure_sound(site)


async def test_what_is_accepted_meanwhile_is_proposed_to_nobody_else(site: Site) -> None:
    for number in range(ROUNDS):
        ann, bea = await a_market(site, number=number)
        (match,) = await matches(ann)
        (copy,) = (await bea.get("/me/copies")).json()["items"]
        eve = await site.join(f"rival{number}")
        give = [await eve.hold()]
        deal = Deal(
            eve, bea, give, [copy["id"]], await eve.propose(bea, give=give, take=[copy["id"]])
        )
        proposed, accepted = await asyncio.gather(patiently(ann, match), deal.accept())
        assert accepted.status_code == 200, accepted.text
        assert told(proposed) in {WON, LOST}
        over = select(TradeModel.state).where(TradeModel.author_id == ann.id)
        assert await site.ask(over) in ([], ["lapsed"])
    await ensure_sound(site)
