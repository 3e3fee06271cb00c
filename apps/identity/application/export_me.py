"""A member takes along what is known of them, in an archive that a worker makes (K6)."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from apps.identity.contract import Directory, Disclosure
from apps.shared.application.audit import AuditLog
from apps.shared.application.jobs import Job, Jobs
from apps.shared.application.long_work import KEPT_FOR as LINKED_FOR
from apps.shared.application.long_work import UNFINISHED, Files, OperationNotFound, Operations
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import TooMany
from apps.shared.domain.ids import Clock, MemberId

audit = logging.getLogger("kcs.audit")

EXPORT = "exports.build"
KIND = "export"
Records = Sequence[Mapping[str, Any]]


class ExportTooSoon(TooMany):
    """An archive is made once a day; the last one can still be had."""


class Disclosures(Protocol):
    """All contexts that know of members."""

    async def all(self) -> Sequence[Disclosure]:
        """Return them."""
        ...


class Links(Protocol):
    """Signs links, so that whoever holds one needs no session."""

    def to(self, id: UUID, *, until: datetime) -> str:
        """Return the link to a file, which is good until then."""
        ...

    def holds(self, id: UUID, signature: str, *, until: int, at: datetime) -> bool:
        """Tell whether we have signed this, and its time is not over."""
        ...


class Archiver(Protocol):
    """Packs records into one file."""

    async def __call__(self, records: Mapping[str, Records]) -> bytes:
        """Return it."""
        ...


@dataclass(slots=True)
class Aliases:
    """Names the members of one archive, in the order in which they come up."""

    me: MemberId
    known: dict[MemberId, str] = field(default_factory=dict)

    def __call__(self, member: MemberId) -> str:
        """Return what this one is called in it."""
        if member == self.me:
            return "me"
        return self.known.setdefault(member, f"member-{len(self.known) + 1}")


@dataclass(frozen=True, slots=True)
class ExportMe:
    """Have an archive made of all that is known of you, as JSON, other members without names.

    The operation tells when it is ready, and has a link to it then, good for 24 hours without
    signing in. One is made at a time, and one a day; who asks while it is made gets that one.
    """

    work: UnitOfWork
    operations: Operations
    directory: Directory
    jobs: Jobs
    audit: AuditLog
    clock: Clock

    async def __call__(self, me: MemberId) -> UUID:
        """Return the operation; raise ExportTooSoon."""
        async with self.work:
            await self.directory.lock([me])
            now = self.clock.now()
            last = await self.operations.latest(KIND, of=me, at=now)
            if last and last.status in UNFINISHED:
                return last.id
            if last:
                wait = last.expires_at - now
                raise ExportTooSoon(
                    retry_after=int(wait.total_seconds()) + 1,
                    limit_key="data_exports",
                    reset_at=last.expires_at,
                )
            id = await self.operations.begin(KIND, of=me, at=now)
            await self.jobs.enqueue(EXPORT, {"operation": str(id), "member": str(me)})
            await self.audit.write("export.ask", actor=me, operation=str(id))
        audit.info("export asked member=%s", me)
        return id


@dataclass(frozen=True, slots=True)
class BuildExport:
    """Ask every context, pack what they tell, and be done with the job in the same transaction."""

    work: UnitOfWork
    operations: Operations
    disclosures: Disclosures
    archive: Archiver
    links: Links
    jobs: Jobs
    clock: Clock

    async def __call__(self, job: Job) -> None:
        id, member = UUID(job.payload["operation"]), MemberId(UUID(job.payload["member"]))
        try:
            file = await self._make(id, member)
        except Exception:
            if job.attempts == job.max_attempts:
                await self._give_up(id)
            raise
        async with self.work:
            if file is not None:
                now = self.clock.now()
                until = now + LINKED_FOR
                told = until.isoformat().replace("+00:00", "Z")
                result = {"href": self.links.to(id, until=until), "expires_at": told}
                await self.operations.succeed(id, result, file=file, at=now)
            await self.jobs.complete(job)

    async def _make(self, id: UUID, member: MemberId) -> bytes | None:
        """Return the file, or None where nobody waits for it any more."""
        name, records = Aliases(member), dict[str, Records]()
        disclosures = await self.disclosures.all()
        for count, disclose in enumerate(disclosures):
            async with self.work:
                progress = 100 * count // len(disclosures)
                if not await self.operations.advance(id, progress, at=self.clock.now()):
                    return None
            records |= await disclose(member, name)
        return await self.archive(records)

    async def _give_up(self, id: UUID) -> None:
        problem = {"code": "internal-error", "detail": "The archive could not be made. Ask again."}
        async with self.work:
            await self.operations.fail(id, problem, at=self.clock.now())


@dataclass(frozen=True, slots=True)
class FetchExport:
    """Fetch an archive by the link that its operation has, until a day after it was made.

    It needs no session; one that is sent along has to be its member's.
    """

    work: UnitOfWork
    files: Files
    links: Links
    audit: AuditLog
    clock: Clock

    async def __call__(self, id: UUID, signature: str, *, until: int, by: MemberId | None) -> bytes:
        """Raise OperationNotFound for a link that is forged, too old, or somebody else's."""
        now = self.clock.now()
        if not self.links.holds(id, signature, until=until, at=now):
            raise OperationNotFound
        owner, file = await self.files(id, at=now)
        if by not in {None, owner}:
            raise OperationNotFound
        async with self.work:
            await self.audit.write("export.fetch", actor=by, target=owner, operation=str(id))
        return file
