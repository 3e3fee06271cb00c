"""Signing in by a provider that others have written: `oidc-provider-mock`, on loopback."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from oidc_provider_mock import User, run_server_in_thread

from tests.identity.federation import CALLBACK, Visitor, a_federated_site
from tests.identity.stage import told
from tests.support.site import Site

pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")  # theirs

PEOPLE = [
    User(sub="ann", claims={"email": "ann@kcs.test", "email_verified": True}),
    User(sub="eve", claims={"email": "eve@kcs.test", "email_verified": False}),
]


@pytest.fixture
def issuer() -> Iterator[str]:
    with run_server_in_thread(user_claims=PEOPLE) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
async def federated(url: str, keys: Path, issuer: str) -> AsyncIterator[Site]:
    async with a_federated_site(url, keys, issuer) as site:
        yield site


async def test_a_member_joins_and_comes_back(federated: Site) -> None:
    visitor = Visitor(federated)
    first = await visitor.signs_in("ann")
    assert told(first) == (200, None)
    again = await visitor.signs_in("ann")
    assert told(again) == (200, None)
    mine = [await visitor.me(answer) for answer in (first, again)]
    assert mine[0] == mine[1]
    assert mine[0]["email"] == "ann@kcs.test"


async def test_who_has_not_verified_an_address_does_not(federated: Site) -> None:
    assert told(await Visitor(federated).signs_in("eve")) == (401, "oidc-token-invalid")


async def test_a_code_serves_once(federated: Site) -> None:
    visitor = Visitor(federated)
    begun = await visitor.begins()
    code = await visitor.agrees(begun, "ann")
    assert told(await visitor.ends(begun, code)) == (200, None)
    other = await visitor.begins()
    assert told(await visitor.ends(other, code)) == (401, "oidc-token-invalid")


def test_the_way_back_is_the_one_that_is_allowed() -> None:
    assert CALLBACK.startswith("https://")
