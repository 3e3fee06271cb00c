"""Mail of an installation without a mail server: it is written where the operator looks."""

import json
import sys
from asyncio import to_thread
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from apps.identity.application.mailbox import KeptMail, Mailbox
from apps.identity.application.ports import Mail, Mailer
from apps.shared.domain.ids import Clock, Ids

MOST_KEPT = 100


class ConsoleMailer(Mailer):
    """Writes each mail to standard output."""

    async def send(self, mail: Mail) -> None:
        """Write it at once."""
        sys.stdout.write(f"--- mail to {mail.to}: {mail.subject}\n{mail.text}---\n")
        sys.stdout.flush()


class FolderMailbox(Mailer, Mailbox):
    """Keeps the newest mails as files beside that, since a worker may be another process."""

    def __init__(self, folder: Path, clock: Clock, ids: Ids) -> None:
        self._folder = folder
        self._clock = clock
        self._ids = ids
        self._console = ConsoleMailer()

    async def send(self, mail: Mail) -> None:
        """Write it to both places."""
        await self._console.send(mail)
        told = {"to": mail.to, "subject": mail.subject, "text": mail.text}
        told["at"] = self._clock.now().isoformat()
        await to_thread(self._keep, f"{self._ids.next()}.json", json.dumps(told))

    async def newest(self) -> Sequence[KeptMail]:
        """Read the files; their names sort by time."""
        return await to_thread(self._read)

    def _keep(self, name: str, told: str) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self._folder / f"{name}.new"
        new.touch(mode=0o600)
        new.write_text(told)
        new.rename(self._folder / name)
        for old in self._files()[MOST_KEPT:]:
            old.unlink(missing_ok=True)

    def _read(self) -> list[KeptMail]:
        found = []
        for file in self._files():
            with suppress(FileNotFoundError):  # somebody else has just made room
                told = json.loads(file.read_text())
                at = datetime.fromisoformat(told.pop("at"))
                found.append(KeptMail(at=at, mail=Mail(**told)))
        return found

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.json"), reverse=True)
