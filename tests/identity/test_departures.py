"""Suspending, reinstating and removing members, as operators do it and as accounts see it."""

from asyncio import to_thread
from pathlib import Path

import pytest
from sqlalchemy import select

from apps.identity.application.departures import FindAccount
from apps.identity.domain.user import MemberDeparted, MemberRemoved, Status, User, UserNotFound
from apps.identity.infrastructure.models import UserModel
from tests.support.builders import ANN, HOUR, NOON, a_uuid
from tests.support.departures import remove
from tests.support.served import environment, run
from tests.support.site import Member, Site


def a_user(status: Status = Status.ACTIVE) -> User:
    user = User.register(ANN, email="ann@kcs.test", password_hash="!", at=NOON)
    user.status = status
    return user


@pytest.mark.parametrize(
    ("verb", "before", "after", "told"),
    [
        ("suspend", Status.ACTIVE, Status.SUSPENDED, [MemberDeparted]),
        ("suspend", Status.SUSPENDED, Status.SUSPENDED, []),
        ("reinstate", Status.SUSPENDED, Status.ACTIVE, []),
        ("reinstate", Status.ACTIVE, Status.ACTIVE, []),
        ("delete", Status.ACTIVE, Status.DELETED, [MemberDeparted, MemberRemoved]),
        ("delete", Status.SUSPENDED, Status.DELETED, [MemberRemoved]),
    ],
)
def test_a_departure_is_told_once(
    verb: str, before: Status, after: Status, told: list[type]
) -> None:
    user = a_user(before)
    getattr(user, verb)(at=NOON + HOUR)
    assert (user.status, [type(event) for event in user.release()]) == (after, told)


@pytest.mark.parametrize("verb", ["suspend", "reinstate", "delete"])
def test_nobody_comes_back_who_has_left_for_good(verb: str) -> None:
    user = a_user(Status.DELETED)
    with pytest.raises(UserNotFound):
        getattr(user, verb)(at=NOON + HOUR)
    assert user.status is Status.DELETED
    assert not user.release()


async def status_of(member: Member) -> str:
    (status,) = await member.site.ask(select(UserModel.status).where(UserModel.id == member.id))
    return str(status)


async def test_an_account_is_found_by_nickname_and_by_id_whatever_its_status(site: Site) -> None:
    find = await site.port(FindAccount)  # type: ignore[type-abstract]
    ann, bea = await site.join("Ann"), await site.join("bea")
    await remove(bea)
    for name, member in (("ann", ann), (str(ann.id), ann), (str(bea.id), bea), ("BEA", bea)):
        assert await find(name) == member.id
    for name in ("eve", str(a_uuid(404)), ""):
        with pytest.raises(UserNotFound):
            await find(name)


async def test_an_operator_decides_and_the_log_says_why(
    sqlite: str, tmp_path: Path, keys: Path
) -> None:
    env = environment(sqlite, tmp_path)
    async with Site(sqlite, keys) as site:
        ann = await site.join("ann")
        for verb, told, who, status in (
            ("suspend", "suspended", "ann", Status.SUSPENDED),
            ("reinstate", "reinstated", str(ann.id), Status.ACTIVE),
            ("remove", "removed", "ann", Status.DELETED),
        ):
            done = await to_thread(run, f"kcs members {verb} {who} --reason spam", env)
            assert done.returncode == 0, done.stderr
            assert f"member {told} member={ann.id} reason='spam'" in done.stderr
            assert await status_of(ann) == status
    unknown = await to_thread(run, "kcs members suspend eve --reason spam", env)
    assert (unknown.returncode, unknown.stderr) == (1, "There is no such member.\n")
