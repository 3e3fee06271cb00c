"""Whichever worker is killed at whatever moment, each job is done, and takes effect once (B19)."""

from dataclasses import replace
from datetime import timedelta

from apps.shared.application.jobs import Pace
from tests.support.crashes import Trial, stand
from tests.support.labour import TABLE, UnendingLeases
from tests.support.site import Site

PACE = Pace(
    lease=timedelta(seconds=1.5),
    poll=timedelta(seconds=0.1),
    first_pause=timedelta(seconds=0.1),
)
SHORT = Trial(jobs=300, workers=3, kill_every=0.6, nap=0.1, pace=PACE)


async def test_each_job_of_killed_workers_is_done_and_takes_effect_once(site: Site) -> None:
    await site.run(TABLE)
    account = await stand(SHORT, site, seed=1)
    assert account.states == {"done": SHORT.jobs}
    assert account.effects == {1: SHORT.jobs}
    assert account.longest_overdue < timedelta(seconds=5)
    assert account.kills > 2
    assert account.leased_again > 0


async def test_control_if_leases_did_not_end_jobs_would_be_stuck(site: Site) -> None:
    await site.run(TABLE)
    account = await stand(replace(SHORT, leases=UnendingLeases, patience=8), site, seed=1)
    assert account.states["running"] > 0
    assert account.longest_overdue > timedelta(seconds=2)
