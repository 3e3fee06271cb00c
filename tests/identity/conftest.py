"""What tests of identity start from."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from apps.identity.application.ports import Mailer, Passwords
from apps.identity.infrastructure.keys import load_or_create
from apps.shared.domain.ids import Clock
from tests.identity.bearing import Bearer
from tests.identity.evil_provider import EvilProvider, an_evil_provider
from tests.identity.federation import Visitor, a_federated_site, quickly
from tests.identity.phones import Phone, a_phone
from tests.identity.provided import Provided
from tests.identity.shelves import Shelves
from tests.identity.stage import PlainPasswords, Postbox, serving
from tests.support.accounts import open_accounts
from tests.support.builders import FixedClock
from tests.support.site import Site
from tests.support.stores import Store, filled


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one good set of keys."""
    folder = tmp_path / "data" / "keys"
    load_or_create(folder)
    return folder


@pytest.fixture
def clock() -> FixedClock:
    """Moved by the test alone."""
    return FixedClock()


@pytest.fixture
def postbox() -> Postbox:
    """Whatever was mailed."""
    return Postbox()


@pytest.fixture
async def stage(url: str, keys: Path, clock: FixedClock, postbox: Postbox) -> AsyncIterator[Site]:
    """The application with a clock that stands still, quick passwords and a mail box."""
    services = {Clock: clock, Mailer: postbox, Passwords: PlainPasswords()}
    overrides = [serving(kind, service) for kind, service in services.items()]
    async with Site(url, keys, *overrides, max_concurrency=100) as site:
        yield site


@pytest.fixture
async def evil() -> AsyncIterator[EvilProvider]:
    """A provider of OpenID Connect that says whatever a test wants."""
    async with an_evil_provider() as evil:
        yield evil


@pytest.fixture
async def federated(
    url: str, keys: Path, clock: FixedClock, postbox: Postbox, evil: EvilProvider
) -> AsyncIterator[Site]:
    """The same application, where members sign in by that provider too."""
    async with a_federated_site(url, keys, evil.issuer, *quickly(clock, postbox)) as site:
        yield site


@pytest.fixture
def bearer(federated: Site, evil: EvilProvider, clock: FixedClock) -> Bearer:
    """Brings ID tokens of that provider."""
    return Bearer(Visitor(federated), evil, clock)


@pytest.fixture
def provided(federated: Site, evil: EvilProvider, clock: FixedClock) -> Provided:
    """People whom that provider knows."""
    return Provided(federated, evil, clock)


@pytest.fixture
async def phone(stage: Site) -> Phone:
    """Ann's, signed in at noon."""
    return await a_phone(stage, (await stage.join("ann")).id)


@pytest.fixture
async def shelves(store: Store) -> Shelves:
    """The repositories, with accounts for Ann, Bea and Eve."""
    shelves = await filled(Shelves, store)
    await open_accounts(shelves.users, shelves.work)
    return shelves
