"""Letters wait for a worker, come although it dies, and are given up where they cannot arrive."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from dishka import Provider
from sqlalchemy import func, select

from apps.identity.application.ports import Mail, Mailer, MailRefused, MailUnsent, Passwords
from apps.identity.application.redeem import ForgetTokens
from apps.identity.application.send_letters import SendReset
from apps.identity.infrastructure.one_time_tokens import OneTimeTokenModel
from apps.shared.application.jobs import Leases
from apps.shared.domain.ids import Clock
from apps.shared.infrastructure.jobs import JobModel
from tests.identity.letters import ask, token_in, works
from tests.identity.stage import PlainPasswords, Postbox, register, serving
from tests.support.builders import FixedClock
from tests.support.labour import hurry, lapse, work_once
from tests.support.site import Site

ANN = "ann@kcs.test"


class Moody(Postbox):
    """Takes a letter, then says how that ended, as a server does whose answer may be lost."""

    def __init__(self) -> None:
        super().__init__()
        self.moods: list[type[Exception]] = []

    async def send(self, mail: Mail) -> None:
        await super().send(mail)
        if self.moods:
            raise self.moods.pop(0)


@pytest.fixture
def postbox() -> Moody:
    return Moody()


@pytest.fixture
async def stage(url: str, keys: Path, clock: FixedClock, postbox: Moody) -> AsyncIterator[Site]:
    services = {Clock: clock, Mailer: postbox, Passwords: PlainPasswords()}
    async with Site(url, keys, *[serving(kind, each) for kind, each in services.items()]) as site:
        yield site


async def job_of(site: Site, kind: str = "letters.registration") -> JobModel:
    (job,) = await site.ask(select(JobModel).where(JobModel.kind == kind))
    assert isinstance(job, JobModel)
    return job


async def test_a_letter_that_was_not_taken_on_is_sent_anew_with_another_token(
    stage: Site, postbox: Moody
) -> None:
    postbox.moods = [MailUnsent, MailUnsent]
    await register(stage, "ann")
    await work_once(stage)
    job = await job_of(stage)
    assert (job.state, job.attempts, job.payload["email"]) == ("ready", 1, ANN)
    assert ANN not in str(job.last_error)
    for _ in range(2):
        await hurry(stage)
        await work_once(stage)
    job = await job_of(stage)
    assert (job.state, job.attempts, job.payload) == ("done", 3, {})
    tokens = [token_in(mail, "verify") for mail in postbox.mails]
    assert len(set(tokens)) == 3
    assert [await works(stage, "verify", token) for token in tokens] == [False, False, True]


async def test_a_letter_that_is_refused_is_not_sent_again(stage: Site, postbox: Moody) -> None:
    postbox.moods = [MailRefused]
    await register(stage, "ann")
    await work_once(stage)
    job = await job_of(stage)
    assert (job.state, job.attempts, job.payload["email"]) == ("dead", 1, ANN)
    await hurry(stage)
    await work_once(stage)
    assert len(postbox.mails) == 1


class Killed(BaseException):
    """Nothing of the process is left to write down what became of the job."""


class Dying(Postbox):
    """Is the last thing that its process does."""

    async def send(self, mail: Mail) -> None:
        await super().send(mail)
        raise Killed


async def test_a_worker_that_dies_leaves_the_letter_to_the_next_one(
    stage: Site, postbox: Moody
) -> None:
    """Its token is kept already, and perhaps its letter has gone; the next one replaces it."""
    await ask_for_reset(stage)
    dying = Dying()
    async with another(stage, serving(Mailer, dying)) as other:
        leases = await other.port(Leases)  # type: ignore[type-abstract]
        (job,) = await leases.take(["letters.reset"], limit=1, lease=timedelta(minutes=1))
        with pytest.raises(Killed):
            await (await other.port(SendReset))(job)
    assert (await job_of(stage, "letters.reset")).state == "running"
    assert await kept_tokens(stage) == 2  # beside that of the registration
    await lapse(stage)
    await work_once(stage)
    tokens = [token_in(mail, "reset") for mail in dying.mails + postbox.mails]
    assert len(tokens) == await kept_tokens(stage) == 2
    assert [await works(stage, "reset", token) for token in tokens] == [False, True]
    assert (await job_of(stage, "letters.reset")).payload == {}


def another(site: Site, *overrides: Provider) -> Site:
    """Another process of the same installation, at the same moment."""
    now = FixedClock()
    return Site(site.settings.database_url, site.settings.data_dir, serving(Clock, now), *overrides)


async def test_tokens_that_are_too_old_are_forgotten(stage: Site, clock: FixedClock) -> None:
    await ask_for_reset(stage)
    await work_once(stage)
    forget = await stage.port(ForgetTokens)
    assert (await forget(), await kept_tokens(stage)) == (0, 2)
    clock.at = clock.at.replace(year=clock.at.year + 1)
    assert (await forget(), await kept_tokens(stage)) == (2, 0)


async def ask_for_reset(site: Site) -> None:
    await register(site, "ann")
    await work_once(site)
    mailer = await site.port(Mailer)  # type: ignore[type-abstract]
    assert isinstance(mailer, Moody)
    mailer.mails.clear()
    await ask(site, "password/forgot", ANN)


async def kept_tokens(site: Site) -> int:
    (count,) = await site.ask(select(func.count()).select_from(OneTimeTokenModel))
    return int(count)
