"""What must hold over all rows does hold after trades, and what breaks it is found (P12)."""

from pathlib import Path

import pytest

from apps.operations.application.check_invariants import CheckInvariants
from apps.operations.infrastructure.invariants import INVARIANTS, LINKED, broken
from tests.support.deals import a_deal
from tests.support.served import environment, run
from tests.support.site import Site
from tests.support.weakening import let_change

BREAKS = {
    "a live promise belongs to a live trade or allocation": (
        "UPDATE trades SET state = 'rejected', turn = NULL, due_at = NULL"
    ),
    "a promised copy is held by who promised it": "UPDATE copies SET state = 'gone'",
    "a promise is of a copy in the trade, or of what is allocated": "DELETE FROM leg_copies",
    "what is given by who has consented to a proposal is promised": "DELETE FROM copy_promises",
    "every copy of an agreed trade is promised to its receiver": (
        "UPDATE trades SET state = 'accepted', turn = NULL"
    ),
    "a proposal of two has a turn, and nothing else has": "UPDATE trades SET turn = NULL",
    "an agreed trade has the consent of all its parties": (
        "UPDATE trades SET state = 'accepted', turn = NULL"
    ),
    "what was shipped is in transit, and nothing else": (
        "UPDATE copy_promises SET shipped_at = promised_at"
    ),
    "a copy changed hands once by a trade that was completed or a leg let stand": (
        "UPDATE trade_legs SET state = 'received';"
        " UPDATE trades SET state = 'completed', turn = NULL, due_at = NULL"
    ),
    "no proposal is open with a member who has left": "UPDATE users SET status = 'suspended'",
    "who has left for good holds nothing free": "UPDATE users SET status = 'deleted'",
    "no proposal is open between members who do not see each other": (
        "INSERT INTO blocks (id, blocker_id, blocked_id, created_at)"
        " SELECT id, author_id, turn, created_at FROM trades"
    ),
    "a live trade has a time limit, unless all that is open in it is disputed": (
        "UPDATE trades SET due_at = NULL"
    ),
    "a disputed trade has one open case, and an open case a disputed trade": (
        "UPDATE trades SET state = 'disputed', turn = NULL, due_at = NULL, disputed_at = created_at"
    ),
    "a resolved trade has a case that was decided": (
        "UPDATE trades SET state = 'resolved', turn = NULL, due_at = NULL"
    ),
    "a completed trade has all its legs received": (
        "UPDATE trades SET state = 'completed', due_at = NULL"
    ),
    "a standing counts the completed trades": "UPDATE standings SET completed_trades = 7",
    "a trade has as many parties as legs, and at least two": "DELETE FROM trade_parties",
    "every state of a trade is told by its history": "DELETE FROM trade_events",
    "a history counts its events from one, without a gap": "UPDATE trade_events SET sequence = 2",
    "a history ends with the last change of its trade": (
        "UPDATE trades SET updated_at = answer_due_at"
    ),
    "an appeal is told by the history of its trade": (
        "INSERT INTO dispute_cases (id, trade_id, kind, opened_at, state, decided_at, appealed_at,"
        " version) SELECT id, id, 'no_show', created_at, 'appealed', created_at, created_at, 1"
        " FROM trades"
    ),
    "a card shows at least one idol and can be found": "DELETE FROM card_idols",
    "a merged card leads to one that is not": "UPDATE cards SET merged_into_id = id",
    "copies and wants are of cards that are not merged": "UPDATE cards SET merged_into_id = id",
    "a member has a standing and, until erased, a profile": "DELETE FROM standings",
    "a session ends no later than its last day": (
        "UPDATE refresh_sessions SET expires_at = created_at"
    ),
}


async def a_proposal(site: Site) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    await ann.propose(bea, give=[await ann.hold()], take=[await bea.hold()])


async def test_trades_in_every_stage_break_nothing(site: Site) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    for steps in ([], ["withdraw"], ["accept"], ["accept", "confirm"]):
        trade = await ann.propose(bea, give=[await ann.hold()], take=[await bea.hold()])
        for step in steps:
            who = ann if step == "withdraw" else bea
            answer = await who.post(f"/trades/{trade}/{step}", {"revision": 1})
            assert answer.status_code == 200, answer.text
        if "confirm" in steps:
            assert (await ann.post(f"/trades/{trade}/confirm")).json()["state"] == "completed"
    check = await site.port(CheckInvariants)  # type: ignore[type-abstract]
    found = {**await check()}
    del found["a card shows at least one idol and can be found"]  # the small catalogue has no names
    assert found == dict.fromkeys(found, 0)
    assert len(found) == len(INVARIANTS)
    assert LINKED in found


@pytest.mark.parametrize("invariant", BREAKS)
async def test_what_breaks_an_invariant_is_found(site: Site, invariant: str) -> None:
    await a_proposal(site)
    await let_change(site, "trade_events")
    before = (await broken(await site.engine()))[invariant]
    for statement in BREAKS[invariant].split(";"):
        await site.run(statement)
    assert (await broken(await site.engine()))[invariant] > 0
    assert before == 0 or invariant.startswith("a card")


@pytest.mark.parametrize(
    "change",
    ["reason = 'because'", "previous_hash = hash", "hash = previous_hash", "sequence = 3"],
)
async def test_an_event_that_was_changed_is_found(site: Site, change: str) -> None:
    deal = await a_deal(site)
    await deal.reject()
    check = await site.port(CheckInvariants)  # type: ignore[type-abstract]
    assert (await check())[LINKED] == 0
    await let_change(site, "trade_events")
    await site.run(f"UPDATE trade_events SET {change} WHERE kind = 'trade_rejected'")
    assert (await check())[LINKED] == 1


def test_the_command_tells_and_ends_accordingly(empty_url: str, tmp_path: Path) -> None:
    env = environment(empty_url, tmp_path)
    assert run("alembic upgrade head", env).returncode == 0
    sound = run("kcs check-invariants", env)
    assert (sound.returncode, sound.stdout.count(" ok  ")) == (0, len(INVARIANTS) + 1), sound.stderr
    ended = run("kcs trades expire", env)
    assert (ended.returncode, ended.stdout) == (0, "0 trades ended.\n"), ended.stderr
