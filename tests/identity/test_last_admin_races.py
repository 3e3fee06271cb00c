"""However many step down at the same moment, an admin is left."""

import asyncio
from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest
from sqlalchemy import select

from apps.identity.application.administer import Admins, ChangeRole
from apps.identity.application.departures import SuspendMember
from apps.identity.domain.staff import LastAdmin
from apps.identity.domain.user import Role, Status
from apps.identity.infrastructure.administration import SqlAdmins
from apps.identity.infrastructure.models import UserModel
from apps.shared.domain.ids import MemberId
from tests.identity.stage import built
from tests.support.authenticators import employ
from tests.support.site import Member, Site, elsewhere
from tests.support.weakening import an_unguarded_site


async def two_admins(site: Site) -> list[Member]:
    admins = [await site.join("ada"), await site.join("bob")]
    for admin in admins:
        await employ(admin, "admin")
    return admins


async def left(site: Site) -> int:
    row = UserModel
    admins = select(row.id).where(row.role == Role.ADMIN, row.status == Status.ACTIVE)
    return len(await site.ask(admins))


async def operators(site: Site) -> int:
    """Two operators, of whom each lets another admin go; return how many are refused."""
    ada, bob = await two_admins(site)
    change, suspend = await site.port(ChangeRole), await site.port(SuspendMember)
    steps = [
        elsewhere(change(ada.id, Role.USER, by=None)),
        elsewhere(suspend(bob.id, reason="why")),
    ]
    ends = await asyncio.gather(*steps, return_exceptions=True)
    assert all(end is None or isinstance(end, LastAdmin) for end in ends), ends
    return sum(end is not None for end in ends)


async def test_one_of_two_operators_is_refused(site: Site) -> None:
    assert await operators(site) == 1
    assert await left(site) == 1


@pytest.mark.parametrize("turn", range(5))
async def test_two_admins_do_not_both_leave(site: Site, turn: int) -> None:
    del turn
    answers = [elsewhere(admin.delete("/me")) for admin in await two_admins(site)]
    assert sorted([(await answer).status_code for answer in answers]) == [202, 409]
    assert await left(site) == 1


@pytest.mark.parametrize("turn", range(5))
async def test_two_admins_do_not_let_each_other_step_down(site: Site, turn: int) -> None:
    del turn
    ada, bob = await two_admins(site)
    answers = [
        elsewhere(one.send("PUT", f"/admin/members/{other.id}/role", {"role": "user"}))
        for one, other in ((ada, bob), (bob, ada))
    ]
    told = sorted([(await answer).status_code for answer in answers])
    assert told[0] == 200
    assert told[1] in {401, 403, 409}
    assert await left(site) == 1


class Hasty(SqlAdmins):
    """Believes what somebody before it has seen."""

    seen: AbstractSet[MemberId] = frozenset()
    turn = asyncio.Lock()

    async def hold(self, member: MemberId) -> AbstractSet[MemberId]:
        async with self.turn:  # or the database would let the second one look anew
            type(self).seen = self.seen or await super().hold(member)
        return self.seen


async def test_who_looks_before_its_turn_leaves_nobody(url: str, keys: Path) -> None:
    Hasty.seen, Hasty.turn = frozenset(), asyncio.Lock()
    async with Site(url, keys, built(Admins, Hasty)) as site:
        assert await operators(site) == 0
        assert await left(site) == 0


class Slow(SqlAdmins):
    """Takes its time between looking and deciding."""

    async def hold(self, member: MemberId) -> AbstractSet[MemberId]:
        admins = await super().hold(member)
        await asyncio.sleep(0.2)
        return admins


async def test_without_locks_nobody_is_left(postgresql: str, keys: Path) -> None:
    async with an_unguarded_site(postgresql, keys, built(Admins, Slow)) as site:
        assert await operators(site) == 0
        assert await left(site) == 0


async def test_with_locks_that_time_does_no_harm(postgresql: str, keys: Path) -> None:
    async with Site(postgresql, keys, built(Admins, Slow)) as site:
        assert await operators(site) == 1
        assert await left(site) == 1
