"""Mail about rings: everybody reads to whom they give, from whom they get, and who did what."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from httpx import Response

from apps.identity.application.ports import Mailer
from apps.trading.application.end_trade import ExpireTrades
from tests.identity.stage import Postbox, serving
from tests.support.rings import Ring, a_ring
from tests.support.site import Site


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
async def site(url: str, keys: Path, postbox: Postbox) -> AsyncIterator[Site]:
    async with Site(url, keys, serving(Mailer, postbox)) as site:
        yield site


@pytest.fixture(params=[3, 4])
async def ring(site: Site, request: pytest.FixtureRequest) -> Ring:
    return await a_ring(site, size=request.param)


def letters(ring: Ring, postbox: Postbox) -> dict[str, tuple[str, str]]:
    """By the nickname of who reads it: subject and first line of the one letter, then forgotten."""
    names = {f"{member.id.hex}@kcs.test": member.nickname for member in ring.members}
    read = {names[mail.to]: (mail.subject, mail.text.split("\n")[0]) for mail in postbox.mails}
    assert len(read) == len(postbox.mails)
    assert all(f"/trades/{ring.id}\n" in mail.text for mail in postbox.mails)
    postbox.mails.clear()
    return read


def between(ring: Ring, reader: str) -> str:
    names = [member.nickname for member in ring.members]
    place = names.index(reader)
    receiver, giver = names[(place + 1) % len(names)], names[place - 1]
    return f"in which you give to {receiver} and get from {giver}"


def to_all(ring: Ring, subject: str, told: str, *but: str) -> dict[str, tuple[str, str]]:
    return {
        member.nickname: (subject, told.format(between=between(ring, member.nickname)))
        for member in ring.members
        if member.nickname not in but
    }


async def test_a_ring_tells_everybody_their_place_from_the_proposal_to_the_end(
    ring: Ring, postbox: Postbox
) -> None:
    proposed = "You can take part in a ring of swaps by mail. It is a ring {between}."
    assert letters(ring, postbox) == to_all(ring, "A ring is proposed to you", proposed)
    await ring.accept()
    last = ring.members[-1].nickname
    told = f"{last} has accepted the trade. It is a ring {{between}}."
    assert letters(ring, postbox) == to_all(ring, "Your trade is agreed", told, last)
    for place, giver in enumerate(ring.members):
        assert (await ring.ship(giver)).status_code == 200
        receiver = ring.members[(place + 1) % len(ring.members)].nickname
        told = f"{giver.nickname} has sent what you agreed on. It is a ring "
        told += f"{between(ring, receiver)}."
        assert letters(ring, postbox) == {receiver: ("Cards are on their way", told)}
    for giver in ring.members:
        assert letters(ring, postbox) == {}
        assert (await ring.receive(giver)).status_code == 200
    told = "The trade {between} is completed; the cards are yours."
    first = ring.members[0].nickname
    assert letters(ring, postbox) == to_all(ring, "Your trade is completed", told, first)


async def reject(ring: Ring) -> Response:
    return await ring.members[1].post(f"{ring.path}/reject")


async def unlist(ring: Ring) -> Response:
    return await ring.members[1].patch(f"/me/copies/{ring.copies[1]}", {"for_trade": False})


async def cancel(ring: Ring) -> Response:
    await ring.accept()
    return await ring.members[1].post(f"{ring.path}/cancel")


async def dispute(ring: Ring) -> Response:
    await ring.accept()
    await ring.ship(ring.members[0])
    wrong = {"kind": "wrong_item", "text": "Another card.", "evidence": ["A photo of it."]}
    return await ring.members[1].post(f"{ring.path}/dispute", wrong)


async def resume(ring: Ring) -> Response:
    await dispute(ring)
    return await ring.members[1].post(f"{ring.path}/resume")


Step = Callable[[Ring], Awaitable[Response]]
NEWS: dict[str, tuple[Step, str, str, bool]] = {
    "reject": (
        reject,
        "A proposal was turned down",
        "bea has said no. It is a ring {between}.",
        False,
    ),
    "unlist": (
        unlist,
        "A proposal has lapsed",
        "Nothing can come of the proposal {between} any more.",
        True,
    ),
    "cancel": (
        cancel,
        "A trade was called off",
        "The trade {between} has ended before cards changed hands.",
        False,
    ),
    "dispute": (
        dispute,
        "A trade is disputed",
        "Something went wrong in the trade {between}; moderators will look at it.",
        False,
    ),
    "resume": (resume, "A dispute is over", "The trade {between} goes on.", False),
}
"""What Bea does, what all others read of it, and whether she does, too."""


@pytest.mark.parametrize("what", NEWS)
async def test_whatever_one_of_them_does_the_others_read_whose_ring_it_is(
    ring: Ring, postbox: Postbox, what: str
) -> None:
    step, subject, told, to_herself = NEWS[what]
    postbox.mails.clear()
    answer = await step(ring)
    assert answer.status_code == 200, answer.text
    sent = [mail for mail in postbox.mails if mail.subject == subject]
    postbox.mails[:] = sent
    but = () if to_herself else ("bea",)
    assert letters(ring, postbox) == to_all(ring, subject, told, *but)


async def test_of_a_ring_that_ran_out_all_are_told_whom_they_would_have_met(
    ring: Ring, postbox: Postbox
) -> None:
    postbox.mails.clear()
    await ring.site.run("UPDATE trades SET due_at = created_at, answer_due_at = created_at")
    assert await (await ring.site.port(ExpireTrades))() == 1
    told = "The proposal {between} was not answered in time."
    assert letters(ring, postbox) == to_all(ring, "A proposal has expired", told)


async def test_in_a_ring_too_nobody_is_named_to_whom_they_are_hidden_from(
    site: Site, postbox: Postbox
) -> None:
    ring = await a_ring(site, size=4)
    await ring.accept()
    ann, bea, _, _ = ring.members
    await bea.block(ann)
    postbox.mails.clear()
    await ring.members[3].post(f"{ring.path}/cancel")
    told = {name: line for name, (_, line) in letters(ring, postbox).items()}
    assert "give to another member and get from dan" in told["ann"]
    assert "give to eve and get from another member" in told["bea"]
    assert "give to dan and get from bea" in told["eve"]
