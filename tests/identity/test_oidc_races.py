"""What only happens where two do something about one identity at the same moment."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from dishka import Provider
from sqlalchemy import func, select

from apps.identity.contract import Directory
from apps.identity.domain.linked_identity import LinkedIdentityRepository
from apps.identity.infrastructure.directory import SqlDirectory
from apps.identity.infrastructure.linked_identities import (
    LinkedIdentityModel,
    SqlLinkedIdentityRepository,
)
from apps.identity.infrastructure.models import UserModel
from apps.shared.domain.ids import MemberId
from tests.identity.evil_provider import an_evil_provider
from tests.identity.federation import a_federated_site, quickly
from tests.identity.provided import Provided
from tests.identity.stage import built, told
from tests.support.builders import FixedClock
from tests.support.site import elsewhere

CROWD = 6


class Hesitating(SqlLinkedIdentityRepository):
    """Leaves others time between a look and what follows from it."""

    async def count(self, *, of: MemberId) -> int:
        counted = await super().count(of=of)
        await asyncio.sleep(0.2)
        return counted


class Unlocked(SqlDirectory):
    """Lets everybody count at once: the protection taken off."""

    async def lock(self, ids: Collection[MemberId]) -> None:
        """Do nothing."""


@asynccontextmanager
async def a_place(url: str, keys: Path, *overrides: Provider) -> AsyncIterator[Provided]:
    clock = FixedClock()
    async with (
        an_evil_provider() as evil,
        a_federated_site(url, keys, evil.issuer, *quickly(clock), *overrides) as site,
    ):
        yield Provided(site, evil, clock)


async def joined_at_once(provided: Provided, *, one_address: bool) -> list[int]:
    """What those hear who sign in for the first time, all as one subject, at the same moment."""
    begun = [await provided.visitor.begins() for _ in range(CROWD)]
    emails = ["ann@kcs.test" if one_address else f"ann{n}@kcs.test" for n in range(CROWD)]
    tries = [
        elsewhere(provided.ends(each, "ann", email=email))
        for each, email in zip(begun, emails, strict=True)
    ]
    return [(await each).status_code for each in tries]


async def accounts(provided: Provided) -> int:
    (count,) = await provided.site.ask(select(func.count()).select_from(UserModel))
    return int(count)


@pytest.mark.parametrize("one_address", [True, False], ids=["one address", "several"])
async def test_of_many_first_sign_ins_one_opens_an_account_and_all_get_in(
    url: str, keys: Path, *, one_address: bool
) -> None:
    async with a_place(url, keys) as provided:
        assert await joined_at_once(provided, one_address=one_address) == [200] * CROWD
        assert await accounts(provided) == 1


async def test_control_without_the_index_they_open_several(postgresql: str, keys: Path) -> None:
    async with a_place(postgresql, keys) as provided:
        await provided.site.run("DROP INDEX uq_linked_identities_subject")
        await joined_at_once(provided, one_address=False)
        assert await accounts(provided) > 1


async def unlinked_at_once(provided: Provided) -> list[tuple[int, str | None]]:
    """What somebody hears who unlinks both ways in at the same moment."""
    ann = await provided.member(await provided.signs_in("first"))
    await provided.signs_in("second", by=ann)
    shown = (await ann.get("/auth/identities")).json()["items"]
    tries = [elsewhere(ann.delete(f"/auth/identities/{item['id']}")) for item in shown]
    return sorted([told(await each) for each in tries], key=str)


async def test_of_two_ways_in_one_stays_when_both_are_unlinked_at_once(
    url: str, keys: Path
) -> None:
    async with a_place(url, keys, built(LinkedIdentityRepository, Hesitating)) as provided:
        assert await unlinked_at_once(provided) == [(204, None), (409, "last-credential")]
        assert len(await provided.site.ask(select(LinkedIdentityModel.id))) == 1


async def test_control_without_the_lock_none_stays(postgresql: str, keys: Path) -> None:
    overrides = built(LinkedIdentityRepository, Hesitating), built(Directory, Unlocked)
    async with a_place(postgresql, keys, *overrides) as provided:
        assert await unlinked_at_once(provided) == [(204, None)] * 2
        assert await provided.site.ask(select(LinkedIdentityModel.id)) == []
