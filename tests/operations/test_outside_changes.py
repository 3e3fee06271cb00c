"""Changes by SQL past the service leave a row, those by the service none."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import make_url

from apps.operations.application.outside_changes import (
    AcceptOutsideChange,
    OutsideChange,
    OutsideChangeNotFound,
    OutsideChanges,
)
from apps.operations.infrastructure.outside_changes import WATCHED
from apps.shared.application.audit import ListAuditLog
from apps.shared.infrastructure.database import Model
from tests.operations.test_audit_command import type_in
from tests.support.catalog import execute
from tests.support.seeds import sow
from tests.support.site import Site


async def changes(site: Site) -> list[OutsideChange]:
    return [*await (await site.port(OutsideChanges))()]  # type: ignore[type-abstract]


def refusals(url: str) -> list[str]:
    """What takes the refusals of all tables away that are only added to, as an owner could."""
    if make_url(url).get_backend_name() == "postgresql":
        return [f"ALTER TABLE {table} DISABLE TRIGGER tr_{table}_append_only" for table in KEPT]
    verbs = ("update", "delete")
    return [f"DROP TRIGGER tr_{table}_append_only_{verb}" for table in KEPT for verb in verbs]


KEPT = [table for table, columns in WATCHED.items() if not columns]


async def test_what_somebody_does_past_the_service_is_told(site: Site) -> None:
    ann = await site.join("ann")
    assert await changes(site) == []
    execute(url_of(site), "UPDATE users SET role = 'admin', version = version + 1")
    execute(url_of(site), "UPDATE users SET role = 'user'")
    (first, second) = await changes(site)
    assert (first.relation, first.verb) == ("users", "update")
    assert (first.row_key or "").replace("-", "") == ann.id.hex
    assert "role" in (first.columns or "")
    assert second.columns == "role"
    assert first.number < second.number
    assert first.at.tzinfo is not None
    if await site.dialect() == "postgresql":
        assert first.columns == "role, version"
        assert (first.who or "").split()[0] == make_url(url_of(site)).username


async def test_what_the_service_does_is_not(site: Site) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    card, taken = await ann.hold(), await bea.hold()
    trade = await ann.propose(bea, give=[card], take=[taken])
    answer = await bea.post(f"/trades/{trade}/accept", {"revision": 1})
    assert answer.status_code == 200, answer.text
    assert await changes(site) == []


@pytest.mark.parametrize("table", WATCHED)
async def test_each_change_of_each_watched_table_is_told(site: Site, table: str) -> None:
    """Of those that are only added to, too, once somebody has taken the refusal away."""
    url = url_of(site)
    sow(url)
    before = await changes(site)
    assert table in {each.relation for each in before}, "an insertion"
    column = next(iter(WATCHED[table]), [*Model.metadata.tables[table].columns][-1].name)
    constraints = ["PRAGMA foreign_keys = OFF"] if "sqlite" in url else []
    execute(url, *constraints, *refusals(url), f"UPDATE {table} SET {column} = {column}")
    told = [each for each in await changes(site) if each.number > before[-1].number]
    assert {(each.relation, each.verb) for each in told} == {(table, "update")}


async def test_an_operator_says_what_was_right(site: Site, url: str, keys: Path) -> None:
    await site.join("ann")
    execute(url_of(site), "UPDATE users SET status = 'suspended'")
    (change,) = await changes(site)
    told = await asyncio.to_thread(type_in, url, keys, "verify")
    assert told.exit_code == 1
    assert f"Change {change.number} of " in told.stdout
    assert "update users" in told.stdout
    words = ("accept", str(change.number), "--reason", "a restore")
    assert (await asyncio.to_thread(type_in, url, keys, *words)).exit_code == 0
    assert (await asyncio.to_thread(type_in, url, keys, *words)).exit_code == 1
    assert (await asyncio.to_thread(type_in, url, keys, "verify")).exit_code == 0
    entries = await (await site.port(ListAuditLog))(  # type: ignore[type-abstract]
        actor=None, action="outside_change_accepted", after=None, limit=10
    )
    assert [(each.target, each.meta) for each in entries.items] == [
        (str(change.number), {"reason": "a restore"})
    ]


async def test_nobody_accepts_what_there_is_not(site: Site) -> None:
    with pytest.raises(OutsideChangeNotFound):
        await (await site.port(AcceptOutsideChange))(1, reason="none")


async def test_a_table_that_was_emptied_is_told(postgresql: str, keys: Path) -> None:
    async with Site(postgresql, keys) as site:
        execute(postgresql, "TRUNCATE dispute_cases CASCADE")
        (change,) = await changes(site)
        assert (change.relation, change.verb, change.row_key) == ("dispute_cases", "truncate", None)


async def test_who_has_rights_on_a_table_only_is_told_of(postgresql: str, keys: Path) -> None:
    async with Site(postgresql, keys) as site:
        await site.join("ann")
        await site.run("CREATE ROLE kcs_clerk LOGIN")
        try:
            await site.run("GRANT SELECT, UPDATE ON users TO kcs_clerk")
            clerk = make_url(postgresql).set(username="kcs_clerk")
            execute(clerk.render_as_string(hide_password=False), "UPDATE users SET email = 'e@k.t'")
            (change,) = await changes(site)
            assert (change.who or "").startswith("kcs_clerk 127.0.0.1")
        finally:
            await site.run("DROP OWNED BY kcs_clerk")
            await site.run("DROP ROLE kcs_clerk")


async def test_without_its_triggers_nothing_would_be_told(site: Site) -> None:
    """The control: what the tests above see is seen by the triggers alone."""
    url = url_of(site)
    if await site.dialect() == "postgresql":
        execute(url, "ALTER TABLE users DISABLE TRIGGER tr_users_outside")
    else:
        execute(url, "DROP TRIGGER tr_users_outside_update")
    await site.join("ann")
    execute(url, "UPDATE users SET role = 'admin'")
    assert await changes(site) == []


async def test_the_log_of_such_changes_refuses_changes_itself(site: Site) -> None:
    await site.join("ann")
    execute(url_of(site), "UPDATE users SET role = 'admin'")
    for statement in ("UPDATE outside_changes SET who = 'me'", "DELETE FROM outside_changes"):
        with pytest.raises(Exception, match=r"append-only|never changed"):
            execute(url_of(site), statement)
    assert len(await changes(site)) == 1


def url_of(site: Site) -> str:
    return site.settings.database_url
