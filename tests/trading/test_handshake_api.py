"""Meeting in person: each types in what the other's telephone shows, over HTTP (D.2)."""

from base64 import b32decode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Response

from apps.shared.domain.ids import Clock
from tests.identity.stage import serving
from tests.support.builders import HOUR, NOON, FixedClock
from tests.support.counting import CountingSite, a_counting_site
from tests.support.deals import Deal, a_deal, told
from tests.support.phones import MINUTE, awake, not_shown, secret_of, shown
from tests.support.site import Member, Site


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def site(url: str, keys: Path, clock: FixedClock) -> AsyncIterator[Site]:
    async with Site(url, keys, serving(Clock, clock)) as site:
        yield site


@pytest.fixture
async def deal(site: Site) -> Deal:
    """Agreed at noon."""
    deal = await a_deal(site)
    await deal.accept()
    return deal


async def confirm(deal: Deal, by: Member, **body: Any) -> Response:
    return await (await awake(by)).post(f"{deal.path}/confirm", body)


async def secrets(deal: Deal) -> tuple[bytes, bytes]:
    return await secret_of(deal.author, deal.path), await secret_of(deal.other, deal.path)


def verified(trade: Any) -> dict[str, bool]:
    """By receiver, whether they have typed the giver's code."""
    return {leg["to"]: leg["verified"] for leg in trade["legs"]}


async def test_each_party_gets_a_secret_of_its_own_and_what_makes_codes_of_it(deal: Deal) -> None:
    answer = await deal.author.get(f"{deal.path}/handshake")
    assert answer.status_code == 200, answer.text
    mine = answer.json()
    secret = mine.pop("secret")
    assert mine == {
        "algorithm": "SHA1",
        "digits": 6,
        "period": 60,
        "valid_from": "2026-05-24T12:00:00Z",
    }
    assert len(b32decode(secret)) == 20
    theirs = (await deal.other.get(f"{deal.path}/handshake")).json()["secret"]
    assert theirs != secret
    assert (await deal.author.get(f"{deal.path}/handshake")).json()["secret"] == secret


async def test_another_trade_of_the_same_two_has_other_secrets(site: Site, deal: Deal) -> None:
    again = await a_deal(site, author=deal.author, other=deal.other)
    await again.accept()
    assert len({*await secrets(deal), *await secrets(again)}) == 4


async def test_there_is_a_secret_from_acceptance_until_the_end_and_for_parties_only(
    site: Site,
) -> None:
    deal = await a_deal(site)
    early = await deal.author.get(f"{deal.path}/handshake")
    assert told(early) == (409, "invalid-transition")
    assert early.json()["state"] == "proposed"
    assert early.json()["allowed_actions"] == ["withdraw"]
    await deal.accept()
    eve = await site.join("eve")
    assert told(await eve.get(f"{deal.path}/handshake")) == (404, "not-found")
    await deal.confirm(deal.author)
    assert (await deal.author.get(f"{deal.path}/handshake")).status_code == 200
    await deal.confirm(deal.other)
    late = await deal.author.get(f"{deal.path}/handshake")
    assert (*told(late), late.json()["state"]) == (409, "invalid-transition", "completed")


async def test_who_types_the_others_code_confirms(deal: Deal) -> None:
    anns, beas = await secrets(deal)
    first = await confirm(deal, deal.author, code=shown(beas, NOON))
    assert (first.status_code, first.json()["state"]) == (200, "fulfilling"), first.text
    assert verified(first.json()) == {str(deal.author.id): True, str(deal.other.id): False}
    assert first.json()["presence_verified"] is False
    last = await confirm(deal, deal.other, code=shown(anns, NOON), revision=1)
    assert (last.status_code, last.json()["state"]) == (200, "completed")
    assert last.json()["presence_verified"] is True
    shown_later = (await deal.author.get(deal.path)).json()
    assert verified(shown_later) == {str(deal.author.id): True, str(deal.other.id): True}
    assert shown_later["presence_verified"] is True


async def test_a_receipt_without_a_code_is_still_a_receipt(deal: Deal) -> None:
    anns, _ = await secrets(deal)
    assert (await confirm(deal, deal.author)).json()["state"] == "fulfilling"
    last = (await confirm(deal, deal.other, code=shown(anns, NOON))).json()
    assert (last["state"], last["presence_verified"]) == ("completed", False)
    assert verified(last) == {str(deal.author.id): False, str(deal.other.id): True}


async def test_ones_own_code_proves_nothing(deal: Deal) -> None:
    anns, _ = await secrets(deal)
    answer = await confirm(deal, deal.author, code=shown(anns, NOON))
    assert told(answer) == (422, "handshake-code-wrong")
    assert (await deal.author.get(deal.path)).json()["state"] == "accepted"
    assert await deal.history() == ["trade_proposed", "trade_accepted"]


async def test_what_was_typed_without_a_network_is_sent_within_three_days(
    deal: Deal, clock: FixedClock
) -> None:
    _, beas = await secrets(deal)
    clock.at = NOON + 72 * HOUR
    body = {"code": shown(beas, NOON + MINUTE), "entered_at": "2026-05-24T12:00:00Z"}
    clock.at += MINUTE
    assert told(await confirm(deal, deal.author, **body)) == (422, "entered-out-of-time")
    clock.at -= MINUTE
    assert (await confirm(deal, deal.author, **body)).status_code == 200


@pytest.mark.parametrize("entered_at", ["2026-05-24T11:59:59Z", "2026-05-24T13:02:01Z"])
async def test_no_code_is_typed_before_acceptance_or_in_the_future(
    deal: Deal, clock: FixedClock, entered_at: str
) -> None:
    clock.at = NOON + HOUR
    answer = await confirm(deal, deal.author, code="000000", entered_at=entered_at)
    assert told(answer) == (422, "entered-out-of-time")
    (fault,) = answer.json()["errors"]
    assert fault["pointer"] == "/entered_at"


async def test_a_code_shown_at_another_time_is_wrong(deal: Deal, clock: FixedClock) -> None:
    _, beas = await secrets(deal)
    clock.at = NOON + HOUR
    stale = shown(beas, clock.at - 3 * MINUTE)
    assert told(await confirm(deal, deal.author, code=stale)) == (422, "handshake-code-wrong")
    late = shown(beas, clock.at - 2 * MINUTE)
    assert (await confirm(deal, deal.author, code=late)).status_code == 200


async def test_after_five_wrong_codes_one_has_to_wait_and_the_other_party_has_not(
    deal: Deal, clock: FixedClock
) -> None:
    anns, beas = await secrets(deal)
    wrong = not_shown(beas, NOON)
    for minutes in range(5):
        clock.at = NOON + minutes * MINUTE
        answer = await confirm(deal, deal.author, code=wrong)
        assert told(answer) == (422, "handshake-code-wrong")
    for code in (wrong, shown(beas, clock.at)):
        answer = await confirm(deal, deal.author, code=code)
        assert told(answer) == (429, "too-many-codes")
        assert answer.headers["Retry-After"] == str(56 * 60)
    assert (await confirm(deal, deal.other, code=shown(anns, clock.at))).status_code == 200
    clock.at = NOON + HOUR
    assert (await confirm(deal, deal.author, code=shown(beas, clock.at))).status_code == 200


async def test_who_has_to_wait_may_still_confirm_without_a_code(deal: Deal) -> None:
    _, beas = await secrets(deal)
    for _ in range(6):
        answer = await confirm(deal, deal.author, code=not_shown(beas, NOON))
    assert told(answer) == (429, "too-many-codes")
    assert (await confirm(deal, deal.author)).status_code == 200


async def test_wrong_codes_of_one_trade_do_not_count_in_another(site: Site, deal: Deal) -> None:
    _, beas = await secrets(deal)
    for _ in range(6):
        await confirm(deal, deal.author, code=not_shown(beas, NOON))
    again = await a_deal(site, author=deal.author, other=deal.other)
    await again.accept()
    _, beas = await secrets(again)
    assert (await confirm(again, deal.author, code=shown(beas, NOON))).status_code == 200


async def test_a_wrong_code_sent_again_under_its_key_counts_once(deal: Deal) -> None:
    _, beas = await secrets(deal)
    wrong, path = {"code": not_shown(beas, NOON)}, f"{deal.path}/confirm"
    answers = [
        await deal.author.send("POST", path, wrong, headers={"Idempotency-Key": "typed"})
        for _ in range(7)
    ]
    assert {told(each) for each in answers} == {(422, "handshake-code-wrong")}
    assert {each.content for each in answers} == {answers[0].content}
    assert [each.headers.get("Idempotency-Replayed") for each in answers] == [None, *["true"] * 6]
    assert (await confirm(deal, deal.author, code=shown(beas, NOON))).status_code == 200


async def test_a_refusal_of_another_kind_does_not_count(deal: Deal) -> None:
    _, beas = await secrets(deal)
    for body in ({"revision": 2}, {"entered_at": "2026-05-24T11:00:00Z"}, {"code": "12345"}):
        for _ in range(3):
            answer = await confirm(deal, deal.author, **{"code": not_shown(beas, NOON)} | body)
            assert told(answer)[1] != "handshake-code-wrong"
    assert (await confirm(deal, deal.author, code=shown(beas, NOON))).status_code == 200
    second = await confirm(deal, deal.author, code=not_shown(beas, NOON))
    assert told(second) == (409, "invalid-transition")


@pytest.mark.parametrize(
    "body",
    [
        *(
            {"code": code}
            for code in ("", "12345", "1234567", "12345a", "١٢٣٤٥٦", 123456, " 12345")
        ),
        {"code": "123456", "entered_at": "2026-05-24T12:00:00"},
        {"code": "123456", "entered_at": 1_779_624_000},
        {"entered_at": "2026-05-24T12:00:00Z"},
    ],
)
async def test_a_malformed_code_or_moment_is_refused(deal: Deal, body: Any) -> None:
    answer = await deal.author.post(f"{deal.path}/confirm", body)
    assert told(answer) == (422, "validation-failed")


async def test_it_costs_few_statements_to_meet(url: str, keys: Path) -> None:
    async with a_counting_site(url, keys) as counted:
        await meet(counted)


async def meet(site: CountingSite) -> None:
    deal = await a_deal(site)
    await deal.accept()
    now = (await site.clock()).now()
    anns, beas = await secrets(deal)
    handshake = f"{deal.path}/handshake"
    assert await site.cost(deal.author.get(handshake)) == 2
    wrong = {"code": not_shown(beas, now)}
    assert await site.cost(deal.author.post(f"{deal.path}/confirm", wrong), status=422) == 13
    first = {"code": shown(beas, now)}
    assert await site.cost(deal.author.post(f"{deal.path}/confirm", first)) == 24
    last = {"code": shown(anns, now)}
    assert await site.cost(deal.other.post(f"{deal.path}/confirm", last)) == 35
