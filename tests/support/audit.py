"""An audit log that tests write to, seal and verify."""

from typing import Any

from sqlalchemy import select
from uuid_utils.compat import uuid7

from apps.shared.application.audit import AuditLog
from apps.shared.application.audit_chain import Findings, SealAuditLog, VerifyAuditLog
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.audit import AuditEntryModel, AuditSealModel
from tests.support.site import Site

ANN = MemberId(uuid7())
TABLES = ("audit_entries", "audit_seals")


async def write(site: Site, *actions: str, **meta: Any) -> None:
    log = await site.port(AuditLog)  # type: ignore[type-abstract]
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        for action in actions:
            await log.write(action, actor=ANN, target="somebody", **meta)


async def entries(site: Site) -> list[tuple[Any, ...]]:
    """Action, actor, target and result of each entry, oldest first."""
    rows = await site.ask(select(AuditEntryModel).order_by(AuditEntryModel.id))
    return [(row.action, row.actor, row.target, str(row.result)) for row in rows]


async def seal(site: Site, *, late: bool = False) -> int:
    return await (await site.port(SealAuditLog))(late=late)


async def verify(site: Site, noted: tuple[int, str] | None = None) -> Findings:
    return await (await site.port(VerifyAuditLog))(noted=noted)


async def sealed(site: Site) -> list[str]:
    """The actions in the order of the chain."""
    entry, row = AuditEntryModel, AuditSealModel
    return await site.ask(
        select(entry.action).join(row, row.entry_id == entry.id).order_by(row.number)
    )


async def fill(site: Site) -> None:
    """Five entries, sealed in two turns, and one that is not sealed yet."""
    await write(site, "one", "two", "three")
    assert await seal(site) == 3
    await write(site, "four", "five", reason='"quoted" \u2028 \U0001f996', times=2, by_hand=True)
    assert await seal(site) == 2
    await write(site, "six", nothing=None)
