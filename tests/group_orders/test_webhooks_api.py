"""What providers tell over HTTP: who is believed, what is kept, and what it brings about."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from apps.group_orders.infrastructure.transaction_models import (
    OrderTransactionModel,
    ProviderPaymentModel,
)
from tests.group_orders.orders import an_order, fan, organiser
from tests.group_orders.providers import (
    REVERSED,
    SECRET,
    Told,
    deliver,
    joined,
    send,
    signed,
)
from tests.support.authenticators import employ
from tests.support.deals import told
from tests.support.site import Member, Site

ANOTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


async def a_joiner(site: Site, **more: Any) -> tuple[Member, str, Member, str]:
    """The organiser, the order, somebody who has joined it, and the reference of theirs."""
    olga, ann = await organiser(site), await fan(site, "ann")
    order = await an_order(olga, **more)
    return olga, order, ann, await joined(order, ann)


async def kept(site: Site) -> tuple[int, int]:
    """How much is kept of what providers have told."""
    events = await site.ask(select(func.count()).select_from(OrderTransactionModel))
    payments = await site.ask(select(func.count()).select_from(ProviderPaymentModel))
    return events[0], payments[0]


async def outcomes(site: Site) -> list[str]:
    found = select(OrderTransactionModel.outcome).order_by(OrderTransactionModel.id)
    return [str(outcome) for outcome in await site.ask(found)]


async def payments(by: Member, order: str) -> list[dict[str, Any]]:
    answer = await by.get(f"/group-orders/{order}/payments")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_a_success_reports_a_payment_and_confirms_nothing(site: Site) -> None:
    olga, order, ann, reference = await a_joiner(site)
    event = Told(reference=f" {reference.lower()} ")
    await deliver(site, event)
    (payment,) = await payments(ann, order)
    assert (payment["state"], payment["source"], payment["amount"]) == (
        "reported",
        "provider",
        1_000,
    )
    (transaction,) = (await olga.get(f"/group-orders/{order}/transactions")).json()["items"]
    assert (
        transaction
        | {
            "provider": "pay",
            "event_id": event.id,
            "kind": "payment.succeeded",
            "external_payment_id": "pay_1",
            "amount": 1_000,
            "currency": "EUR",
            "member_id": str(ann.id),
            "payment_id": payment["id"],
            "outcome": "reported",
            "occurred_at": "2026-05-24T12:00:00Z",
        }
        == transaction
    )
    confirmed = await olga.post(f"/payments/{payment['id']}/confirm")
    assert confirmed.status_code == 200, "the organiser confirms it, like any other"


async def test_a_reversal_takes_the_report_back(site: Site) -> None:
    olga, order, ann, reference = await a_joiner(site)
    await deliver(site, Told(reference=reference))
    await deliver(site, Told(reference=reference, type=REVERSED))
    assert [each["state"] for each in await payments(ann, order)] == ["withdrawn"]
    assert await outcomes(site) == ["reported", "withdrawn"]
    await deliver(site, Told(reference=reference, type=REVERSED))
    assert (await outcomes(site))[2:] == ["noted"]
    del olga


async def test_a_reversal_after_the_answer_is_left_to_the_organiser(site: Site) -> None:
    olga, order, ann, reference = await a_joiner(site)
    await deliver(site, Told(reference=reference))
    (payment,) = await payments(ann, order)
    assert (await olga.post(f"/payments/{payment['id']}/confirm")).status_code == 200
    await deliver(site, Told(reference=reference, type=REVERSED))
    await deliver(site, Told(reference=reference, minute=5, amount=2_000))
    assert [each["state"] for each in await payments(ann, order)] == ["confirmed"]
    assert await outcomes(site) == ["reported", "too_late", "reversed"]


async def test_the_last_success_of_a_payment_counts(site: Site) -> None:
    _, order, ann, reference = await a_joiner(site)
    for minute, amount in ((1, 1_000), (3, 3_000), (2, 2_000)):
        await deliver(site, Told(reference=reference, minute=minute, amount=amount))
    states = {each["amount"]: each["state"] for each in await payments(ann, order)}
    assert states == {1_000: "withdrawn", 3_000: "reported"}
    assert await outcomes(site) == ["reported", "reported", "superseded"]


async def test_what_fits_no_joiner_is_kept_and_reports_nothing(site: Site) -> None:
    olga, order, _, reference = await a_joiner(site)
    await deliver(site, Told(reference="KC-0000-0000", payment="a"))
    await deliver(site, Told(reference="KC-0000-0000", payment="b", type=REVERSED))
    await deliver(site, Told(reference=reference, payment="c", currency="KRW"))
    await deliver(site, Told(reference=reference, payment="d", type="payment.pending"))
    assert await outcomes(site) == ["unmatched", "unmatched", "currency_mismatch", "ignored"]
    assert await payments(olga, order) == []
    (shown,) = (await olga.get(f"/group-orders/{order}/transactions")).json()["items"]
    assert (shown["outcome"], shown["currency"], shown["amount"]) == (
        "currency_mismatch",
        "KRW",
        1_000,
    )
    await deliver(site, Told(reference=reference, payment="b"))
    assert (await outcomes(site))[4:] == ["reversed"], "by whatever reference it was told"
    assert await payments(olga, order) == []


async def test_nothing_that_a_provider_told_is_ever_changed(site: Site) -> None:
    _, _, _, reference = await a_joiner(site)
    await deliver(site, Told(reference=reference))
    for change in ("UPDATE order_transactions SET amount = 1", "DELETE FROM order_transactions"):
        with pytest.raises(IntegrityError, match=r"append.only|never changed"):
            await site.run(change)


def forgeries(event: Told, now: Any) -> Mapping[str, tuple[bytes, dict[str, str], str]]:
    """What nobody but the provider could have sent, as others would."""
    minutes = timedelta(minutes=5, seconds=2)

    def sent(at: Any = now, **how: str) -> dict[str, str]:
        return signed(event.body, id=event.id, at=at, **how)

    richer = event.body.replace(b"1000", b"9000")
    other_bytes = json.dumps(json.loads(event.body), indent=1).encode()
    a_second_later = {"webhook-timestamp": str(int(now.timestamp()) + 1)}
    bare = {"Content-Type": "application/json"}
    return {
        "another secret": (event.body, sent(secret=ANOTHER), "pay"),
        "an old delivery": (event.body, sent(now - minutes), "pay"),
        "one from later on": (event.body, sent(now + minutes), "pay"),
        "an unknown provider": (event.body, sent(), "nobody"),
        "another body": (richer, sent(), "pay"),
        "the same in other bytes": (other_bytes, sent(), "pay"),
        "another id": (event.body, sent() | {"webhook-id": "evt_other"}, "pay"),
        "another time": (event.body, sent() | a_second_later, "pay"),
        "another version": (event.body, sent(version="v2"), "pay"),
        "no signature": (event.body, sent() | {"webhook-signature": ""}, "pay"),
        "no headers": (event.body, bare, "pay"),
        "nothing but a body": (b"{}", bare, "pay"),
    }


async def test_what_is_forged_writes_nothing(site: Site) -> None:
    _, order, ann, reference = await a_joiner(site)
    event = Told(reference=reference)
    now = (await site.clock()).now()
    for why, (body, headers, provider) in forgeries(event, now).items():
        answer = await send(site, body, headers, provider=provider)
        assert told(answer) == (401, "event-forged"), why
    assert await kept(site) == (0, 0)
    assert await payments(ann, order) == []
    await deliver(site, event)
    assert await kept(site) == (1, 1), "or it would not have been its signature"


async def test_an_installation_without_secrets_believes_nobody(url: str, keys: Any) -> None:
    async with Site(url, keys, webhook_secrets=()) as site:
        event = Told(reference="KC-0000-0000")
        headers = signed(event.body, id=event.id, at=(await site.clock()).now())
        assert told(await send(site, event.body, headers)) == (401, "event-forged")


async def test_a_secret_is_changed_without_losing_an_event(url: str, keys: Any) -> None:
    both = f"pay={ANOTHER},pay={SECRET}"
    async with Site(url, keys, webhook_secrets=both) as site:
        for secret in (SECRET, ANOTHER):
            event = Told(reference="KC-0000-0000", payment=secret[-4:])
            now = (await site.clock()).now()
            headers = signed(event.body, id=event.id, at=now, secret=secret)
            assert (await send(site, event.body, headers)).status_code == 204
        assert await outcomes(site) == ["unmatched"] * 2


UNREADABLE: tuple[tuple[dict[str, Any], str], ...] = (
    ({"amount": 0}, "/data/amount"),
    ({"amount": -5}, "/data/amount"),
    ({"amount": 1.5}, "/data/amount"),
    ({"amount": "1000"}, "/data/amount"),
    ({"amount": 10**13}, "/data/amount"),
    ({"currency": "euro"}, "/data/currency"),
    ({"reference": ""}, "/data/reference"),
    ({"reference": "a\u0000"}, "/data/reference"),
    ({"payment_id": "x" * 121}, "/data/payment_id"),
    ({"payment_id": None}, "/data/payment_id"),
    ({"timestamp": None}, "/timestamp"),
    ({"timestamp": "yesterday"}, "/timestamp"),
    ({"timestamp": "0001-01-01T00:00:00+14:00"}, "/timestamp"),
    ({"type": ""}, "/type"),
)


async def test_a_payment_that_cannot_be_read_is_refused(site: Site) -> None:
    for wrong, pointer in UNREADABLE:
        body = json.loads(Told(reference="KC-0000-0000").body)
        for name, value in wrong.items():
            (body if name in body else body["data"])[name] = value
        sent = json.dumps(body).encode()
        answer = await send(site, sent, signed(sent, id="evt_1", at=(await site.clock()).now()))
        assert told(answer) == (422, "validation-failed"), wrong
        assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
    assert await kept(site) == (0, 0)


NO_EVENTS = {
    b"": 422,
    b"{": 400,
    b"\xff\xfe": 400,
    b"[]": 422,
    b"null": 422,
    b"[" * 100_000: 400,
    b'{"type": "a", "data": ' + b"1" * 5_000 + b"}": 400,
    b" " * (256 * 1024 + 1): 413,
}


async def test_a_body_that_is_no_event_is_refused(site: Site) -> None:
    for body, status in NO_EVENTS.items():
        headers = signed(body, id="evt_1", at=(await site.clock()).now())
        answer = await send(site, body, headers)
        assert answer.status_code == status, answer.text
    assert await kept(site) == (0, 0)


async def test_what_providers_tell_beyond_that_is_left_aside(site: Site) -> None:
    _, order, ann, reference = await a_joiner(site)
    body = json.loads(Told(reference=reference).body)
    body["data"]["card"] = {"last4": "4242", "holder": "\ud800"}
    body["livemode"] = True
    sent = json.dumps(body).encode()
    answer = await send(site, sent, signed(sent, id="evt_1", at=(await site.clock()).now()))
    assert answer.status_code == 204, answer.text
    assert len(await payments(ann, order)) == 1


async def test_everybody_sees_the_events_about_them(site: Site) -> None:
    olga, order, ann, reference = await a_joiner(site)
    bea, eve, staff = await fan(site, "bea"), await fan(site, "eve"), await fan(site, "staff")
    await employ(staff, "moderator")
    theirs = await joined(order, bea)
    for number in range(3):
        await deliver(site, Told(reference=reference, payment=f"a{number}"))
    await deliver(site, Told(reference=theirs, payment="b"))
    path = f"/group-orders/{order}/transactions"
    for reader, count in ((olga, 4), (staff, 4), (ann, 3), (bea, 1), (eve, 0)):
        shown = (await reader.get(path)).json()["items"]
        assert len(shown) == count
        if reader not in (olga, staff):
            assert {each["member_id"] for each in shown} <= {str(reader.id)}
    page = (await ann.get(path, limit=2)).json()
    rest = (await ann.get(path, limit=2, cursor=page["next_cursor"])).json()
    assert [each["external_payment_id"] for each in page["items"]] == ["a2", "a1"]
    assert [each["external_payment_id"] for each in rest["items"]] == ["a0"]
    await olga.block(eve)
    assert told(await eve.get(path)) == (404, "not-found")


async def test_a_reference_is_known_however_a_bank_has_spelt_it(site: Site) -> None:
    _, order, ann, reference = await a_joiner(site)
    spellings = (reference.replace("-", ""), reference.replace("-", " "), reference.lower() + ".")
    for number, spelt in enumerate(spellings, start=1):
        await deliver(site, Told(reference=spelt, payment=f"p{number}"))
        assert len(await payments(ann, order)) == number
