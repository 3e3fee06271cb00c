"""Trades by mail over HTTP, their disputes, and copies that become worse (D.2)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from apps.collection.contract import CopyId
from apps.trading.application.fulfil_trade import NoteDelivery
from apps.trading.domain.legs import LegId, business_days_after
from apps.trading.domain.terms import TradeId
from tests.support.deals import ensure_sound, owners, promises, told
from tests.support.disputes import PLEA, a_moderator, ensure_well
from tests.support.levels import raise_to
from tests.support.mail import a_mailing
from tests.support.site import Member, Site

TRACKED = {"carrier": "Chunghwa Post", "tracking_number": "RR123456789TW"}


class Parcel:
    """Ann and Bea have agreed to swap a copy each by mail."""

    def __init__(self, ann: Member, bea: Member, copies: list[CopyId], trade: Any) -> None:
        self.ann = ann
        self.bea = bea
        self.anns, self.beas = copies
        self.path = f"/trades/{trade['id']}"
        self.legs = {leg["from"]: leg["id"] for leg in trade["legs"]}

    async def ship(self, by: Member, **body: Any) -> Any:
        return await by.post(f"{self.path}/legs/{self.legs[str(by.id)]}/ship", TRACKED | body)

    async def receive(self, by: Member) -> Any:
        giver = self.bea if by is self.ann else self.ann
        return await by.post(f"{self.path}/legs/{self.legs[str(giver.id)]}/receive")


async def a_parcel(site: Site) -> Parcel:
    mailing = await a_mailing(site)
    agreed = await mailing.accept()
    assert agreed.status_code == 200, agreed.text
    copies = [CopyId(UUID(leg["copies"][0]["id"])) for leg in agreed.json()["legs"]]
    return Parcel(mailing.author, mailing.other, copies, agreed.json())


async def test_two_members_swap_by_mail(site: Site) -> None:
    parcel = await a_parcel(site)
    ann, bea = parcel.ann, parcel.bea
    seen = (await ann.get(parcel.path)).json()
    assert [leg["ship_by"] is None for leg in seen["legs"]] == [False, True]
    assert all(leg["must_track"] for leg in seen["legs"]), "they are new"
    assert seen["allowed_actions"] == ["ship", "cancel", "dispute"]
    untracked = await parcel.ship(ann, tracking_number=None)
    assert told(untracked) == (422, "tracking-required")
    sent = await parcel.ship(ann, revision=1)
    assert (sent.status_code, sent.json()["state"]) == (200, "fulfilling"), sent.text
    assert sent.json()["legs"][0]["tracking_number"] == TRACKED["tracking_number"]
    copy = (await ann.get(f"/me/copies/{parcel.anns}")).json()
    assert copy["state"] == "in_transit"
    for body in ({"condition": "light"}, {"note": "lost"}, {"for_trade": False}):
        answer = await ann.patch(f"/me/copies/{parcel.anns}", body)
        assert told(answer) == (409, "copy-on-its-way")
    assert told(await ann.delete(f"/me/copies/{parcel.anns}")) == (409, "copy-on-its-way")
    assert told(await ann.post(f"{parcel.path}/cancel")) == (409, "invalid-transition")
    assert (await parcel.ship(bea)).status_code == 200
    assert (await parcel.receive(bea)).json()["state"] == "fulfilling"
    done = await parcel.receive(ann)
    assert (done.status_code, done.json()["state"]) == (200, "completed"), done.text
    assert await owners(site, parcel.anns, parcel.beas) == [bea.id, ann.id]
    await ensure_sound(site)


@pytest.mark.parametrize("where", ["counter", "accept"])
async def test_tracking_is_asked_for_by_either_of_two_who_are_not_new(
    site: Site, where: str
) -> None:
    mailing = await a_mailing(site)
    ann, bea = mailing.author, mailing.other
    await raise_to(1, ann, bea)
    (mine, theirs) = (leg["copies"][0]["id"] for leg in mailing.shown["legs"])
    terms = {"revision": 1, "give": [theirs], "take": [mine], "address_id": mailing.work}
    if where == "counter":
        countered = await bea.post(f"{mailing.path}/counter", terms | {"tracked": True})
        assert (countered.status_code, countered.json()["tracked"]) == (200, True), countered.text
        agreed = await ann.post(f"{mailing.path}/accept", {"revision": 2, "address_id": None})
    else:
        unchanged = await bea.post(f"{mailing.path}/counter", terms)
        assert told(unchanged) == (422, "nothing-changed")
        consent = {"revision": 1, "address_id": mailing.work, "tracked": True}
        agreed = await bea.post(f"{mailing.path}/accept", consent)
    assert agreed.status_code == 200, agreed.text
    assert [leg["must_track"] for leg in agreed.json()["legs"]] == [True, True]


async def test_the_second_is_waited_for_once_the_carrier_has_delivered_to_them(site: Site) -> None:
    parcel = await a_parcel(site)
    first, second = (parcel.legs[str(member.id)] for member in (parcel.ann, parcel.bea))
    sent = await parcel.ship(parcel.ann)
    ship_by = {leg["id"]: leg["ship_by"] for leg in sent.json()["legs"]}
    assert ship_by[second] is None, "anybody can make up a number"
    note, now = await site.port(NoteDelivery), (await site.clock()).now()
    await note(TradeId(UUID(sent.json()["id"])), LegId(UUID(first)), delivered_at=now)
    seen = (await parcel.bea.get(parcel.path)).json()
    ship_by = {leg["id"]: leg["ship_by"] for leg in seen["legs"]}
    until = datetime.fromisoformat(ship_by[second])
    assert timedelta() <= until - business_days_after(now, 3) < timedelta(minutes=1)
    await ensure_sound(site)


async def test_a_leg_is_shipped_by_its_giver_and_received_by_its_receiver(site: Site) -> None:
    parcel, eve = await a_parcel(site), await site.join("eve")
    hers = parcel.legs[str(parcel.ann.id)]
    for wrong, status, code in (
        (parcel.bea, 409, "invalid-transition"),
        (eve, 404, "not-found"),
    ):
        answer = await wrong.post(f"{parcel.path}/legs/{hers}/ship", TRACKED)
        assert told(answer) == (status, code)
    assert told(await parcel.receive(parcel.bea)) == (409, "invalid-transition")
    nowhere = await parcel.ann.post(f"{parcel.path}/legs/{parcel.ann.id}/ship", TRACKED)
    assert told(nowhere) == (404, "not-found")
    stale = await parcel.ship(parcel.ann, revision=2)
    assert told(stale) == (409, "stale-revision")
    assert await promises(site, parcel.anns) != {parcel.anns: []}


async def test_a_dispute_stops_the_trade_until_its_opener_goes_on(site: Site) -> None:
    parcel = await a_parcel(site)
    early = await parcel.bea.post(f"{parcel.path}/dispute", {"kind": "not_arrived", "text": "No."})
    assert told(early) == (422, "dispute-unfounded")
    await parcel.ship(parcel.ann)
    wrong: dict[str, Any] = {"kind": "wrong_item", "text": "Another card.", "revision": 1}
    unseen = await parcel.bea.post(f"{parcel.path}/dispute", wrong)
    assert told(unseen) == (422, "evidence-missing")
    assert [each["pointer"] for each in unseen.json()["errors"]] == ["/evidence"]
    wrong["evidence"] = ["https://cards.example/1.png"]
    opened = await parcel.bea.post(f"{parcel.path}/dispute", wrong)
    assert (opened.status_code, opened.json()["state"]) == (200, "disputed"), opened.text
    assert opened.json()["dispute"]["opener"] == str(parcel.bea.id)
    assert opened.json()["due_at"] is None
    for member in (parcel.ann, parcel.bea):
        assert told(await parcel.receive(member)) == (409, "invalid-transition")
    assert told(await parcel.ann.post(f"{parcel.path}/resume")) == (409, "invalid-transition")
    resumed = await parcel.bea.post(f"{parcel.path}/resume", {"revision": 1})
    assert (resumed.status_code, resumed.json()["state"]) == (200, "fulfilling"), resumed.text
    assert (resumed.json()["dispute"], resumed.json()["due_at"] is None) == (None, False)
    assert (await parcel.receive(parcel.bea)).status_code == 200
    await ensure_sound(site)


@pytest.mark.parametrize(("verdict", "becomes"), [("void", "missing"), ("return", "returned")])
async def test_a_moderator_finds_what_became_of_a_parcel(
    site: Site, verdict: str, becomes: str
) -> None:
    parcel, mia = await a_parcel(site), await a_moderator(site, "mia")
    path = f"{parcel.path}/dispute"
    answers = [
        await parcel.ship(parcel.ann),
        await parcel.bea.post(path, {"kind": "wrong_item", **PLEA}),
        await parcel.ann.post(f"{parcel.path}/statements", {"text": "It was in there."}),
    ]
    case = (await parcel.bea.get(path)).json()["id"]
    decision = {"verdict": verdict, "at_fault": [], "reason": "Nobody knows."}
    answers.append(await mia.post(f"/admin/cases/{case}/decide", decision))
    ensure_well(answers)
    (sent, _) = (await parcel.ann.get(parcel.path)).json()["legs"]
    assert sent["state"] == becomes
    assert (await parcel.ann.get(f"/me/copies/{parcel.anns}")).json()["state"] == "held"
    assert await owners(site, parcel.anns, parcel.beas) == [parcel.ann.id, parcel.bea.id]
    assert await promises(site, parcel.anns, parcel.beas) == {parcel.anns: [], parcel.beas: []}


async def test_a_copy_that_becomes_worse_asks_the_other_again(site: Site) -> None:
    parcel = await a_parcel(site)
    copy = f"/me/copies/{parcel.anns}"
    worse = await parcel.ann.send("PATCH", copy, {"condition": "light"})
    assert worse.status_code == 200, worse.text
    better = await parcel.ann.send("PATCH", copy, {"condition": "mint"})
    assert told(better) == (409, "copy-already-promised")
    trade = (await parcel.bea.get(parcel.path)).json()
    assert (trade["state"], trade["revision"], trade["turn"]) == (
        "proposed",
        2,
        str(parcel.bea.id),
    )
    held = await promises(site, parcel.anns, parcel.beas)
    assert all(len(agreements) == 1 for agreements in held.values()), "both stay promised"
    stale = await parcel.bea.post(f"{parcel.path}/accept", {"revision": 1})
    assert told(stale) == (409, "stale-revision")
    again = await parcel.bea.post(f"{parcel.path}/accept", {"revision": 2, "address_id": None})
    assert (again.status_code, again.json()["state"]) == (200, "accepted"), again.text
    await ensure_sound(site)


async def test_a_reopened_trade_can_be_left(site: Site) -> None:
    parcel = await a_parcel(site)
    await parcel.ann.send("PATCH", f"/me/copies/{parcel.anns}", {"condition": "light"})
    left = await parcel.bea.post(f"{parcel.path}/reject", {"revision": 2})
    assert (left.status_code, left.json()["state"]) == (200, "rejected")
    assert await promises(site, parcel.anns, parcel.beas) == {parcel.anns: [], parcel.beas: []}
