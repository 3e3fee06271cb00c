"""Disputes and what their parties say, over HTTP (T14, T15, T18)."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from apps.operations.infrastructure.invariants import broken
from apps.trading.application.end_trade import ExpireTrades
from apps.trading.domain.moves import State
from apps.trading.infrastructure.cases import DisputeCaseModel
from apps.trading.infrastructure.models import TradeLegModel, TradeModel
from tests.support.deals import a_deal, promises, told
from tests.support.disputes import (
    COMPLAINT,
    PLEA,
    Quarrel,
    a_moderator,
    a_quarrel,
    ensure_well,
)
from tests.support.site import Member, Site

DAY = timedelta(days=1)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def mia(site: Site) -> Member:
    return await a_moderator(site, "mia")


@pytest.fixture
async def quarrel(site: Site) -> Quarrel:
    return await a_quarrel(site, heard=True)


async def test_a_dispute_opens_a_case_with_what_its_opener_says(site: Site) -> None:
    quarrel = await a_quarrel(site)
    ann, bea = quarrel.deal.author, quarrel.deal.other
    shown = (await ann.get(f"{quarrel.deal.path}/dispute")).json()
    assert (shown["state"], shown["kind"]) == ("open", "confirmation_false")
    assert (shown["opener"], shown["trade_id"]) == (str(bea.id), str(quarrel.deal.id))
    (statement,) = shown["statements"]
    assert statement.pop("made_at") == shown["opened_at"]
    assert statement == {"author_id": str(bea.id), **PLEA}
    assert (shown["decision"], shown["appeal"], shown["appeal_until"]) == (None, None, None)
    assert shown["allowed_actions"] == ["state"]
    assert await quarrel.deal.state() is State.DISPUTED
    assert all((await promises(site, *quarrel.deal.give, *quarrel.deal.take)).values())


async def test_every_party_answers_while_it_is_open(quarrel: Quarrel, mia: Member) -> None:
    ann, bea = quarrel.deal.author, quarrel.deal.other
    answer = await bea.post(f"{quarrel.deal.path}/statements", {"text": "No.\nNever."})
    assert [each["text"] for each in answer.json()["statements"]] == [
        PLEA["text"],
        "We did.",
        "No.\nNever.",
    ]
    assert answer.json() == (await ann.get(f"{quarrel.deal.path}/dispute")).json()
    ensure_well([await quarrel.decide(mia)])
    late = await ann.post(f"{quarrel.deal.path}/statements", {"text": "But …"})
    assert (*told(late), late.json()["state"]) == (409, "invalid-case-step", "decided")


async def test_a_party_says_at_most_ten_things(site: Site) -> None:
    quarrel = await a_quarrel(site)
    path = f"{quarrel.deal.path}/statements"
    ensure_well([await quarrel.deal.other.post(path, PLEA) for _ in range(9)])
    assert told(await quarrel.deal.other.post(path, PLEA)) == (409, "enough-said")
    assert (await quarrel.deal.other.get(f"{quarrel.deal.path}/dispute")).json()[
        "allowed_actions"
    ] == []
    ensure_well([await quarrel.deal.author.post(path, PLEA)])


async def test_what_is_told_is_bounded_and_links_are_https(site: Site) -> None:
    quarrel = await a_quarrel(site)
    for body in (
        {},
        {"text": ""},
        {"text": "x" * 2_001},
        {"text": "Look", "evidence": ["http://cards.example/1.png"]},
        {"text": "Look", "evidence": ["javascript://cards.example"]},
        {"text": "Look", "evidence": ["javascript:alert(1)"]},
        {"text": "Look", "evidence": ["see HTTP://cards.example/1.png"]},
        {"text": "Look", "evidence": ["ftp://cards.example/1.png"]},
        {"text": "Look", "evidence": ["https://"]},
        {"text": "Look", "evidence": ["https:///1.png"]},
        {"text": "Look", "evidence": ["https://cards..example"]},
        {"text": "Look", "evidence": ["https://-cards.example"]},
        {"text": "Look", "evidence": ["https://cards.example:port"]},
        {"text": "Look", "evidence": ["https://cards.example/%zz"]},
        {"text": "Look", "evidence": ["a"] * 6},
        {"text": "Look", "evidence": ["a" * 501]},
        {"text": "Look", "evidence": ["twice", "twice"]},
    ):
        answer = await quarrel.deal.author.post(f"{quarrel.deal.path}/statements", body)
        assert told(answer) == (422, "validation-failed"), body
    untold = {"kind": "confirmation_false"}
    answer = await quarrel.deal.author.post(f"{quarrel.deal.path}/dispute", untold)
    assert told(answer) == (422, "validation-failed")


@pytest.mark.parametrize(
    "reference",
    [
        "Tracking: RR1",
        "note: see photo",
        "Tracking:RR1",
        "1:0 for me",
        "data: none",
        "https://cards.example",
        "HTTPS://cards.example:8443/1.png?big=1#top",
        "see https://cards.example/%20a, and <https://사진.example/1>",
    ],
)
async def test_texts_are_no_links_and_links_are_kept_as_they_are(
    quarrel: Quarrel, reference: str
) -> None:
    said = {"text": "Look", "evidence": [reference]}
    answer = await quarrel.deal.author.post(f"{quarrel.deal.path}/statements", said)
    assert answer.status_code == 200, answer.text
    assert answer.json()["statements"][-1]["evidence"] == [reference]


async def test_strangers_see_and_say_nothing(site: Site, quarrel: Quarrel, mia: Member) -> None:
    for eve in (await site.join("eve"), mia):
        path = quarrel.deal.path
        assert told(await eve.get(f"{path}/dispute")) == (404, "not-found")
        assert told(await eve.post(f"{path}/statements", PLEA)) == (404, "not-found")
        assert told(await quarrel.appeal(eve)) == (404, "not-found")


async def test_where_nothing_was_disputed_there_is_no_case(site: Site) -> None:
    deal = await a_deal(site)
    assert told(await deal.author.get(f"{deal.path}/dispute")) == (404, "not-found")
    assert told(await deal.author.post(f"{deal.path}/statements", PLEA)) == (404, "not-found")
    assert told(await deal.author.post(f"{deal.path}/appeal", {"text": "No"})) == (404, "not-found")


async def test_a_case_is_withdrawn_when_the_trade_goes_on_and_a_new_one_opened_for_the_next(
    quarrel: Quarrel,
) -> None:
    ann, bea, path = quarrel.deal.author, quarrel.deal.other, quarrel.deal.path
    ensure_well([await bea.post(f"{path}/resume")])
    assert (await ann.get(f"{path}/dispute")).json()["state"] == "withdrawn"
    late = await ann.post(f"{path}/statements", PLEA)
    assert (*told(late), late.json()["state"]) == (409, "invalid-case-step", "withdrawn")
    ensure_well([await ann.post(f"{path}/dispute", COMPLAINT)])
    shown = (await bea.get(f"{path}/dispute")).json()
    assert (shown["state"], shown["opener"], len(shown["statements"])) == ("open", str(ann.id), 1)
    found = await broken(await quarrel.site.engine())
    assert found["a disputed trade has one open case, and an open case a disputed trade"] == 0


async def test_a_second_dispute_of_ones_own_ends_by_a_decision_or_by_all(
    quarrel: Quarrel,
) -> None:
    ann, bea, path = quarrel.deal.author, quarrel.deal.other, quarrel.deal.path
    ensure_well([await bea.post(f"{path}/resume"), await bea.post(f"{path}/dispute", COMPLAINT)])
    for party in (ann, bea):
        assert (await party.get(path)).json()["allowed_actions"] == ["resume"]
    for party, state in ((bea, "disputed"), (ann, "fulfilling")):
        assert (await party.post(f"{path}/resume")).json()["state"] == state
    cases = await quarrel.site.ask(select(DisputeCaseModel.state))
    assert cases == ["withdrawn", "withdrawn"]


async def test_the_service_opens_cases_that_nobody_speaks_in(site: Site, mia: Member) -> None:
    """One side said that they met, the other is silent (T15); both have to go on (T18)."""
    deal = await a_deal(site)
    ensure_well([await deal.accept(), await deal.confirm(deal.author)])
    await site.change(update(TradeLegModel).values(reminded_at=LONG_AGO, waits_since=LONG_AGO))
    received = TradeLegModel.received_at.is_not(None)
    await site.change(update(TradeLegModel).where(received).values(received_at=LONG_AGO))
    await site.change(update(TradeModel).values(due_at=LONG_AGO + 2 * DAY))
    assert await (await site.port(ExpireTrades))() == 1
    shown = (await deal.author.get(f"{deal.path}/dispute")).json()
    assert (shown["opener"], shown["statements"], shown["state"]) == (None, [], "open")
    assert len((await mia.get("/admin/cases")).json()["items"]) == 1
    ensure_well([await deal.author.post(f"{deal.path}/resume")])
    assert (await deal.author.get(f"{deal.path}/dispute")).json()["state"] == "open"
    ensure_well([await deal.other.post(f"{deal.path}/resume")])
    assert await site.ask(select(DisputeCaseModel.state)) == ["withdrawn"]
