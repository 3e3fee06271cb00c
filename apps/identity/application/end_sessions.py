"""Signing out devices that one does not hold in hand."""

import logging
from dataclasses import dataclass

from apps.identity.contract import Directory
from apps.identity.domain.session import SessionId, SessionNotFound, SessionRepository
from apps.shared.application.access import Caller
from apps.shared.application.audit import AuditLog
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId

audit = logging.getLogger("kcs.audit")


@dataclass(frozen=True, slots=True)
class EndSession:
    """Sign one of your devices out; its tokens are refused from its next request on."""

    work: UnitOfWork
    sessions: SessionRepository
    directory: Directory
    clock: Clock

    async def __call__(self, id: SessionId, *, of: MemberId) -> None:
        async with self.work:
            await self.directory.lock([of])  # what that device has begun comes before, or not
            if not await self.sessions.end(id, of=of, at=self.clock.now()):
                raise SessionNotFound
        audit.info("logout session=%s remote", id)


@dataclass(frozen=True, slots=True)
class EndSessions:
    """Sign all of your devices out, the one that asks as well unless it is to stay."""

    work: UnitOfWork
    sessions: SessionRepository
    directory: Directory
    audit: AuditLog
    clock: Clock

    async def __call__(self, caller: Caller, *, keep_current: bool) -> None:
        kept = SessionId(caller.session_id) if keep_current else None
        async with self.work:
            await self.directory.lock([caller.member_id])
            await self.sessions.end_all(of=caller.member_id, but=kept, at=self.clock.now())
            await self.audit.write("logout-all", actor=caller.member_id, kept=keep_current)
        audit.info("logout everywhere member=%s kept=%s", caller.member_id, kept)
