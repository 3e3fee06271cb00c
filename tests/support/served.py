"""The service as operators run it: commands in processes of their own, over real sockets."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import httpx

from apps import cli
from tests.support.postgres import a_free_port

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PRODUCTION = {
    "ENV": "production",
    "ISSUER": "https://kcs.test",
    "ALLOWED_HOSTS": "127.0.0.1",
    "MAIL_VIA": "console",
    "SQLITE_IN_PRODUCTION": "true",
}
"""What a production server on loopback is to be told, beside where its data is."""


def environment(url: str, data: Path, **more: str) -> dict[str, str]:
    """What an operator sets to run one installation."""
    return {**os.environ, "DATABASE_URL": url, "DATA_DIR": str(data), "NO_COLOR": "1", **more}


def run(
    command: str, env: Mapping[str, str], *, given: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command of the environment to its end, from the root of the project."""
    program, *arguments = command.split()
    return subprocess.run(
        [str(BIN / program), *arguments],
        env=dict(env),
        cwd=ROOT,
        text=True,
        input=given,
        capture_output=True,
        timeout=120,
        check=False,
    )


def typed(command: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a `kcs` command as `run` does, but in this process: seconds sooner."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        patch.dict(os.environ, env, clear=True),
        patch.object(sys, "argv", command.split()),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            cli.run()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    return subprocess.CompletedProcess(command.split(), code, out.getvalue(), err.getvalue())


@dataclass(frozen=True)
class Served:
    """A server process; its log is a file, since a pipe that nobody reads would hold it up."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self, told: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to stop; return its exit code."""
        self.process.send_signal(told)
        return self.process.wait(timeout=40)


@contextmanager
def a_server(env: Mapping[str, str], *options: str) -> Iterator[Served]:
    """Start one that may not be ready yet; kill it if a test has left it running."""
    port = a_free_port()
    command = [str(BIN / "kcs"), "serve", "--port", str(port), *options]
    with (
        TemporaryDirectory() as folder,
        (Path(folder) / "log").open("wb") as log,
        subprocess.Popen(
            command, env=dict(env), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=log
        ) as process,
    ):
        try:
            yield Served(f"http://127.0.0.1:{port}", process, Path(log.name))
        finally:
            process.kill()


@contextmanager
def serving(env: Mapping[str, str]) -> Iterator[str]:
    """Yield the address of a server that is ready; stop it by its process at the end."""
    with a_server(env) as server:
        await_ready(server)
        yield server.address
        server.stop()


def await_ready(server: Served) -> None:
    """Ask until the answer is 200, at most for a minute."""
    give_up_at = time.monotonic() + 60
    with httpx.Client(base_url=server.address) as http:
        while time.monotonic() < give_up_at and server.process.poll() is None:
            try:
                if http.get("/readyz").is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
    raise RuntimeError(f"The server did not get ready: {server.log.read_text()}")
