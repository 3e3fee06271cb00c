"""Archives: packed as ZIP away from the event loop, and found by links that are signed."""

import hmac
import io
import json
from asyncio import to_thread
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

from dishka import AsyncContainer

from apps.identity.application.export_me import Archiver, Disclosures, Links, Records
from apps.identity.contract import Disclosure

PATH = "/api/v1/exports"


class ContainerDisclosures(Disclosures):
    """Builds them when they are asked for: the container does not serve who it is building."""

    def __init__(self, container: AsyncContainer, kinds: Sequence[type[Disclosure]]) -> None:
        self._container = container
        self._kinds = kinds

    async def all(self) -> Sequence[Disclosure]:
        """Ask the container for each."""
        return [await self._container.get(kind) for kind in self._kinds]


class ZippedJson(Archiver):
    """A file of JSON for each list of records, as people can read it."""

    async def __call__(self, records: Mapping[str, Records]) -> bytes:
        """Pack on a thread."""
        return await to_thread(zipped, records)


def zipped(records: Mapping[str, Records]) -> bytes:
    """Return the archive."""
    content = io.BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        for name, rows in records.items():
            archive.writestr(f"{name}.json", json.dumps(rows, ensure_ascii=False, indent=2))
    return content.getvalue()


class SignedLinks(Links):
    """HMAC over file and time, under a key used for nothing else."""

    def __init__(self, secret: bytes) -> None:
        """Derive that key from a secret of this installation."""
        self._key = hmac.digest(secret, b"links to exports", "sha256")

    def to(self, id: UUID, *, until: datetime) -> str:
        """Count time in seconds since 1970."""
        end = int(until.timestamp())
        return f"{PATH}/{id}?until={end}&signature={self._sign(id, end)}"

    def holds(self, id: UUID, signature: str, *, until: int, at: datetime) -> bool:
        """Compare in constant time."""
        expected = self._sign(id, until).encode()
        return hmac.compare_digest(signature.encode(), expected) and at.timestamp() < until

    def _sign(self, id: UUID, until: int) -> str:
        return hmac.digest(self._key, f"{id} {until}".encode(), "sha256").hex()
