"""Nobody guesses more often than the rules allow, however many guesses come at once (D.2)."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from apps.trading.domain.handshake import MOST_WRONG, HandshakeCodeWrong
from tests.support.deals import Deal, a_deal, told
from tests.support.phones import not_shown, secret_of, shown
from tests.support.site import Site
from tests.support.weakening import an_unguarded_site

GUESSES, ROUNDS = 16, 40
WRONG, CLOSED = (422, "handshake-code-wrong"), (429, "too-many-codes")


async def agreed(site: Site, number: int = 0) -> Deal:
    ann, bea = [await site.join(f"{name}-{number}") for name in ("ann", "bea")]
    deal = await a_deal(site, author=ann, other=bea)
    await deal.accept()
    return deal


async def guess(deal: Deal, *, at_once: bool) -> tuple[Counter[tuple[int, str | None]], int]:
    """Type in so many wrong codes, each another one, and then the right one.

    Returns what came of the wrong ones, and the status of the right one.
    """
    path, beas = f"{deal.path}/confirm", await secret_of(deal.other, deal.path)
    now = (await deal.author.site.clock()).now()
    sent = [
        deal.author.post(path, {"code": not_shown(beas, now, number=number)})
        for number in range(GUESSES)
    ]
    answers = await asyncio.gather(*sent) if at_once else [await each for each in sent]
    right = await deal.author.post(path, {"code": shown(beas, now)})
    return Counter(map(told, answers)), right.status_code


@pytest.mark.parametrize("at_once", [True, False])
async def test_five_guesses_are_compared_and_no_more(site: Site, *, at_once: bool) -> None:
    deal = await agreed(site)
    answers, right = await guess(deal, at_once=at_once)
    assert answers == {WRONG: MOST_WRONG, CLOSED: GUESSES - MOST_WRONG}
    assert right == CLOSED[0]
    assert (await deal.author.get(deal.path)).json()["state"] == "accepted"


async def test_without_locks_more_guesses_would_be_compared(postgresql: str, keys: Path) -> None:
    """The control of the locks: it shows that the test above can fail."""
    async with an_unguarded_site(postgresql, keys) as site:
        for number in range(ROUNDS):
            answers, _ = await guess(await agreed(site, number), at_once=True)
            if answers[WRONG] > MOST_WRONG:
                return
    pytest.fail("five in every round")


async def test_an_attempt_that_leaves_no_trace_would_never_count(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of what is kept of a refusal: rolled back, each guess would be the first."""
    monkeypatch.setattr(HandshakeCodeWrong, "kept", False)
    assert await guess(await agreed(site), at_once=False) == ({WRONG: GUESSES}, 200)
