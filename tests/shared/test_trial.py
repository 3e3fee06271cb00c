"""A part of a unit of work is kept or undone, and the rest of it is kept."""

import pytest
from sqlalchemy import select

from apps.shared.application.jobs import Jobs
from apps.shared.application.work import Trial, UnitOfWork
from apps.shared.domain.errors import Conflict
from apps.shared.infrastructure.jobs import JobModel
from tests.identity.stage import statements
from tests.support.site import Site


async def write(site: Site, *, kept: bool, fault: Exception | None = None) -> None:
    """Write three rows, the second of them on trial."""
    work = await site.port(UnitOfWork)  # type: ignore[type-abstract]
    trial = await site.port(Trial)  # type: ignore[type-abstract]
    jobs = await site.port(Jobs)  # type: ignore[type-abstract]
    async with work:
        await jobs.enqueue("a")
        async with trial(kept=kept):
            await jobs.enqueue("b")
            if fault:
                raise fault
        await jobs.enqueue("c")


async def kinds(site: Site) -> list[str]:
    return await site.ask(select(JobModel.kind).order_by(JobModel.kind))


@pytest.mark.parametrize("kept", [True, False])
async def test_what_is_tried_is_undone_unless_it_is_to_be_kept(site: Site, *, kept: bool) -> None:
    async with statements(site) as sent:
        await write(site, kept=kept)
    assert await kinds(site) == ["a", *["b"] * kept, "c"]
    words = [statement.split()[0] for statement in sent]
    end = "RELEASE" if kept else "ROLLBACK"
    assert words == ["INSERT", "SAVEPOINT", "INSERT", end, "INSERT"]


async def test_what_fails_inside_undoes_everything(site: Site) -> None:
    with pytest.raises(Conflict):
        await write(site, kept=True, fault=Conflict())
    assert await kinds(site) == []
