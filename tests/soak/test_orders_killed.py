"""A server killed at any moment of a group order loses nothing, and gives no slot away twice."""

import json
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select
from uuid_utils.compat import uuid7

from apps.group_orders.infrastructure.round_models import OrderAllocationModel, OrderClaimModel
from apps.shared.application.replies import Replies
from tests.identity.stage import serving
from tests.soak.client_log import ClientLog, Verdict
from tests.soak.joiners import SLOTS, Joiners, OrderAsked, orders_kept
from tests.soak.test_crashes import Campaign, faults_found, log, traded
from tests.soak.test_keys import Forgetful
from tests.soak.traders import replay, send
from tests.support.budget import Budget
from tests.support.site import Site

__all__ = ["log"]
ALLOCATION, CLAIM = OrderAllocationModel, OrderClaimModel
LIVE = ALLOCATION.ended_at.is_(None)


async def given_twice(site: Site) -> list[str]:
    """Slots that are two joiners', rounds with too many, and claims that count wrongly."""
    slots = select(ALLOCATION.slot_id).where(LIVE).group_by(ALLOCATION.slot_id)
    rounds = select(ALLOCATION.round_id).where(LIVE).group_by(ALLOCATION.round_id)
    theirs = (
        select(func.count())
        .where(ALLOCATION.claim_id == CLAIM.id, LIVE)
        .correlate(CLAIM)
        .scalar_subquery()
    )
    found = [
        *await site.ask(slots.having(func.count() > 1)),
        *await site.ask(rounds.having(func.count() > SLOTS)),
        *await site.ask(select(CLAIM.id).where(CLAIM.granted != theirs)),
    ]
    return list(map(str, found))


async def never_allocated(log: ClientLog, site: Site) -> set[str]:
    """Claims that were answered as allocated, and were not."""
    answers = [
        json.loads(each.answer)
        for each in log.asked.values()
        if each.succeeded and each.path.endswith("/claims")
    ]
    told = {answer["id"] for answer in answers if answer["state"] == "allocated"}
    return told - set(map(str, await site.ask(select(ALLOCATION.claim_id))))


async def test_a_killed_server_loses_no_claim_and_no_payment_and_allocates_once(
    url: str, keys: Path, log: ClientLog, budget: Budget
) -> None:
    async with Site(url, keys) as site:
        campaign = Campaign(site, keys, log, budget, Joiners)
        await campaign.run(budget.faults)
        verdict = await Verdict.on(log, site, orders_kept)
        assert not verdict.lost
        assert not verdict.ghosts
        assert not await given_twice(site)
        assert not await never_allocated(log, site)
        assert not await faults_found(site)
    statuses = Counter(each.status for each in log.asked.values())
    assert set(statuses) <= {200, 201, 409, 503}, statuses
    assert campaign.replays["replayed"] >= budget.faults, "nobody was interrupted"
    budget.tell(
        f"{budget.faults} kills, {log.facts().total()} effects acknowledged, 0 lost, 0 twice;"
        f" {dict(campaign.replays)}"
    )


async def test_where_keys_are_forgotten_a_payment_is_found_twice(
    url: str, keys: Path, log: ClientLog
) -> None:
    """The control of what happens twice, and of what is lost."""
    async with Site(url, keys, serving(Replies, Forgetful())) as site:
        await traded(site, log, Joiners)
        assert not (await Verdict.on(log, site, orders_kept)).ghosts
        payments = [each for each in log.asked.values() if each.path.endswith("/payments")]
        assert payments
        await send(site.client, payments[0])
        assert (await Verdict.on(log, site, orders_kept)).ghosts.total() == 1
        with pytest.raises(AssertionError):
            await replay(site.client, log)
        made_up = OrderAsked("made-up", "", "", "/x/claims", {}, 201, f'{{"id": "{uuid7()}"}}')
        log.ask(made_up)
        assert (await Verdict.on(log, site, orders_kept)).lost.total() == 1


async def test_a_slot_that_is_given_away_twice_is_found(
    url: str, keys: Path, log: ClientLog
) -> None:
    """The control of the allocations: without its index a second one gets in."""
    async with Site(url, keys) as site:
        await traded(site, log, Joiners)
        assert not await given_twice(site)
        await site.run("DROP INDEX uq_order_allocations_live")
        left_out = {"id", "copy_id"}
        columns = [each.name for each in ALLOCATION.__table__.columns if each.name not in left_out]
        twin = uuid7().hex if await site.dialect() == "sqlite" else uuid7()
        await site.run(
            f"INSERT INTO order_allocations (id, {', '.join(columns)})"
            f" SELECT :twin, {', '.join(columns)} FROM order_allocations"
            " WHERE ended_at IS NULL LIMIT 1",
            twin=twin,
        )
        assert await given_twice(site)
