"""Mail and failures: it tells only what is kept, once, and its own failures spoil nothing."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from dishka import Provider

from apps.identity.application.ports import Mail, Mailer
from apps.shared.application.work import Bus
from apps.shared.domain.model import Event
from apps.shared.infrastructure import bus
from apps.shared.infrastructure.bus import ContainerBus
from apps.shared.presentation import routes
from tests.identity.stage import Postbox, built, serving
from tests.support.deals import Deal, a_deal, told
from tests.support.site import Site, elsewhere
from tests.trading.test_faults import Attempts, accepted_while_busy, let_commits_fail


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


class Hasty(ContainerBus):
    """Announces at once, when nothing is kept yet."""

    async def publish(self, event: Event) -> None:
        await super().announce([event])
        await super().publish(event)

    async def announce(self, events: Sequence[Event]) -> None:
        del events


HASTY = [pytest.param([], id="kept"), pytest.param([built(Bus, Hasty)], id="the control: hasty")]


@pytest.mark.parametrize("overrides", HASTY)
async def test_of_what_was_not_kept_nobody_reads(
    url: str, keys: Path, postbox: Postbox, overrides: list[Provider]
) -> None:
    async with Site(url, keys, serving(Mailer, postbox), *overrides) as site:
        deal = await a_deal(site)
        await let_commits_fail(site)
        postbox.mails.clear()
        assert told(await deal.accept()) == (500, "internal-error")
        assert len(postbox.mails) == (1 if overrides else 0)


@pytest.mark.parametrize("overrides", HASTY)
async def test_of_several_attempts_only_the_last_is_told(
    postgresql: str,
    keys: Path,
    postbox: Postbox,
    overrides: list[Provider],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(routes, "PATIENCE", 60)
    async with Site(postgresql, keys, serving(Mailer, postbox), *overrides) as site:
        answer = await accepted_while_busy(site, Attempts(), times=2)
        assert answer.status_code == 200
        agreed = [mail for mail in postbox.mails if mail.subject == "Your trade is agreed"]
        assert len(agreed) == (3 if overrides else 1)


async def test_on_sqlite_too_a_busy_database_is_told_of_once(
    sqlite: str, keys: Path, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "PATIENCE", 60)
    async with Site(sqlite, keys, serving(Mailer, postbox)) as site:
        answer = await accepted_while_busy(site, Attempts(), times=2)
        assert answer.status_code == 200
        agreed = [mail for mail in postbox.mails if mail.subject == "Your trade is agreed"]
        assert len(agreed) == 1


UNLISTED = {"for_trade": False}


class Broken(Postbox):
    """Cannot deliver the first mail of each two."""

    async def send(self, mail: Mail) -> None:
        await super().send(mail)
        if len(self.mails) % 2:
            raise ConnectionError(mail.to)


class Hanging(Postbox):
    """Never comes back."""

    async def send(self, mail: Mail) -> None:
        await super().send(mail)
        await asyncio.Event().wait()


@pytest.mark.parametrize("kind", [Broken, Hanging])
async def test_a_mailer_that_fails_spoils_nothing(
    url: str,
    keys: Path,
    kind: type[Postbox],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bus, "PATIENCE", 0.2)
    mailer = kind()
    async with Site(url, keys, serving(Mailer, mailer)) as site:
        deal = await a_deal(site)
        mailer.mails.clear()
        caplog.clear()
        with caplog.at_level(logging.ERROR):
            assert (
                await deal.other.patch(f"/me/copies/{deal.take[0]}", UNLISTED)
            ).status_code == 200
        assert await deal.state() == "lapsed"
        assert len(mailer.mails) == (2 if kind is Broken else 1), "the second may be luckier"
        assert len(caplog.records) == 1
        assert "@kcs.test" not in caplog.text


class Nosy(Mailer):
    """Looks, and even acts, while it sends."""

    deal: Deal | None = None
    seen: Any = None

    async def send(self, mail: Mail) -> None:
        del mail
        deal, self.deal = self.deal, None
        if deal:
            confirmed = await elsewhere(deal.confirm(deal.author))
            self.seen = (await elsewhere(deal.state()), confirmed.status_code)


async def test_when_mail_is_sent_all_is_kept_and_nobody_waits_for_it(url: str, keys: Path) -> None:
    """On SQLite there is one writer: its turn is over by then."""
    nosy = Nosy()
    async with Site(url, keys, serving(Mailer, nosy)) as site:
        deal = nosy.deal = await a_deal(site)
        assert (await deal.accept()).status_code == 200
    assert nosy.seen == ("fulfilling", 200)
