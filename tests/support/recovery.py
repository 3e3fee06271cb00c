"""A PostgreSQL that archives its log, and is recovered from it as docs/backup.md says."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.postgres import Owner, Server, the_binaries, the_owner
from tests.support.served import ROOT

TARGETS = ("recovery_target_time ", "recovery_target_name ")
PAGE = (ROOT / "docs" / "backup.md").read_text()


def blocks(language: str) -> list[str]:
    """What is to be typed, or written into a file, in the order of the page."""
    section = PAGE[PAGE.index("## Recovery to a moment") :]
    return re.findall(rf"^```{language}\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Grounds:
    """Where all of it lies, in place of /srv."""

    folder: Path
    binaries: Path
    owner: Owner

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    @contextmanager
    def primary(self) -> Iterator[int]:
        """Yield the port of a new server that archives."""
        server = self._server("primary")
        for folder in (server.home, self.archive):
            folder.mkdir()
            self.owner.take(folder)
        server.create()
        self._write(server, "postgresql.conf", blocks("conf")[0])
        with server.running() as port:
            yield port

    @contextmanager
    def recovered(self, name: str, **target: str) -> Iterator[int]:
        """Yield the port of a server that was brought to this target, or to the archive's end."""
        server = self._server(name)
        server.home.mkdir()
        self.owner.take(server.home)
        self._type(blocks("sh")[2], server)
        settings = [
            line for line in blocks("conf")[1].splitlines() if not line.startswith(TARGETS)
        ] + [f"{setting} = '{value}'" for setting, value in target.items()]
        self._write(server, "postgresql.auto.conf", "\n".join(settings))
        with server.running() as port:
            yield port

    def take_base(self, port: int) -> None:
        self._type(blocks("sh")[0], self._server("primary"), port)

    def name_a_point(self, port: int) -> None:
        self._type(blocks("sh")[1], self._server("primary"), port)

    def _server(self, name: str) -> Server:
        return Server(self.folder / name, self.binaries, self.owner)

    def _here(self, told: str, server: Server) -> str:
        moved = told.replace("/srv/recovered", str(server.data))
        return moved.replace("/srv", str(self.folder))

    def _write(self, server: Server, file: str, settings: str) -> None:
        with (server.data / file).open("a") as written:
            written.write(f"\n{self._here(settings, server)}\n")

    def _type(self, script: str, server: Server, port: int = 0) -> None:
        """Have a shell run it, as the user that the server runs as."""
        told = {"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": "app", "PGDATABASE": "kcs"}
        done = subprocess.run(
            ["sh", "-euc", self._here(script, server)],
            env={"PATH": f"{self.binaries}:{os.defpath}", "LC_ALL": "C.UTF-8", **told},
            cwd=self.folder,
            user=self.owner.user,
            group=self.owner.group,
            extra_groups=None if self.owner.user is None else [],
            text=True,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{script}\n{done.stdout}{done.stderr}")


@contextmanager
def the_grounds() -> Iterator[Grounds]:
    """Yield a folder on disk, and programs within the owner's reach."""
    owner = the_owner()
    with ExitStack() as on:
        binaries = on.enter_context(owner.within_reach(the_binaries()))
        yield Grounds(on.enter_context(owner.folder()), binaries, owner)
