"""Attack 51: every route, asked by everybody, answers as its policy says, and tells no more."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from apps.shared.presentation.who import proven_caller
from tests.matrix.cast import Cast
from tests.matrix.checks import check_actors, check_ids
from tests.matrix.policy import POLICY, Actor, Place
from tests.support.databases import one_for_a_module
from tests.support.good_federation import obliging_providers
from tests.support.routes import dependencies, place_of, routes_of
from tests.support.site import Site
from tests.test_bad_input import GOOD

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLACES = sorted(POLICY)
ON_POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.soak)
"""For `make soak`: what is refused is refused by the same code on both."""


@pytest.fixture(scope="module", params=["sqlite", ON_POSTGRESQL])
def one_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    with one_for_a_module(request, tmp_path_factory.mktemp("matrix")) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(one_url: str, keys: Path) -> AsyncIterator[Site]:
    async with Site(one_url, keys, obliging_providers()) as site:
        yield site


@pytest_asyncio.fixture(loop_scope="module")
async def cast(site: Site) -> Cast:
    return await Cast.of(site)


async def test_attack_51_every_route_has_a_policy(site: Site) -> None:
    assert POLICY.keys() == {place_of(route) for route in routes_of(site.app)} == GOOD.keys()


async def test_attack_51_a_proof_is_asked_for_where_the_policy_says_so(site: Site) -> None:
    depending = {
        place_of(route)
        for route in routes_of(site.app)
        if proven_caller in dependencies(route.dependant)
    }
    assert depending == {place for place in PLACES if Actor.STALE in POLICY[place].answers}


@pytest.mark.parametrize("place", PLACES, ids=" ".join)
async def test_attack_51_everybody_is_answered_as_the_policy_says(
    site: Site, cast: Cast, place: Place
) -> None:
    await check_actors(site, cast, place)


@pytest.mark.parametrize("place", PLACES, ids=" ".join)
async def test_attack_51_an_id_of_another_world_is_refused(site: Site, place: Place) -> None:
    await check_ids(site, place)
