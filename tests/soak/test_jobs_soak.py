"""Fifty thousand jobs, eight workers, one of which is killed each second (B19)."""

import os
from datetime import timedelta

import pytest

from apps.shared.application.jobs import Pace
from tests.support.crashes import Trial, stand
from tests.support.labour import TABLE
from tests.support.site import Site

PACE = Pace(lease=timedelta(seconds=10), first_pause=timedelta(seconds=0.5))
TRIAL = Trial(
    jobs=int(os.environ.get("SOAK_JOBS", "50000")),
    workers=int(os.environ.get("SOAK_WORKERS", "8")),
    kill_every=float(os.environ.get("SOAK_KILL_EVERY_S", "1")),
    patience=float(os.environ.get("SOAK_PATIENCE_S", "3600")),
    pace=PACE,
)


@pytest.mark.soak
async def test_each_of_many_jobs_is_done_and_takes_effect_once(site: Site) -> None:
    await site.run(TABLE)
    account = await stand(TRIAL, site, seed=int(os.environ.get("SOAK_SEED", "1")))
    print(account)  # noqa: T201, this is what one soaks for
    assert account.states == {"done": TRIAL.jobs}
    assert account.effects == {1: TRIAL.jobs}
    assert account.longest_overdue < timedelta(seconds=5)
    assert account.kills > 0
