"""Letters before and behind deadlines, each once, flagged payments, and late fees (G7, G8)."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from apps.group_orders.application.watch_deadlines import WatchDeadlines
from apps.group_orders.infrastructure.money_models import OrderDueModel
from apps.identity.application.ports import Mailer
from tests.group_orders.money import Shop, a_shop, ensure_balanced, let_pass
from tests.identity.stage import Postbox, serving
from tests.support.deals import told
from tests.support.site import Member, Site, elsewhere

HOUR = timedelta(hours=1)
SOON, TODAY, OVERDUE = "A due is to be paid", "A due is to be paid today", "A due is overdue"
UNANSWERED = "A payment was not answered"


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
async def site(url: str, keys: Path, postbox: Postbox) -> AsyncIterator[Site]:
    async with Site(url, keys, serving(Mailer, postbox)) as site:
        yield site


@pytest.fixture
async def shop(site: Site) -> Shop:
    return await a_shop(site, late_fee=150)


async def watch(shop: Shop) -> int:
    return await (await shop.site.port(WatchDeadlines))()


def letters(postbox: Postbox, member: Member) -> list[str]:
    return postbox.subjects(f"{member.id.hex}@kcs.test")


async def test_reminders_are_sent_48_and_12_hours_before_and_once_each(
    shop: Shop, postbox: Postbox
) -> None:
    _ = await shop.bill("item", hours=72)
    _ = await shop.pay(shop.ann, 1500, confirmed=False)
    counts = []
    for hours in (0, 23, 2, 33, 3, 10, 3, 50):
        await let_pass(shop, hours * HOUR)
        sent = await watch(shop)
        assert await watch(shop) == 0
        counts.append((sent, len(letters(postbox, shop.bea))))
    answer = 1  # what ann has reported is not answered, 72 hours later
    assert counts == [
        *[(0, 0), (0, 0), (1, 1), (0, 1), (1, 2), (0, 2)],
        *[(1 + answer, 3), (0, 3)],
    ]
    assert letters(postbox, shop.bea) == [SOON, TODAY, OVERDUE]
    assert letters(postbox, shop.ann) == [UNANSWERED], "she has done what she could"
    assert sorted(letters(postbox, shop.olga)) == [OVERDUE, UNANSWERED]
    letter = next(mail for mail in postbox.mails if mail.subject == OVERDUE)
    assert "20.00 EUR" in letter.text
    assert f"/api/v1{shop.path}/dues" in letter.text


async def test_a_payment_is_flagged_and_not_confirmed_by_itself(
    shop: Shop, postbox: Postbox
) -> None:
    _ = await shop.pay(shop.ann, 100, confirmed=False)
    await let_pass(shop, 71 * HOUR)
    assert await watch(shop) == 0
    await let_pass(shop, 2 * HOUR)
    assert [await watch(shop), await watch(shop)] == [1, 0]
    (payment,) = (await shop.ann.get(f"{shop.path}/payments")).json()["items"]
    assert payment["state"] == "reported"
    assert payment["flagged_at"] is not None
    assert letters(postbox, shop.olga) == letters(postbox, shop.ann) == [UNANSWERED]
    assert (await shop.olga.post(f"/payments/{payment['id']}/confirm")).status_code == 200


async def test_a_letter_tells_what_is_still_owed_of_a_due(shop: Shop, postbox: Postbox) -> None:
    _ = await shop.bill("item", hours=40)
    _ = await shop.pay(shop.bea, 1900)
    assert await watch(shop) == 3
    (letter,) = (mail for mail in postbox.mails if mail.to == f"{shop.bea.id.hex}@kcs.test")
    assert "You owe 1.00 EUR" in letter.text


async def test_two_workers_send_each_reminder_once(shop: Shop, postbox: Postbox) -> None:
    _ = await shop.bill("item", hours=40)
    working = [elsewhere(watch(shop)) for _ in range(4)]
    assert sum([await each for each in working]) == 3
    assert letters(postbox, shop.ann) == [SOON, SOON], "she has two dues"
    assert letters(postbox, shop.bea) == [SOON]


async def test_what_was_not_stamped_is_sent_again(shop: Shop, postbox: Postbox) -> None:
    """The control: it is the stamp on the due that lets a letter out once."""
    _ = await shop.bill("item", hours=40)
    assert [await watch(shop), await watch(shop)] == [3, 0]
    await shop.site.change(update(OrderDueModel).values(reminded_early_at=None))
    assert await watch(shop) == 3
    assert letters(postbox, shop.bea) == [SOON, SOON]


async def test_a_late_fee_is_as_agreed_and_a_tenth_at_most(shop: Shop) -> None:
    _ = await shop.bill("item", hours=24)
    dues = (await shop.olga.get(f"{shop.path}/dues")).json()["items"]
    by_amount = {due["amount"]: due["id"] for due in dues}
    early = await shop.bill("late_fee", late_for=by_amount[2000])
    assert told(early) == (409, "not-late")
    await let_pass(shop, 25 * HOUR)
    for amount, fee in ((2000, 150), (1000, 100)):
        answer = await shop.bill("late_fee", late_for=by_amount[amount])
        assert answer.status_code == 201, answer.text
        (due,) = answer.json()["dues"]
        assert (due["amount"], due["late_for"]) == (fee, by_amount[amount])
    again = await shop.bill("late_fee", late_for=by_amount[2000])
    assert told(again) == (409, "not-late")
    await let_pass(shop, 200 * HOUR)
    dues = (await shop.olga.get(f"{shop.path}/dues")).json()["items"]
    fees = [due["id"] for due in dues if due["kind"] == "late_fee"]
    assert len(fees) == 2
    for fee in fees:
        assert told(await shop.bill("late_fee", late_for=fee)) == (409, "not-late")
    await ensure_balanced(shop.site)


async def test_what_was_paid_in_time_costs_no_late_fee(shop: Shop) -> None:
    _ = await shop.bill("item", hours=24)
    _ = await shop.pay(shop.bea, 2000, confirmed=False)
    await let_pass(shop, 25 * HOUR)
    (due,) = (await shop.bea.get(f"{shop.path}/dues")).json()["items"]
    assert due["state"] == "reported"
    assert told(await shop.bill("late_fee", late_for=due["id"])) == (409, "not-late")


async def test_rules_without_a_late_fee_know_none(site: Site) -> None:
    shop = await a_shop(site)
    _ = await shop.bill("item", hours=24)
    await let_pass(shop, 25 * HOUR)
    (due,) = (await shop.bea.get(f"{shop.path}/dues")).json()["items"]
    assert due["state"] == "overdue"
    assert told(await shop.bill("late_fee", late_for=due["id"])) == (409, "no-late-fee")
