"""The ledger of a group order, its statement and who sees which rows, over HTTP."""

import csv
import io
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from uuid_utils.compat import uuid7

from apps.group_orders.infrastructure.models import GroupOrderModel
from tests.group_orders.money import Shop, a_shop, ensure_balanced
from tests.group_orders.orders import fan, moderator
from tests.support.deals import told
from tests.support.site import Member, Site


@pytest.fixture
async def shop(site: Site) -> Shop:
    return await a_shop(site)


async def test_an_entry_is_reversed_once_and_what_it_stated_with_it(shop: Shop) -> None:
    _ = await shop.bill()
    _ = await shop.pay(shop.ann, 1500)
    *dues, _reported, confirmed = await shop.ledger(shop.olga)
    due = next(each for each in dues if each["amount"] == 500)

    async def reverse(entry: str, reason: str = "A mistake.") -> Any:
        body = {"reverses": entry, "reason": reason}
        return await shop.olga.post(f"{shop.path}/ledger", body)

    answer = await reverse(due["id"])
    assert answer.status_code == 201, answer.text
    reversal = answer.json()
    assert (reversal["kind"], reversal["reverses_id"], reversal["owed"]) == (
        *("reversal", due["id"], -500),
    )
    assert ("item", 500, 0, "reversed") in await shop.dues(shop.ann)
    assert told(await reverse(due["id"])) == (409, "already-reversed")
    assert told(await reverse(reversal["id"])) == (409, "not-reversible")
    assert told(await reverse(str(uuid7()))) == (404, "not-found")
    assert told(await reverse(confirmed["id"], "Ask a@b.example")) == (422, "contact-data")
    assert (await reverse(confirmed["id"])).status_code == 201
    (payment,) = (await shop.olga.get(f"{shop.path}/payments")).json()["items"]
    assert (payment["state"], payment["answered_at"]) == ("reported", None)
    _ = await shop.olga.post(f"/payments/{payment['id']}/confirm")
    assert await shop.owed(shop.ann) == -500
    seen = {each["id"]: each["reversed_by_id"] for each in await shop.ledger(shop.olga)}
    assert seen[due["id"]] == reversal["id"]
    await ensure_balanced(shop.site)


async def test_what_joiners_have_stated_is_not_reversed(shop: Shop) -> None:
    payment = await shop.pay(shop.ann, 100)
    body = {"member_id": str(shop.ann.id), "amount": 60, "reason": "Too much."}
    refund = (await shop.olga.post(f"{shop.path}/refunds", body)).json()["id"]
    reported, confirmed, promised = await shop.ledger(shop.olga)

    async def reverse(entry: Any) -> tuple[int, str | None]:
        body = {"reverses": entry["id"], "reason": "A mistake."}
        answer = await shop.olga.post(f"{shop.path}/ledger", body)
        return (201, "") if answer.status_code == 201 else told(answer)

    assert await reverse(reported) == (409, "not-reversible")
    assert await reverse(confirmed) == (409, "already-refunded")
    assert await reverse(promised) == (201, "")
    assert await shop.refunds(shop.ann) == [(60, "withdrawn")]
    assert await reverse(confirmed) == (201, "")
    assert (await shop.olga.post(f"/payments/{payment}/confirm")).status_code == 200
    assert told(await shop.ann.post(f"/refunds/{refund}/confirm")) == (409, "invalid-transition")
    await ensure_balanced(shop.site)


async def test_everybody_sees_exactly_their_rows(shop: Shop) -> None:
    stranger, mod = await fan(shop.site, "cleo"), await moderator(shop.site)
    _ = await shop.bill()
    for payer in (shop.ann, shop.bea):
        _ = await shop.pay(payer, 2500)
        body = {"member_id": str(payer.id), "amount": 100, "reason": "Too much."}
        assert (await shop.olga.post(f"{shop.path}/refunds", body)).status_code == 201

    async def seen(by: Member, path: str) -> set[str]:
        answer = (await by.get(f"{shop.path}/{path}")).json()
        return {each["member"]["id"] for each in answer.get("items", answer.get("members"))}

    async def exported(by: Member) -> set[str]:
        text = (await by.get(f"{shop.path}/ledger/export")).text
        return {row["member_id"] for row in csv.DictReader(io.StringIO(text))}

    ann, bea = str(shop.ann.id), str(shop.bea.id)
    for by, whose in (
        *((shop.olga, {ann, bea}), (mod, {ann, bea})),
        *((shop.ann, {ann}), (shop.bea, {bea}), (stranger, set())),
    ):
        for path in ("dues", "payments", "refunds", "ledger", "statement"):
            assert await seen(by, path) == whose, (by.nickname, path)
        assert await exported(by) == whose
    accounts = (await shop.ann.get(f"{shop.path}/statement")).json()["accounts"]
    assert accounts == [], "what all have paid is not hers to know"


async def test_a_statement_is_the_sum_of_the_entries_and_of_the_file(shop: Shop) -> None:
    _ = await shop.bill()
    _ = await shop.bill("adjustment", total=-30, member_id=str(shop.ann.id), note="=1+1")
    _ = await shop.pay(shop.ann, 1470)
    second = await shop.pay(shop.ann, 25, confirmed=False)
    _ = await shop.olga.post(f"/payments/{second}/dispute", {"reason": "No."})
    _ = await shop.pay(shop.ann, 10)
    body = {"member_id": str(shop.ann.id), "amount": 10, "reason": "Too much."}
    _ = await shop.olga.post(f"{shop.path}/refunds", body)
    credit = next(each for each in await shop.ledger(shop.olga) if each["owed"] == -30)
    body = {"reverses": credit["id"], "reason": "=cmd|' /C calc'!A0"}
    assert (await shop.olga.post(f"{shop.path}/ledger", body)).status_code == 201
    for by in (shop.olga, shop.ann):
        statement = (await by.get(f"{shop.path}/statement")).json()
        line = next(x for x in statement["members"] if x["member"]["nickname"] == "ann")
        entries = [x for x in await shop.ledger(by) if x["member"]["nickname"] == "ann"]
        file = await by.get(f"{shop.path}/ledger/export")
        rows = [x for x in csv.DictReader(io.StringIO(file.text)) if x["member"] == "ann"]
        assert file.headers["Content-Type"].startswith("text/csv")
        for figure in (
            sum(entry["owed"] for entry in entries),
            sum(int(row["owed"]) for row in rows),
            line["charged"] - line["reported"] + line["disputed"] + line["refunds_promised"],
        ):
            assert figure == line["owed"] == 30
        assert (line["charged"], line["reported"], line["confirmed"]) == (1500, 1505, 1480)
        assert [row["id"] for row in rows] == [entry["id"] for entry in entries]
        assert [int(row["amount"]) for row in rows] == [entry["amount"] for entry in entries]
        assert rows[-1]["note"] == "'=cmd|' /C calc'!A0", "no formula for a spreadsheet"


async def test_the_ledger_is_read_in_pages(shop: Shop) -> None:
    _ = await shop.bill()
    first = (await shop.olga.get(f"{shop.path}/ledger", limit=2)).json()
    assert [each["sequence"] for each in first["items"]] == [3, 2]
    cursor = first["next_cursor"]
    rest = (await shop.olga.get(f"{shop.path}/ledger", limit=2, cursor=cursor)).json()
    assert [each["sequence"] for each in rest["items"]] == [1]
    assert rest["next_cursor"] is None


async def test_money_moves_in_orders_that_are_in_use(shop: Shop) -> None:
    payment = await shop.pay(shop.ann, 10, confirmed=False)
    now = (await shop.site.clock()).now()
    closed = update(GroupOrderModel).where(GroupOrderModel.id == UUID(shop.order))
    await shop.site.change(closed.values(state="closed", ended_at=now))
    assert told(await shop.bill()) == (409, "invalid-transition")
    body = {"amount": 5, "method": "Cash"}
    assert told(await shop.ann.post(f"{shop.path}/payments", body)) == (409, "invalid-transition")
    assert (await shop.olga.post(f"/payments/{payment}/confirm")).status_code == 200
    body = {"member_id": str(shop.ann.id), "amount": 1, "reason": "No."}
    assert told(await shop.olga.post(f"{shop.path}/refunds", body)) == (409, "invalid-transition")


async def test_others_run_nothing(shop: Shop) -> None:
    _ = await shop.bill()
    (*_, entry) = await shop.ledger(shop.olga)
    mod, due_at = await moderator(shop.site), "2030-01-01T00:00:00Z"
    for path, body in (
        ("dues", {"kind": "item", "due_at": due_at}),
        ("refunds", {"member_id": str(shop.ann.id), "amount": 1, "reason": "No."}),
        ("ledger", {"reverses": entry["id"], "reason": "No."}),
    ):
        for other in (shop.ann, mod):
            answer = await other.post(f"{shop.path}/{path}", body)
            assert told(answer) == (403, "organisers-only")


async def test_what_was_promised_before_an_order_is_called_off_stays_promised(site: Site) -> None:
    shop = await a_shop(site)
    _ = await shop.pay(shop.ann, 1500)
    body = {"member_id": str(shop.ann.id), "amount": 1500, "reason": "Nothing is due yet."}
    assert (await shop.olga.post(f"{shop.path}/refunds", body)).status_code == 201
    answer = await shop.olga.post(f"{shop.path}/cancel", {"reason": "The shop is sold out."})
    assert answer.status_code == 200, answer.text
    (promised,) = [e for e in await shop.ledger(shop.olga) if e["kind"] == "refund_promised"]
    reversing = {"reverses": promised["id"], "reason": "I keep it."}
    answer = await shop.olga.post(f"{shop.path}/ledger", reversing)
    assert told(answer) == (409, "not-reversible")
    assert await shop.refunds(shop.ann) == [(1500, "promised")]
