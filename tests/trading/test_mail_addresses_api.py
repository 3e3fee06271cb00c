"""To which addresses the parties of a trade by mail send, over HTTP (T4)."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from httpx import Response
from uuid_utils.compat import uuid7

from apps.shared.application.work import UnitOfWork
from apps.trading.domain.address import PostalAddress
from apps.trading.domain.terms import TradeId
from apps.trading.domain.trades import TradeRepository
from tests.support.counting import CountingSite, a_counting_site
from tests.support.deals import Deal, a_deal, told
from tests.support.mail import Mailing, a_mailing, address_of, by_mail
from tests.support.postal import HOME, WORK, entry
from tests.support.site import Member, Site

NOT_FOUND, MISSING, NOT_NEEDED = (
    (404, "not-found"),
    (422, "address-missing"),
    (422, "address-not-needed"),
)


@pytest.fixture
async def mailing(site: Site) -> Mailing:
    return await a_mailing(site)


def written(postal: PostalAddress) -> dict[str, Any]:
    """What stands on the letter, without the label, which is its owner's alone."""
    body: dict[str, Any] = entry(postal)
    del body["label"]
    return body


def pointed(answer: Response) -> tuple[tuple[int, str | None], str]:
    (fault,) = answer.json()["errors"]
    return told(answer), fault["pointer"]


async def counter(
    mailing: Mailing, by: Member, *, revision: int = 1, address: str | None = None
) -> Response:
    """Give one copy more."""
    view = (await by.get(mailing.path)).json()
    sides = {leg["from"]: [copy["id"] for copy in leg["copies"]] for leg in view["legs"]}
    give = [*sides.pop(str(by.id)), str(await by.hold())]
    (take,) = sides.values()
    body = {"revision": revision, "give": give, "take": take, "address_id": address}
    return await by.post(f"{mailing.path}/counter", body)


async def test_from_acceptance_each_sender_and_nobody_else_sees_where_to_send(
    site: Site, mailing: Mailing
) -> None:
    ann, bea, eve = mailing.author, mailing.other, await site.join("eve")
    for giver in (ann, bea):
        for reader in (ann, bea, eve):
            assert told(await mailing.address(giver, to=reader)) == NOT_FOUND
    answer = await mailing.accept()
    assert (answer.status_code, answer.json()["state"]) == (200, "accepted"), answer.text
    assert (await mailing.address(ann)).json() == written(WORK)
    assert (await mailing.address(bea)).json() == written(HOME)
    for giver, reader in ((ann, bea), (bea, ann), (ann, eve), (bea, eve)):
        assert told(await mailing.address(giver, to=reader)) == NOT_FOUND


async def test_there_is_no_address_of_another_leg_or_another_trade(
    site: Site, mailing: Mailing
) -> None:
    await mailing.accept()
    again = await a_mailing(site, mailing.author, mailing.other)
    await again.accept()
    leg = mailing.leg(mailing.author).rpartition("/")[2]
    for path in (f"{again.path}/legs/{leg}", f"{mailing.path}/legs/{uuid7()}"):
        assert told(await mailing.author.get(f"{path}/address")) == NOT_FOUND


async def in_order(mailing: Mailing) -> tuple[Member, Member]:
    """The parties, the one who has to send first before the other."""
    view = (await mailing.author.get(mailing.path)).json()
    due = {leg["from"]: leg["ship_by"] for leg in view["legs"]}
    parties = mailing.author, mailing.other
    return parties if due[str(mailing.author.id)] else parties[::-1]


async def ship(mailing: Mailing, giver: Member) -> Response:
    body = {"carrier": "Post", "tracking_number": "RR123"}
    answer = await giver.post(f"{mailing.leg(giver)}/ship", body)
    assert answer.status_code == 200, answer.text
    return answer


async def test_an_address_is_told_while_cards_are_on_their_way_and_not_after(
    mailing: Mailing,
) -> None:
    await mailing.accept()
    first, second = await in_order(mailing)
    for giver, receiver in ((first, second), (second, first)):
        await ship(mailing, giver)
        assert (await mailing.address(first)).status_code == 200
        assert (await mailing.address(second)).status_code == 200
        answer = await receiver.post(f"{mailing.leg(giver)}/receive")
        assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "completed"
    for giver in (first, second):
        assert told(await mailing.address(giver)) == NOT_FOUND


async def test_an_address_is_told_while_it_is_argued_about(mailing: Mailing) -> None:
    await mailing.accept()
    first, second = await in_order(mailing)
    await ship(mailing, first)
    answer = await second.post(
        f"{mailing.path}/dispute",
        {"kind": "wrong_item", "text": "Another card.", "evidence": ["a photo"]},
    )
    assert (answer.status_code, answer.json()["state"]) == (200, "disputed"), answer.text
    assert (await mailing.address(mailing.author)).json() == written(WORK)
    assert (await mailing.address(mailing.other)).json() == written(HOME)


@pytest.mark.parametrize("country", ["KR", "TW"])
async def test_where_the_parties_live_says_what_goes_abroad(site: Site, country: str) -> None:
    """A leg that does not leave the country counts as lost earlier (T21)."""
    mailing = await a_mailing(site)
    near = await address_of(mailing.other, entry(WORK, country=country))
    await mailing.accept(near)
    trades = await site.port(TradeRepository)  # type: ignore[type-abstract]
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        trade = await trades.get(TradeId(UUID(mailing.shown["id"])))
    assert [leg.abroad for leg in trade.legs] == [country != "KR"] * 2


async def test_after_a_trade_is_called_off_nobody_learns_an_address(mailing: Mailing) -> None:
    await mailing.accept()
    assert (await mailing.author.post(f"{mailing.path}/cancel")).status_code == 200
    for giver in (mailing.author, mailing.other):
        assert told(await mailing.address(giver)) == NOT_FOUND


async def test_what_becomes_of_an_address_changes_nothing_that_was_told(mailing: Mailing) -> None:
    await mailing.accept()
    changed = await mailing.author.send("PUT", f"/me/addresses/{mailing.home}", entry(WORK))
    assert changed.status_code == 200
    assert (await mailing.other.delete(f"/me/addresses/{mailing.work}")).status_code == 204
    assert (await mailing.address(mailing.author)).json() == written(WORK)
    assert (await mailing.address(mailing.other)).json() == written(HOME)


async def test_a_new_consent_may_tell_another_address(mailing: Mailing) -> None:
    ann, bea = mailing.author, mailing.other
    assert (await counter(mailing, bea, address=mailing.work)).status_code == 200
    another = await address_of(ann, entry(HOME, city="Busan", lines=["Centum 1-ro 9"]))
    assert (await counter(mailing, ann, revision=2, address=another)).status_code == 200
    accepted = await mailing.accept(revision=3)
    assert accepted.status_code == 200, accepted.text
    assert (await mailing.address(bea)).json()["city"] == "Busan"
    assert (await mailing.address(ann)).json() == written(WORK)


async def test_who_has_told_an_address_need_not_tell_it_again(mailing: Mailing) -> None:
    ann, bea = mailing.author, mailing.other
    assert pointed(await counter(mailing, bea)) == (MISSING, "/address_id")
    assert (await counter(mailing, bea, address=mailing.work)).status_code == 200
    await bea.delete(f"/me/addresses/{mailing.work}")
    assert (await counter(mailing, ann, revision=2)).status_code == 200
    accepted = await bea.post(f"{mailing.path}/accept", {"revision": 3})
    assert accepted.status_code == 200, accepted.text
    assert (await mailing.address(ann)).json() == written(WORK)
    assert (await mailing.address(bea)).json() == written(HOME)


async def test_nobody_consents_to_a_trade_by_mail_without_an_address(mailing: Mailing) -> None:
    ann, bea = mailing.author, mailing.other
    body = by_mail(bea, give=[await ann.hold()], take=[await bea.hold()], address=None)
    assert pointed(await ann.post("/trades", body)) == (MISSING, "/address_id")
    accepted = await bea.post(f"{mailing.path}/accept", {"revision": 1})
    assert pointed(accepted) == (MISSING, "/address_id")
    view = (await bea.get(mailing.path)).json()
    assert (view["state"], view["revision"]) == ("proposed", 1)


@pytest.mark.parametrize("nobodys", [True, False])
async def test_the_address_of_another_is_as_one_that_never_was(
    mailing: Mailing, *, nobodys: bool
) -> None:
    ann, bea = mailing.author, mailing.other
    anns = str(uuid7()) if nobodys else mailing.home
    beas = str(uuid7()) if nobodys else mailing.work
    body = by_mail(bea, give=[await ann.hold()], take=[await bea.hold()], address=beas)
    for answer in (
        await ann.post("/trades", body),
        await mailing.accept(anns),
        await counter(mailing, bea, address=anns),
    ):
        assert pointed(answer) == (NOT_FOUND, "/address_id")


async def test_where_cards_change_hands_in_person_no_address_is_taken(site: Site) -> None:
    deal = await a_deal(site)
    ann, bea = deal.author, deal.other
    theirs, mine = await address_of(bea), await address_of(ann)
    body = by_mail(bea, give=[await ann.hold()], take=[await bea.hold()], address=mine)
    answers = [await ann.post("/trades", body | {"method": "in_person"})]
    body = {"revision": 1, "address_id": theirs}
    answers.append(await bea.post(f"{deal.path}/accept", body))
    sides = {"give": [str(copy) for copy in deal.take], "take": [str(copy) for copy in deal.give]}
    sides["give"].append(str(await bea.hold()))
    answers.append(await bea.post(f"{deal.path}/counter", body | sides))
    assert [pointed(answer) for answer in answers] == [(NOT_NEEDED, "/address_id")] * 3
    await deal.accept()
    assert await addresses_of(deal) == [NOT_FOUND] * 4


async def addresses_of(deal: Deal) -> list[tuple[int, str | None]]:
    """What each party is answered who asks for the address of each leg."""
    legs = (await deal.author.get(deal.path)).json()["legs"]
    return [
        told(await party.get(f"{deal.path}/legs/{leg['id']}/address"))
        for party in (deal.author, deal.other)
        for leg in legs
    ]


async def test_who_meets_by_mail_has_no_handshake(mailing: Mailing) -> None:
    await mailing.accept()
    answer = await mailing.author.get(f"{mailing.path}/handshake")
    assert told(answer) == (409, "invalid-transition")
    answer = await mailing.author.post(f"{mailing.path}/confirm", {"code": "123456"})
    assert told(answer) == (409, "invalid-transition")


@pytest.fixture
async def counted(url: str, keys: Path) -> AsyncIterator[CountingSite]:
    async with a_counting_site(url, keys) as site:
        yield site


async def test_it_costs_few_statements_to_tell_and_to_ask(counted: CountingSite) -> None:
    mailing = await a_mailing(counted)
    assert await counted.cost(mailing.accept()) == 39
    assert await counted.cost(mailing.address(mailing.author)) == 2
