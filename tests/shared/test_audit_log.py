"""The audit log is sealed behind its writers, who never wait; none is skipped."""

from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from uuid_utils.compat import uuid7

from apps.shared.application.audit import WHENCE, AuditLog, Result, Whence
from apps.shared.application.work import UnitOfWork
from apps.shared.infrastructure import audit
from apps.shared.infrastructure.audit import AuditEntryModel
from apps.shared.infrastructure.unit_of_work import violated
from tests.support.audit import ANN, TABLES, fill, seal, sealed, verify, write
from tests.support.labour import work_once
from tests.support.site import Site, elsewhere
from tests.support.weakening import let_change


@pytest.fixture
async def log(site: Site) -> Site:
    await fill(site)
    return site


async def test_an_untouched_log_is_whole(log: Site) -> None:
    findings = await verify(log)
    assert (findings.entries, findings.faults) == (6, [])
    assert findings.end[0] == 6
    assert await verify(log) == findings
    assert await verify(log, noted=findings.end) == findings
    assert await sealed(log) == ["one", "two", "three", "four", "five", "six"]


async def test_a_log_in_which_nothing_stands_is_whole(site: Site) -> None:
    findings = await verify(site)
    assert (findings.entries, findings.end, findings.faults) == (0, (0, ""), [])


async def test_an_entry_holds_all_that_was_told(site: Site) -> None:
    token = WHENCE.set(Whence(network="192.0.2.0/24", request_id="r-1"))
    await write(site, "member.suspend", reason="spam")
    WHENCE.reset(token)
    (row,) = await site.ask(select(AuditEntryModel))
    assert (row.actor, row.action, row.target) == (str(ANN), "member.suspend", "somebody")
    assert (row.ip_trunc, row.request_id) == ("192.0.2.0/24", "r-1")
    assert (row.result, row.meta) == (Result.OK, {"reason": "spam"})


async def test_what_is_undone_is_not_in_the_log(site: Site) -> None:
    log = await site.port(AuditLog)  # type: ignore[type-abstract]
    with pytest.raises(LookupError):
        async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
            await log.write("one", actor=ANN)
            raise LookupError
    assert await site.ask(select(AuditEntryModel)) == []
    with pytest.raises(RuntimeError, match="inside `async with work`"):
        await log.write("one", actor=ANN)


async def test_the_worker_seals(site: Site) -> None:
    await write(site, "one")
    await work_once(site)
    assert await sealed(site) == ["one"]


async def test_a_pseudonym_tells_nothing_and_is_always_the_same(site: Site) -> None:
    log = await site.port(AuditLog)  # type: ignore[type-abstract]
    ann, bea = log.pseudonym("ann@kcs.test"), log.pseudonym("bea@kcs.test")
    assert ann == log.pseudonym("ann@kcs.test") != bea
    assert len(ann) == 64


# What keeps it from being done


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
async def test_the_database_refuses_to_change_it(log: Site, table: str, change: str) -> None:
    column = "stamp" if table == "audit_entries" else "hash"
    statement = change.format(table, column, column)
    with pytest.raises(IntegrityError) as refusal:
        await log.run(statement)
    assert violated(refusal.value.orig) == f"tr_{table}_append_only"
    await let_change(log, table)
    await log.run(statement)  # the control


async def test_postgresql_lets_nobody_else_change_it_either(postgresql: str, keys: Path) -> None:
    granted = text(
        "SELECT DISTINCT a.privilege_type FROM pg_class c, aclexplode(c.relacl) a"
        " WHERE c.relname IN ('audit_entries', 'audit_seals')"
    )
    async with Site(postgresql, keys) as site:
        for table in TABLES:
            with pytest.raises(DBAPIError):
                await site.run(f"TRUNCATE {table}")
        async with (await site.engine()).connect() as connection:
            allowed = set((await connection.execute(granted)).scalars())
    assert {"INSERT", "SELECT"} <= allowed
    assert not allowed & {"UPDATE", "DELETE", "TRUNCATE"}


# Writers do not wait, and none is skipped


async def test_who_commits_late_is_sealed_all_the_same(postgresql: str, keys: Path) -> None:
    async with Site(postgresql, keys) as site:
        log = await site.port(AuditLog)  # type: ignore[type-abstract]
        async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
            await log.write("early, but committed late", actor=ANN)
            await elsewhere(write(site, "late"))
            assert await elsewhere(seal(site)) == 1
        await write(site, "last")
        assert await seal(site) == 2
        assert await sealed(site) == ["late", "early, but committed late", "last"]
        assert (await verify(site)).faults == []


async def test_who_seals_keeps_nobody_from_writing(postgresql: str, keys: Path) -> None:
    async with Site(postgresql, keys) as site:
        await write(site, "one")
        async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
            assert await seal(site) == 1
            await elsewhere(write(site, "two"))
        assert await seal(site) == 1


async def test_two_who_seal_take_turns(log: Site) -> None:
    turns = [elsewhere(seal(log)) for _ in range(8)]
    assert sorted([await turn for turn in turns]) == [0] * 7 + [1]
    assert (await verify(log)).faults == []


async def test_the_very_late_are_left_to_who_verifies(log: Site) -> None:
    assert await seal(log) == 1
    row = {"at": (await log.clock()).now(), "action": "old", "result": "ok", "meta": {}}
    old = UUID(int=uuid7().int - (2 * 3600 * 1000 << 80))
    await log.change(audit.ENTRIES.insert().values(row | {"id": old, "stamp": "x"}))
    assert await seal(log) == 0
    assert await seal(log, late=True) == 1


async def test_sealing_goes_on_where_a_turn_ends(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.shared.application.audit_chain.SEALED_AT_ONCE", 2)
    monkeypatch.setattr(audit, "READ_AT_ONCE", 2)
    await write(site, *"abcde")
    assert [await seal(site) for _ in range(3)] == [2, 2, 1]
    await write(site, *"fghij")
    findings = await verify(site)
    assert (findings.entries, findings.faults) == (10, [])
