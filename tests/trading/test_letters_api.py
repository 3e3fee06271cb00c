"""Mail to the parties of a trade: sent once what it tells is kept, and never in its way."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from httpx import Response

from apps.identity.application.ports import Mailer
from apps.trading.application.end_trade import ExpireTrades
from tests.identity.stage import Postbox, serving
from tests.support.counting import CountingSite
from tests.support.deals import Deal, a_deal
from tests.support.site import Member, Site, proposal


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
async def site(url: str, keys: Path, postbox: Postbox) -> AsyncIterator[Site]:
    async with Site(url, keys, serving(Mailer, postbox)) as site:
        yield site


@pytest.fixture
async def deal(site: Site, postbox: Postbox) -> Deal:
    """Proposed, and told so."""
    deal = await a_deal(site)
    assert [mail.to for mail in postbox.mails] == [address_of(deal.other)]
    return deal


def address_of(member: Member) -> str:
    return f"{member.id.hex}@kcs.test"


def link_to(deal: Deal) -> str:
    return f"https://kcs.test/api/v1/trades/{deal.id}"


async def counter(deal: Deal) -> Response:
    give = [str(deal.take[0]), str(await deal.other.hold())]
    terms = {"revision": 1, "give": give, "take": [str(deal.give[0])]}
    return await deal.other.post(f"{deal.path}/counter", terms | {"message": "and a sleeve"})


async def cancel(deal: Deal) -> Response:
    await deal.accept()
    return await deal.author.post(f"{deal.path}/cancel", {"reason": "and a sleeve"})


async def complete(deal: Deal) -> Response:
    await deal.accept()
    await deal.confirm(deal.author)
    return await deal.confirm(deal.other)


async def unlist(deal: Deal) -> Response:
    return await deal.other.patch(f"/me/copies/{deal.take[0]}", {"for_trade": False})


Step = Callable[[Deal], Awaitable[Response]]
LETTERS: dict[str, tuple[Step, list[tuple[str, str]]]] = {
    "counter": (counter, [("ann", "Other terms are proposed")]),
    "accept": (Deal.accept, [("ann", "Your trade is agreed")]),
    "reject": (Deal.reject, [("ann", "A proposal was turned down")]),
    "withdraw": (Deal.withdraw, [("bea", "A proposal was withdrawn")]),
    "unlist": (unlist, [("ann", "A proposal has lapsed"), ("bea", "A proposal has lapsed")]),
    "cancel": (cancel, [("ann", "Your trade is agreed"), ("bea", "A trade was called off")]),
    "complete": (complete, [("ann", "Your trade is agreed"), ("ann", "Your trade is completed")]),
}
"""What is done with a proposal of Ann's to Bea, and who reads of it what."""


@pytest.mark.parametrize("what", LETTERS)
async def test_everybody_concerned_reads_of_it_but_who_did_it(
    deal: Deal, postbox: Postbox, what: str
) -> None:
    step, letters = LETTERS[what]
    postbox.mails.clear()
    answer = await step(deal)
    assert answer.status_code == 200, answer.text
    people = {address_of(deal.author): "ann", address_of(deal.other): "bea"}
    assert [(people[mail.to], mail.subject) for mail in postbox.mails] == letters
    for mail in postbox.mails:
        reader = people.pop(mail.to, None) or "ann"
        assert link_to(deal) in mail.text
        assert ({"ann": "bea", "bea": "ann"}[reader]) in mail.text
        assert "@" not in mail.text
        assert "sleeve" not in mail.text + mail.subject


async def test_the_letter_of_a_proposal_names_its_author(deal: Deal, postbox: Postbox) -> None:
    (mail,) = postbox.mails
    assert mail.subject == "A trade is proposed to you"
    assert mail.text == f"ann proposes a trade.\n\n{link_to(deal)}\n"


async def test_what_was_asked_of_the_other_or_partly_received_is_no_news_yet(
    deal: Deal, postbox: Postbox
) -> None:
    await deal.accept()
    postbox.mails.clear()
    await deal.author.post(f"{deal.path}/cancel", {"by_agreement": True})
    await deal.confirm(deal.author)
    assert postbox.mails == []


async def test_time_tells_both(deal: Deal, postbox: Postbox) -> None:
    postbox.mails.clear()
    await deal.author.site.run("UPDATE trades SET due_at = created_at, answer_due_at = created_at")
    assert await (await deal.author.site.port(ExpireTrades))() == 1
    assert {mail.to for mail in postbox.mails} == {address_of(deal.author), address_of(deal.other)}
    assert {mail.subject for mail in postbox.mails} == {"A proposal has expired"}


async def test_rivals_read_that_theirs_has_lapsed_and_not_because_of_whom(
    url: str, keys: Path, postbox: Postbox
) -> None:
    """One letter a trade and reader, and as many questions for a dozen rivals as for one."""
    costs = []
    async with CountingSite(url, keys, serving(Mailer, postbox)) as site:
        await site.watch()
        for count in (1, 12):
            bea = await site.join(f"bea-{count}")
            won = await a_deal(site, author=await site.join(f"winner-{count}"), other=bea)
            rivals = [
                await a_deal(
                    site, author=await site.join(f"r{count}-{n}"), other=bea, take=won.take
                )
                for n in range(count)
            ]
            postbox.mails.clear()
            costs.append(await site.cost(won.accept()))
            lapsed = [mail for mail in postbox.mails if mail.subject == "A proposal has lapsed"]
            assert len(lapsed) == 2 * count
            for rival in rivals:
                (mail,) = [mail for mail in lapsed if mail.to == address_of(rival.author)]
                assert link_to(rival) in mail.text
                assert bea.nickname in mail.text
                assert "winner" not in mail.text
    assert costs[0] == costs[1]


@pytest.mark.parametrize("side", [0, 1])
async def test_a_block_is_not_told_and_hides_the_names(
    deal: Deal, postbox: Postbox, side: int
) -> None:
    pair = (deal.author, deal.other)
    postbox.mails.clear()
    await pair[side].block(pair[1 - side])
    assert {mail.to for mail in postbox.mails} == {address_of(each) for each in pair}
    for mail in postbox.mails:
        assert mail.subject == "A proposal has lapsed"
        assert mail.text.startswith("Nothing can come of the proposal between you and another ")
        assert not {"ann", "bea"} & set(mail.text.split())


async def test_in_an_agreement_that_goes_on_names_are_hidden_too(
    deal: Deal, postbox: Postbox
) -> None:
    await deal.accept()
    await deal.other.block(deal.author)
    postbox.mails.clear()
    await deal.author.post(f"{deal.path}/cancel")
    (mail,) = postbox.mails
    assert (mail.to, "ann" in mail.text) == (address_of(deal.other), False)


async def test_who_has_left_gets_no_mail(deal: Deal, postbox: Postbox) -> None:
    leave = "UPDATE users SET status = 'suspended' WHERE email = :email"
    await deal.author.site.run(leave, email=address_of(deal.author))
    postbox.mails.clear()
    assert (await deal.reject()).status_code == 200
    assert postbox.mails == []


async def test_a_repeated_request_is_told_once(site: Site, postbox: Postbox) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    body = proposal(bea, give=[await ann.hold()], take=[await bea.hold()])
    for _ in range(2):
        sent = await ann.send("POST", "/trades", body, headers={"Idempotency-Key": "one"})
        assert sent.status_code == 201
    assert len(postbox.mails) == 1
