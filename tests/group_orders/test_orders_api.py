"""Drafting, opening, changing and finding group orders, over HTTP."""

from typing import Any
from uuid import UUID

from sqlalchemy import insert
from uuid_utils.compat import uuid7

from apps.group_orders.infrastructure.models import OrderJoinerModel
from tests.group_orders.orders import RULES, a_draft, an_order, drafting, fan, organiser
from tests.support.authenticators import employ
from tests.support.deals import told
from tests.support.levels import confirm_address, raise_to
from tests.support.site import Member, Site


async def joined(order: str, member: Member) -> None:
    """As a claim will do it."""
    clock = await member.site.clock()
    row = {"group_order_id": UUID(order), "member_id": member.id, "rules_version": 1}
    row |= {"reference": member.id.hex[-8:], "joined_at": clock.now()}
    await member.site.change(insert(OrderJoinerModel).values(row))


async def test_a_draft_is_for_who_runs_it(site: Site) -> None:
    olga, ann = await organiser(site), await fan(site, "ann")
    answer = await olga.post("/group-orders", await drafting(site, description="All versions"))
    assert answer.status_code == 201, answer.text
    order = answer.json()
    assert answer.headers["Location"] == f"/api/v1/group-orders/{order['id']}"
    assert (order["state"], order["my_part"], order["joiners"]) == ("draft", "organiser", 0)
    assert order["organiser"] == {"id": str(olga.id), "nickname": "olga"}
    assert order["allowed_actions"] == ["change", "open", "cancel"]
    assert (order["currency"], order["currency_digits"]) == ("EUR", 2)
    assert order["rules"]["version"] == 1
    assert (await olga.get(f"/group-orders/{order['id']}")).json() == order
    assert told(await ann.get(f"/group-orders/{order['id']}")) == (404, "not-found")
    assert (await ann.get("/group-orders")).json()["items"] == []
    assert [each["id"] for each in (await olga.get("/group-orders")).json()["items"]] == [
        order["id"]
    ]


async def test_an_open_order_is_for_every_member(site: Site) -> None:
    olga, ann = await organiser(site), await fan(site, "ann")
    order = await an_order(olga, payment_details="IBAN on request")
    seen = (await ann.get(f"/group-orders/{order}")).json()
    assert (seen["state"], seen["my_part"], seen["allowed_actions"]) == ("open", "stranger", [])
    assert seen["opened_at"] is not None
    assert seen["payment_details"] is None
    await joined(order, ann)
    seen = (await ann.get(f"/group-orders/{order}")).json()
    assert (seen["my_part"], seen["payment_details"]) == ("joiner", "IBAN on request")
    assert seen["my_joining"]["rules_version"] == 1
    assert seen["joiners"] == 1
    changes = {"rules": "Pay at once.", "late_fee": 500}
    assert (await olga.patch(f"/group-orders/{order}", changes)).status_code == 200
    seen = (await ann.get(f"/group-orders/{order}")).json()
    assert (seen["rules"]["version"], seen["rules"]["text"]) == (2, "Pay at once.")
    accepted = seen["my_joining"]["rules"]
    assert (accepted["version"], accepted["text"], accepted["late_fee"]) == (1, RULES, None)


async def test_organisers_are_trusted(site: Site) -> None:
    ann = await fan(site, "ann", level=1)
    assert told(await ann.post("/group-orders", await drafting(site))) == (
        403,
        "trust-level-too-low",
    )
    dan = await site.join("dan")
    await raise_to(2, dan)
    assert told(await dan.post("/group-orders", await drafting(site))) == (
        403,
        "email-not-verified",
    )


async def test_who_has_lost_that_trust_opens_nothing(site: Site) -> None:
    olga = await organiser(site)
    order = await a_draft(olga)
    await raise_to(1, olga)
    assert told(await olga.post(f"/group-orders/{order}/open")) == (403, "trust-level-too-low")


async def test_what_no_order_can_be_is_refused(site: Site) -> None:
    olga = await organiser(site)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"currency": "XXX"}, "/currency"),
        ({"destination": "XX"}, "/destination"),
        ({"ways": []}, "/ways"),
        ({"ways": ["mail", "mail"]}, "/ways"),
        ({"rules": ""}, "/rules"),
        ({"late_fee": 0}, "/late_fee"),
        ({"min_trust_level": 4}, "/min_trust_level"),
    ]
    for wrong, pointer in cases:
        answer = await olga.post("/group-orders", await drafting(site, **wrong))
        assert told(answer) == (422, "validation-failed"), wrong
        assert answer.json()["errors"][0]["pointer"] == pointer, wrong


async def test_words_that_all_read_hold_no_contacts(site: Site) -> None:
    olga = await organiser(site)
    for words in ("title", "description", "rules", "seller_name"):
        body = await drafting(site, **{words: "a@b.example"})
        answer = await olga.post("/group-orders", body)
        assert told(answer) == (422, "contact-data"), words
        assert answer.json()["errors"][0]["pointer"] == f"/{words}"


async def test_what_an_order_is_about_exists(site: Site) -> None:
    olga = await organiser(site)
    nowhere = str(uuid7())
    for wrong, pointer in (
        ({"group_id": nowhere}, "/group_id"),
        ({"release_id": nowhere}, "/release_id"),
        ({"co_organiser_id": nowhere}, "/co_organiser_id"),
    ):
        answer = await olga.post("/group-orders", await drafting(site, **wrong))
        assert told(answer) == (404, "not-found")
        assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_co_organiser_runs_it_too(site: Site) -> None:
    olga, cora = await organiser(site), await organiser(site, "cora")
    order = await a_draft(olga, co_organiser_id=str(cora.id))
    opened = await cora.post(f"/group-orders/{order}/open")
    assert (opened.status_code, opened.json()["my_part"]) == (200, "co_organiser")
    mine = await cora.get("/group-orders", mine="true")
    assert [each["id"] for each in mine.json()["items"]] == [order]


async def test_the_co_organiser_is_somebody_else_who_is_trusted(site: Site) -> None:
    olga, ann = await organiser(site), await fan(site, "ann", level=1)
    body = await drafting(site, co_organiser_id=str(olga.id))
    assert told(await olga.post("/group-orders", body)) == (422, "co-organiser-is-you")
    body = await drafting(site, co_organiser_id=str(ann.id))
    assert told(await olga.post("/group-orders", body)) == (403, "trust-level-too-low")


async def test_one_order_is_open_at_once(site: Site) -> None:
    olga = await organiser(site)
    _ = await an_order(olga)
    second = await a_draft(olga)
    answer = await olga.post(f"/group-orders/{second}/open")
    assert told(answer) == (422, "limit-exceeded")
    assert answer.json()["limit_key"] == "group_orders_open_max"


async def test_ten_drafts_are_kept(site: Site) -> None:
    olga = await organiser(site)
    for _ in range(10):
        _ = await a_draft(olga)
    answer = await olga.post("/group-orders", await drafting(site))
    assert answer.json()["limit_key"] == "group_order_drafts_max"


async def test_a_draft_changes_and_an_open_order_keeps_its_terms(site: Site) -> None:
    olga = await organiser(site)
    order = await a_draft(olga)
    path = f"/group-orders/{order}"
    changed = (await olga.patch(path, {"currency": "KRW", "ways": ["in_person"]})).json()
    assert (changed["currency"], changed["currency_digits"]) == ("KRW", 0)
    assert changed["ways"] == ["in_person"]
    _ = await olga.post(f"{path}/open")
    answer = await olga.patch(path, {"currency": "EUR", "title": "New"})
    assert told(answer) == (409, "fixed-once-open")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/currency"]
    changed = (await olga.patch(path, {"title": "New", "currency": "KRW"})).json()
    assert changed["title"] == "New"
    assert changed["rules"]["version"] == 1


async def test_other_rules_are_a_new_version(site: Site) -> None:
    olga = await organiser(site)
    path = f"/group-orders/{await an_order(olga)}"
    same = (await olga.patch(path, {"rules": RULES})).json()
    assert same["rules"]["version"] == 1
    dearer = (await olga.patch(path, {"late_fee": 300})).json()["rules"]
    assert (dearer["version"], dearer["late_fee"], dearer["text"]) == (2, 300, RULES)


async def test_others_change_nothing(site: Site) -> None:
    olga, ann, staff = await organiser(site), await fan(site, "ann"), await fan(site, "staff")
    await employ(staff, "moderator")
    await confirm_address(staff)
    path = f"/group-orders/{await an_order(olga)}"
    for other in (ann, staff):
        assert told(await other.patch(path, {"title": "Mine"})) == (403, "organisers-only")
        for command in ("open", "lock"):
            assert told(await other.post(f"{path}/{command}")) == (403, "organisers-only")
        tags = {"tags": ["mine"]}
        assert told(await other.send("PUT", f"{path}/tags", tags)) == (403, "organisers-only")


async def test_who_was_blocked_sees_nothing_unless_they_had_joined(site: Site) -> None:
    olga, ann, bea = await organiser(site), await fan(site, "ann"), await fan(site, "bea")
    order = await an_order(olga)
    await joined(order, bea)
    await olga.block(ann)
    await bea.block(olga)
    assert told(await ann.get(f"/group-orders/{order}")) == (404, "not-found")
    assert (await ann.get("/group-orders")).json()["items"] == []
    assert (await bea.get(f"/group-orders/{order}")).status_code == 200
    (seen,) = (await bea.get("/group-orders")).json()["items"]
    assert seen["organiser"] == {"id": str(olga.id), "nickname": None}


async def test_an_order_is_locked_once(site: Site) -> None:
    olga = await organiser(site)
    path = f"/group-orders/{await a_draft(olga)}"
    assert told(await olga.post(f"{path}/lock")) == (409, "invalid-transition")
    _ = await olga.post(f"{path}/open")
    assert (await olga.post(f"{path}/lock")).json()["state"] == "locked"
    answer = await olga.post(f"{path}/lock")
    assert told(answer) == (409, "invalid-transition")
    assert answer.json()["allowed_actions"] == ["change", "cancel"]


async def test_two_spellings_of_a_tag_are_one(site: Site) -> None:
    olga, cora = await organiser(site), await organiser(site, "cora")
    first, second = await an_order(olga), await an_order(cora)
    put = await olga.send("PUT", f"/group-orders/{first}/tags", {"tags": ["First Press", "에스파"]})
    assert put.json() == {"tags": ["First Press", "에스파"]}
    put = await cora.send("PUT", f"/group-orders/{second}/tags", {"tags": ["first-press"]})
    assert put.json() == {"tags": ["First Press"]}
    assert (await olga.get(f"/group-orders/{second}/tags")).json() == {"tags": ["First Press"]}
    found = (await olga.get("/group-orders", tag="FIRST press")).json()["items"]
    assert {each["id"] for each in found} == {first, second}
    _ = await olga.send("PUT", f"/group-orders/{first}/tags", {"tags": []})
    found = (await olga.get("/group-orders", tag="first press")).json()["items"]
    assert {each["id"] for each in found} == {second}
    wrong = await olga.send("PUT", f"/group-orders/{first}/tags", {"tags": ["ok", "!!"]})
    assert told(wrong) == (422, "no-tag")
    assert wrong.json()["errors"][0]["pointer"] == "/tags/1"


async def test_orders_are_listed_by_what_they_are(site: Site) -> None:
    olga, cora, ann = await organiser(site), await organiser(site, "cora"), await fan(site, "ann")
    first, second = await an_order(olga), await an_order(cora)
    _ = await cora.post(f"/group-orders/{second}/lock")
    group = (await ann.get(f"/group-orders/{first}")).json()["group_id"]
    await joined(second, ann)
    for query, found in (
        ({}, [second, first]),
        ({"state": ["open"]}, [first]),
        ({"state": ["open", "locked"]}, [second, first]),
        ({"organiser": str(cora.id)}, [second]),
        ({"group": group}, [second, first]),
        ({"group": str(uuid7())}, []),
        ({"mine": "true"}, [second]),
        ({"tag": "none"}, []),
    ):
        listed = (await ann.get("/group-orders", **query)).json()["items"]
        assert [each["id"] for each in listed] == found, query
    page = (await ann.get("/group-orders", limit=1)).json()
    assert [each["id"] for each in page["items"]] == [second]
    rest = (await ann.get("/group-orders", limit=1, cursor=page["next_cursor"])).json()
    assert [each["id"] for each in rest["items"]] == [first]
