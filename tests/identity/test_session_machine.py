"""Sessions under whatever order of requests, held against a small model of their table."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from apps.identity.application.ports import Passwords
from apps.identity.domain.session import SessionId, SessionRepository
from apps.shared.domain.ids import Clock
from tests.identity.stage import PlainPasswords, login, post, register, serving, told
from tests.support.builders import FixedClock
from tests.support.site import API, Site

Told = tuple[int, str | None]

OK: Told = (200, None)
INVALID: Told = (401, "invalid-refresh-token")
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
JUMPS = [SECOND, 9 * SECOND, 10 * SECOND, 11 * SECOND, timedelta(minutes=10, seconds=5)]
JUMPS += [HOUR - 11 * SECOND, HOUR, HOUR + SECOND, DAY, 13 * DAY, 14 * DAY - SECOND, 14 * DAY]


@dataclass
class Device:
    """What should be known of one session."""

    opened: datetime
    rotated: datetime
    newest: int = 0
    confirmed: int = 0
    ended: bool = False
    refresh: list[str] = field(default_factory=list)
    access: list[tuple[str, int, datetime]] = field(default_factory=list)

    def expired(self, now: datetime) -> bool:
        return now >= min(self.rotated + 14 * DAY, self.opened + 90 * DAY)

    def present(self, generation: int, now: datetime) -> Told:
        """What a refresh token of this generation should be answered, and what that does."""
        if self.ended:
            return INVALID
        if self.expired(now):
            return 401, "session-expired"
        if generation == self.newest:
            self.newest, self.rotated = self.newest + 1, now
            return OK
        patience = 10 * SECOND if self.confirmed == self.newest else HOUR
        if generation == self.newest - 1 and now - self.rotated <= patience:
            return OK
        self.ended = True
        return 401, "refresh-token-reused"

    def use(self, generation: int, minted: datetime, now: datetime) -> Told:
        """What an access token should be answered, and what that does."""
        if now > minted + 605 * SECOND:
            return 401, "token-expired"
        if self.ended or now >= self.opened + 90 * DAY:
            return 401, "invalid-token"
        self.confirmed = max(self.confirmed, generation)
        return OK


class Sessions(RuleBasedStateMachine):
    """Drives one application; a subclass says which, and each run has a member of its own."""

    site: Site
    clock: FixedClock
    run: Callable[[Awaitable[Any]], Any]
    members = iter(range(10_000))

    @initialize()
    def join(self) -> None:
        self.nickname = f"member{next(self.members)}"
        self.devices: dict[str, Device] = {}
        assert told(self.run(register(self.site, self.nickname))) == (202, None)
        self.login()

    @precondition(lambda self: len(self.devices) < 4)
    @rule()
    def login(self) -> None:
        answer = self.run(login(self.site, self.nickname)).json()
        device = Device(opened=self.clock.at, rotated=self.clock.at)
        self.devices[answer["session_id"]] = device
        self.take(device, answer)

    def take(self, device: Device, answer: dict[str, Any]) -> None:
        """Each generation has one token, however often it is answered."""
        device.refresh = [*device.refresh[: device.newest], answer["refresh_token"]]
        device.access.append((answer["access_token"], device.newest, self.clock.at))

    def chosen(self, data: st.DataObject) -> Device:
        return self.devices[data.draw(st.sampled_from(sorted(self.devices)))]

    @rule(data=st.data())
    def refresh(self, data: st.DataObject) -> None:
        device = self.chosen(data)
        self.present(device, len(device.refresh) - 1)

    @rule(data=st.data(), back=st.integers(1, 3))
    def replay_an_older_token(self, data: st.DataObject, back: int) -> None:
        device = self.chosen(data)
        self.present(device, max(0, len(device.refresh) - 1 - back))

    def present(self, device: Device, generation: int) -> None:
        newest, known = device.newest, list(device.refresh)
        body = {"refresh_token": known[generation]}
        answer = self.run(post(self.site, "/auth/refresh", body))
        assert told(answer) == device.present(generation, self.clock.at)
        if answer.status_code == 200:
            self.take(device, answer.json())
            assert len(device.refresh) == device.newest + 1
            assert len({*device.refresh}) == len(device.refresh)
            assert device.newest > newest or device.refresh == known

    @rule(data=st.data())
    def log_out(self, data: st.DataObject) -> None:
        device = self.chosen(data)
        token = data.draw(st.sampled_from(device.refresh))
        answer = self.run(post(self.site, "/auth/logout", {"refresh_token": token}))
        assert told(answer) == (204, None)
        device.ended = True

    @rule(data=st.data())
    def use_an_access_token(self, data: st.DataObject) -> None:
        device = self.chosen(data)
        token, generation, minted = data.draw(st.sampled_from(device.access))
        headers = {"Authorization": f"Bearer {token}"}
        answer = self.run(self.site.client.get(f"{API}/me", headers=headers))
        assert told(answer) == device.use(generation, minted, self.clock.at)

    @rule(jump=st.sampled_from(JUMPS))
    def let_time_pass(self, jump: timedelta) -> None:
        self.clock.at += jump

    @invariant()
    def the_table_says_the_same(self) -> None:
        sessions = self.run(self.site.port(SessionRepository))
        for id, device in getattr(self, "devices", {}).items():
            row = self.run(sessions.seen(SessionId(UUID(id))))
            expected = device.newest, device.confirmed, device.ended
            assert (row.generation, row.confirmed_generation, bool(row.revoked_at)) == expected


def test_sessions_do_as_the_model_says_whatever_happens(url: str, keys: Path) -> None:
    clock = FixedClock()
    services = serving(Clock, clock), serving(Passwords, PlainPasswords())
    with asyncio.Runner() as runner:
        site = Site(url, keys, *services)
        told = {"site": site, "clock": clock, "run": staticmethod(runner.run)}
        machine: Any = type("SessionsOfOneSite", (Sessions,), told)
        machine.members = iter(range(10_000))
        try:
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=40,
                    stateful_step_count=25,
                    deadline=None,
                    database=None,
                    suppress_health_check=[*HealthCheck],
                ),
            )
        finally:
            runner.run(site.__aexit__(None, None, None))
