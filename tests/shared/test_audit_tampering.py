"""Whatever somebody who can write to the database does to the audit log is found."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from uuid_utils.compat import uuid7

from apps.shared.application.audit_chain import AuditEndChanged
from apps.shared.infrastructure import audit
from apps.shared.infrastructure.audit import AuditEntryModel, AuditSealModel
from tests.support.audit import TABLES, fill, seal, sealed, verify, write
from tests.support.site import Site
from tests.support.weakening import let_change

Tamper = Callable[[Site], Coroutine[Any, Any, None]]


@pytest.fixture
async def log(site: Site) -> Site:
    await fill(site)
    return site


async def changed(site: Site) -> None:
    await site.run("UPDATE audit_entries SET target = 'nobody' WHERE action = 'two'")


async def changed_before_it_was_sealed(site: Site) -> None:
    await site.run("UPDATE audit_entries SET result = 'refused' WHERE action = 'six'")


async def blamed_on_somebody_else(site: Site) -> None:
    await site.run("UPDATE audit_entries SET actor = :eve WHERE action = 'four'", eve=str(uuid7()))


async def removed(site: Site) -> None:
    await site.run("DELETE FROM audit_entries WHERE action = 'two'")


async def removed_with_its_seal(site: Site) -> None:
    await removed(site)
    await site.run("DELETE FROM audit_seals WHERE number = 2")


async def removed_and_closed_up(site: Site) -> None:
    await removed_with_its_seal(site)
    for number in (3, 4, 5):
        await site.run(
            "UPDATE audit_seals SET number = :less WHERE number = :number",
            less=number - 1,
            number=number,
        )


async def copied(site: Site, action: str) -> UUID:
    """An entry as another one is, under a new id."""
    (row,) = await site.ask(select(AuditEntryModel).where(AuditEntryModel.action == action))
    new = uuid7()
    values = {column.key: getattr(row, column.key) for column in audit.ENTRIES.columns}
    await site.change(audit.ENTRIES.insert().values(values | {"id": new}))
    return new


async def inserted(site: Site) -> None:
    await copied(site, "one")


async def inserted_with_a_seal(site: Site) -> None:
    new = await copied(site, "one")
    (last,) = await site.ask(select(AuditSealModel).where(AuditSealModel.number == 5))
    forged = {"number": 6, "entry_id": new, "entry_stamp": last.entry_stamp}
    forged |= {"before": last.hash, "hash": last.hash}
    await site.change(audit.SEALS.insert().values(forged))
    await site.run("UPDATE audit_end SET number = 6, hash = :hash", hash=last.hash)


async def exchanged(site: Site) -> None:
    """Two seals, each in the other's place."""
    for was, now in ((2, 90), (3, 2), (90, 3)):
        await site.run("UPDATE audit_seals SET number = :n WHERE number = :w", n=now, w=was)


async def exchanged_entries(site: Site) -> None:
    (two,), (three,) = [
        await site.ask(select(AuditSealModel.entry_id).where(AuditSealModel.number == number))
        for number in (2, 3)
    ]
    for id, action in ((three, "two"), (two, "three")):
        await site.change(
            audit.ENTRIES.update().where(audit.ENTRIES.c.id == id).values(action=action)
        )


async def cut_off(site: Site) -> None:
    await site.run("DELETE FROM audit_entries WHERE action IN ('four', 'five', 'six')")
    await site.run("DELETE FROM audit_seals WHERE number > 3")


async def cut_off_and_set_back(site: Site) -> None:
    await cut_off(site)
    (last,) = await site.ask(select(AuditSealModel.hash).where(AuditSealModel.number == 3))
    await site.run("UPDATE audit_end SET number = 3, hash = :hash", hash=last)


async def cut_off_and_forgotten(site: Site) -> None:
    await cut_off(site)
    await site.run("DELETE FROM audit_end")


async def all_seals_removed(site: Site) -> None:
    await site.run("DELETE FROM audit_seals")


FAULTS: dict[Tamper, str] = {
    changed: "was changed, or was not written by this service",
    changed_before_it_was_sealed: "was changed, or was not written by this service",
    blamed_on_somebody_else: "was changed, or was not written by this service",
    removed: "is gone",
    removed_with_its_seal: "Seal 2 is gone.",
    removed_and_closed_up: "Seal 2 does not follow from the one before it.",
    inserted: "was changed, or was not written by this service",
    inserted_with_a_seal: "Seal 6 was changed.",
    exchanged: "Seal 2 does not follow from the one before it.",
    exchanged_entries: "was changed, or was not written by this service",
    cut_off: "Seal 5 is gone, and whatever was behind it.",
    cut_off_and_set_back: "What is kept as the end",
    cut_off_and_forgotten: "What is kept as the end",
    all_seals_removed: "Seal 1 is gone.",
}


@pytest.mark.parametrize("tamper", FAULTS, ids=lambda tamper: tamper.__name__)
async def test_whatever_was_done_to_the_log_is_found(log: Site, tamper: Tamper) -> None:
    for table in TABLES:
        await let_change(log, table)
    assert tamper is not None
    await tamper(log)
    faults = (await verify(log)).faults
    assert any(FAULTS[tamper] in fault for fault in faults), faults


async def test_letting_rows_be_changed_is_no_fault_by_itself(log: Site) -> None:
    for table in TABLES:
        await let_change(log, table)
    assert (await verify(log)).faults == []


async def test_another_key_finds_all_of_it_strange(url: str, log: Site, tmp_path: Path) -> None:
    await verify(log)
    async with Site(url, tmp_path) as other:
        assert len((await verify(other)).faults) > 6


async def test_an_older_copy_of_the_log_is_told_only_by_an_end_that_was_noted(log: Site) -> None:
    """What cannot be found without: nothing in the database is wrong then."""
    (older,) = await log.ask(select(audit.AuditEndModel))
    noted = (await verify(log)).end
    for table in TABLES:
        await let_change(log, table)
    await log.run("DELETE FROM audit_entries WHERE action = 'six'")
    await log.run("DELETE FROM audit_seals WHERE number = 6")
    kept = {"number": older.number, "hash": older.hash, "stamp": older.stamp}
    await log.change(audit.ENDS.update().values(kept))
    assert (await verify(log)).faults == []
    assert (await verify(log, noted)).faults == ["Seal 6 is gone, and whatever was behind it."]
    await write(log, "seven")
    assert (await verify(log, noted)).faults == ["Seal 6 is another one now."]


async def test_nothing_is_sealed_over_an_end_that_was_changed(log: Site) -> None:
    await log.run("UPDATE audit_end SET number = 3")
    with pytest.raises(AuditEndChanged):
        await seal(log)
    assert len(await sealed(log)) == 5
