"""`kcs audit verify` tells an operator, and a timer, whether anybody was at the audit log."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from dishka import AsyncContainer
from typer.testing import CliRunner

from apps.operations.presentation.audit import commands
from apps.shared.application.audit import AuditLog
from apps.shared.application.work import UnitOfWork
from tests.support.served import environment, run
from tests.support.site import Site
from tests.support.weakening import let_change


def type_in(url: str, keys: Path, *words: str) -> Any:
    """Run the command over an installation."""

    @asynccontextmanager
    async def open_container() -> AsyncIterator[AsyncContainer]:
        async with Site(url, keys) as site:
            yield site.app.state.dishka_container

    return CliRunner().invoke(commands(open_container), words)


async def write(url: str, keys: Path) -> None:
    async with Site(url, keys) as site:
        log = await site.port(AuditLog)  # type: ignore[type-abstract]
        async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
            for number in range(30):
                await log.write("try", actor=None, number=number)


async def change(url: str, keys: Path) -> None:
    async with Site(url, keys) as site:
        await let_change(site, "audit_entries")
        await site.run("UPDATE audit_entries SET action = 'other'")


def test_a_whole_log_is_said_to_be_whole_and_a_changed_one_to_be_broken(
    url: str, keys: Path
) -> None:
    asyncio.run(write(url, keys))
    whole = type_in(url, keys, "verify")
    assert whole.exit_code == 0, whole.output
    told = re.fullmatch(
        r"The audit log is whole: 30 entries\.\nIt ends at (30:[0-9a-f]{64})\n", whole.stdout
    )
    assert told
    assert type_in(url, keys, "verify", "--noted", told[1]).exit_code == 0
    other = type_in(url, keys, "verify", "--noted", f"30:{'0' * 64}")
    assert (other.exit_code, other.stdout.splitlines()[0]) == (1, "Seal 30 is another one now.")
    asyncio.run(change(url, keys))
    broken = type_in(url, keys, "verify")
    assert broken.exit_code == 1
    *faults, more, verdict = broken.stdout.splitlines()
    assert len(faults) == 20
    assert (more, verdict) == (
        "And 10 faults more.",
        "The audit log is BROKEN: 30 entries.",
    )


@pytest.mark.parametrize("noted", ["", "1", "0:", f"1:{'g' * 64}", f"01:{'0' * 64}"])
def test_what_was_not_printed_is_refused(sqlite: str, keys: Path, noted: str) -> None:
    assert type_in(sqlite, keys, "verify", "--noted", noted).exit_code == 2


def test_the_command_is_there(sqlite: str, tmp_path: Path) -> None:
    done = run("kcs audit verify", environment(sqlite, tmp_path / "data"))
    assert (done.returncode, done.stdout) == (0, "The audit log is whole: 0 entries.\n")
