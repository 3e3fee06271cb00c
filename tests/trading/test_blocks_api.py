"""What a block does to trades: proposals lapse, agreements go on, and nobody talks (BL3-BL5)."""

from uuid import uuid4

import pytest

from tests.support.deals import Deal, a_deal, ensure_sound, promises, told
from tests.support.site import Member, Site, proposal


@pytest.fixture
async def deal(site: Site) -> Deal:
    return await a_deal(site)


def sides(deal: Deal) -> tuple[tuple[Member, Member], tuple[Member, Member]]:
    return (deal.author, deal.other), (deal.other, deal.author)


@pytest.mark.parametrize("side", [0, 1])
async def test_open_proposals_between_the_two_lapse_and_no_others(
    site: Site, deal: Deal, side: int
) -> None:
    blocker, blocked = sides(deal)[side]
    back, eve = await a_deal(site, author=deal.other, other=deal.author), await site.join("eve")
    others = [await a_deal(site, author=eve, other=each) for each in (blocker, blocked)]
    await blocker.block(blocked)
    for each in (deal, back):
        assert await each.state() == "lapsed"
        assert await each.history() == ["trade_proposed", "trade_lapsed"]
        assert await promises(site, *each.give) == {each.give[0]: []}
        answer = await each.accept()
        assert (told(answer), answer.json()["state"]) == ((409, "invalid-transition"), "lapsed")
    assert [await each.state() for each in others] == ["proposed", "proposed"]
    await ensure_sound(site)


@pytest.mark.parametrize("side", [0, 1])
async def test_to_propose_to_a_hidden_member_is_to_propose_to_nobody(site: Site, side: int) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    await (ann.block(bea) if side == 0 else bea.block(ann))
    body = proposal(bea, give=[await ann.hold()], take=[await bea.hold()])
    hidden = await ann.post("/trades", body)
    missing = await ann.post("/trades", body | {"to": str(uuid4())})
    assert told(hidden) == (404, "not-found")
    assert [error["pointer"] for error in hidden.json()["errors"]] == ["/to"]
    assert but_id(hidden.json()) == but_id(missing.json())


def but_id(problem: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in problem.items() if name != "request_id"}


@pytest.mark.parametrize("side", [0, 1])
async def test_an_agreement_goes_on_to_its_end(site: Site, deal: Deal, side: int) -> None:
    await deal.accept()
    blocker, blocked = sides(deal)[side]
    await blocker.block(blocked)
    for reader, other in sides(deal):
        trade = (await reader.get(deal.path)).json()
        assert trade["allowed_actions"] == ["confirm", "cancel", "dispute"]
        names = {party["member_id"]: party["nickname"] for party in trade["parties"]}
        assert names == {str(reader.id): reader.nickname, str(other.id): None}
    for member in (deal.author, deal.other):
        assert (await deal.confirm(member)).status_code == 200
    assert await deal.state() == "completed"
    await ensure_sound(site)


async def test_an_agreement_can_still_be_called_off(deal: Deal) -> None:
    await deal.accept()
    await deal.other.block(deal.author)
    answer = await deal.author.post(f"{deal.path}/cancel")
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")


async def test_neither_writes_to_the_other_and_what_was_written_stays(deal: Deal) -> None:
    await deal.accept()
    await deal.author.post(f"{deal.path}/notes", {"text": "Exit 9?"})
    await deal.other.block(deal.author)
    refusals = []
    for member in (deal.author, deal.other):
        answer = await member.post(f"{deal.path}/notes", {"text": "Hello?"})
        assert told(answer) == (409, "thread-closed")
        refusals.append(but_id(answer.json()))
        assert len((await member.get(f"{deal.path}/notes")).json()["items"]) == 1
    assert refusals[0] == refusals[1]


async def test_who_was_blocked_cannot_tell_it_from_the_others_having_left(
    site: Site, deal: Deal
) -> None:
    """One partner has blocked Ann, another has left: all that she can ask is answered alike."""
    ann = deal.author
    gone = await a_deal(site, author=ann, other=await site.join("eve"))
    for each in (deal, gone):
        await each.accept()
    await deal.other.block(ann)
    leave = "UPDATE users SET status = 'deleted' WHERE email = :email"
    await site.run(leave, email=f"{gone.other.id.hex}@kcs.test")
    for path in ("/members/{}", "/members/{}/copies", "/members/{}/wants"):
        answers = [await ann.get(path.format(each.other.id)) for each in (deal, gone)]
        assert [told(answer) for answer in answers] == [(404, "not-found")] * 2
    for each in (deal, gone):
        assert told(await ann.get(f"/copies/{each.take[0]}")) == (404, "not-found")
        note = await ann.post(f"{each.path}/notes", {"text": "Hello?"})
        assert told(note) == (409, "thread-closed")
        parties = (await ann.get(each.path)).json()["parties"]
        assert [party["nickname"] for party in parties] == ["ann", None]


async def test_unblocking_restores_nothing(site: Site, deal: Deal) -> None:
    await deal.author.block(deal.other)
    await deal.author.delete(f"/me/blocks/{deal.other.id}")
    assert await deal.state() == "lapsed"
    assert told(await deal.accept()) == (409, "invalid-transition")
    await a_deal(site, author=deal.author, other=deal.other, give=deal.give, take=deal.take)


async def test_blocking_again_ends_what_was_proposed_after_unblocking(deal: Deal) -> None:
    for _ in range(2):
        await deal.other.block(deal.author)
        await deal.other.delete(f"/me/blocks/{deal.author.id}")
        again = await a_deal(deal.author.site, author=deal.author, other=deal.other)
        await deal.other.block(deal.author)
        assert await again.state() == "lapsed"
        await deal.other.delete(f"/me/blocks/{deal.author.id}")
