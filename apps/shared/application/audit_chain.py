"""How entries of the audit log are linked, and how it is told whether anybody has been at them.

An entry is stamped as it is written. Behind it comes whoever seals: that is one at a time, and no
request waits for it. A seal takes the number behind the last one, and its stamp is over that one's.
The end of the chain is kept under a stamp as well, so that it cannot be cut off unnoticed.
"""

import hmac
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Protocol
from uuid import UUID

from apps.shared.application.audit import AuditEntry
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import Conflict

SEALED_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A link: over which entry, with which stamp, and behind which other seal."""

    number: int
    entry_id: UUID
    entry_stamp: str
    before: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The number and hash of the last seal, under a stamp; before the first one, number 0."""

    number: int = 0
    hash: str = ""
    stamp: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A seal beside its entry and the stamp that was written with that; None where it is gone."""

    seal: Seal
    entry: AuditEntry | None
    stamp: str | None


@dataclass(frozen=True, slots=True)
class Stamps:
    """HMAC-SHA-256 under a key that serves nothing else, over JSON that says what is stamped."""

    secret: bytes = field(repr=False)

    def entry(self, entry: AuditEntry) -> str:
        """Stamp all of an entry."""
        at = entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        where = (entry.ip_trunc, entry.request_id)
        told = (entry.actor, entry.action, entry.target, *where, entry.result)
        return self._stamp("entry", str(entry.id), at, *told, dict(sorted(entry.meta.items())))

    def seal(self, number: int, before: str, entry_id: UUID, entry_stamp: str) -> str:
        """Stamp a seal over an entry."""
        return self._stamp("seal", number, before, str(entry_id), entry_stamp)

    def end(self, number: int, hash: str) -> str:
        """Stamp the end of the chain."""
        return self._stamp("end", number, hash)

    def pseudonym(self, text: str) -> str:
        """Stamp a name."""
        return self._stamp("name", text)

    def _stamp(self, *told: object) -> str:
        text = json.dumps(told, ensure_ascii=True, separators=(",", ":"))
        return hmac.new(self.secret, text.encode("ascii"), "sha256").hexdigest()


class AuditChain(Protocol):
    """The entries and their seals, as whoever seals and verifies sees them."""

    async def hold(self) -> tuple[End, int]:
        """Return the end that is kept, and the number of the last seal that is there.

        Nobody else can seal until the unit of work ends.
        """
        ...

    async def unsealed(self, *, limit: int, late: bool) -> Sequence[tuple[UUID, str]]:
        """Return ids and stamps of entries without a seal, by id.

        Unless the very `late` ones are asked for, too, those may be left out that were written an
        hour before one that is sealed.
        """
        ...

    async def append(self, seals: Sequence[Seal], end: End) -> None:
        """Keep these seals, and the new end."""
        ...

    def links(self) -> AsyncIterator[Link]:
        """Read all seals by number, some at a time."""
        ...


class AuditEndChanged(Conflict):
    """What is kept as the end of the audit log is not what was written; nothing more is sealed."""


@dataclass(frozen=True, slots=True)
class SealAuditLog:
    """Link what has been written to the audit log since the last time.

    What shows that seals were removed is not written over: then nothing is sealed any more.
    """

    work: UnitOfWork
    chain: AuditChain
    stamps: Stamps

    async def __call__(self, *, late: bool = False) -> int:
        """Return how many entries were sealed, SEALED_AT_ONCE where there may be more."""
        async with self.work:
            end, last = await self.chain.hold()
            if last > end.number or (end.number and end != self._end(end.number, end.hash)):
                raise AuditEndChanged
            seals: list[Seal] = []
            for id, stamp in await self.chain.unsealed(limit=SEALED_AT_ONCE, late=late):
                number, before = end.number + 1, end.hash
                hash = self.stamps.seal(number, before, id, stamp)
                seals.append(
                    Seal(number=number, entry_id=id, entry_stamp=stamp, before=before, hash=hash)
                )
                end = self._end(number, hash)
            if seals:
                await self.chain.append(seals, end)
        return len(seals)

    async def rest(self) -> End:
        """Seal all there is, however late it came; return the end of the chain."""
        while await self(late=True) == SEALED_AT_ONCE:
            pass
        async with self.work:
            return (await self.chain.hold())[0]

    def _end(self, number: int, hash: str) -> End:
        return End(number=number, hash=hash, stamp=self.stamps.end(number, hash))


Mark = tuple[int, str]
"""The number and hash of a seal, as somebody has noted them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """How many entries there are, where the chain ends, and what is wrong with it."""

    entries: int
    end: Mark
    faults: Sequence[str]


@dataclass(frozen=True, slots=True)
class VerifyAuditLog:
    """Seal what is written, and tell whether all that was ever sealed is still there, unchanged."""

    seal: SealAuditLog
    chain: AuditChain
    stamps: Stamps

    async def __call__(self, *, noted: Mark | None = None) -> Findings:
        """Look for a seal that was `noted`, too."""
        marks, faults = [noted] if noted else [], list[str]()
        try:
            end = await self.seal.rest()
            marks += [(end.number, end.hash)] if end.number else []
        except AuditEndChanged as changed:
            faults.append(str(changed))
        entries, number, before = 0, 0, ""
        async for link in self.chain.links():
            faults += self._faults(link, number, before)
            entries, number, before = entries + 1, link.seal.number, link.seal.hash
            told = [mark for mark in marks if mark[0] == number]
            faults += [f"Seal {number} is another one now." for mark in told if mark[1] != before]
            marks = [mark for mark in marks if mark not in told]
        faults += [f"Seal {mark[0]} is gone, and whatever was behind it." for mark in marks]
        return Findings(entries=entries, end=(number, before), faults=faults)

    def _faults(self, link: Link, number: int, before: str) -> Iterator[str]:
        """Tell what is wrong with one link, behind the seal of this number and hash."""
        seal = link.seal
        if seal.number != number + 1:
            yield f"Seal {number + 1} is gone."
        elif seal.before != before:
            yield f"Seal {seal.number} does not follow from the one before it."
        if seal.hash != self.stamps.seal(seal.number, seal.before, seal.entry_id, seal.entry_stamp):
            yield f"Seal {seal.number} was changed."
        if link.entry is None:
            yield f"Entry {seal.entry_id} is gone."
        elif not seal.entry_stamp == link.stamp == self.stamps.entry(link.entry):
            yield f"Entry {seal.entry_id} was changed, or was not written by this service."
