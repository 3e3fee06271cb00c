"""The clock of workers goes by the database."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from apps.shared.infrastructure.clock import DatabaseClock
from apps.shared.infrastructure.moments import NOW
from tests.support.site import Site


async def test_the_clock_of_the_database_is_that_of_the_database(site: Site) -> None:
    clock = await site.port(DatabaseClock)
    await clock.follow()
    (before,) = await site.ask(select(NOW))
    told = clock.now()
    assert before - timedelta(seconds=2) < told < before + timedelta(seconds=2)
    assert told <= clock.now()


async def test_it_is_right_where_that_of_the_machine_is_not(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control is the first answer, from before it was set."""
    machine = "apps.shared.infrastructure.clock.SystemClock.now"
    clock = await site.port(DatabaseClock)
    (now,) = await site.ask(select(NOW))
    monkeypatch.setattr(machine, lambda _: now + timedelta(days=9))
    assert clock.now() - now == timedelta(days=9)
    await clock.follow()
    assert abs(clock.now() - now) < timedelta(seconds=5)
