"""A pgbouncer that lends connections by transaction, where there is one."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from tests.support import postgres

GIVEN = "KCS_TEST_PGBOUNCER"
"""Names its program, if that is not on the path."""

POOL = 3
FILE = """\
[databases]
* = host={host} port={port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {pool}
max_client_conn = 500
max_db_connections = {pool}
server_idle_timeout = 2
"""


def program() -> str | None:
    """Where pgbouncer is."""
    return os.environ.get(GIVEN) or shutil.which("pgbouncer")


@contextmanager
def a_bouncer(cluster: str, folder: Path) -> Iterator[int]:
    """Yield the port of one in front of a cluster, for whichever of its databases."""
    owner = postgres.the_owner()
    target, port = make_url(cluster), postgres.a_free_port()
    with owner.folder() as home:
        file = home / "pgbouncer.ini"
        told = {"host": target.host, "port": target.port, "user": target.username}
        file.write_text(FILE.format(**told, listen=port, pool=POOL))
        owner.take(file)
        with (
            (folder / "pgbouncer.log").open("wb") as log,
            subprocess.Popen(
                [str(program()), "-q", str(file)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=owner.user,
                group=owner.group,
                extra_groups=None if owner.user is None else [],
            ) as process,
        ):
            try:
                _await(port, process)
                yield port
            finally:
                process.terminate()


def at_port(url: str, port: int | None) -> str:
    """The same database by way of another port."""
    return make_url(url).set(port=port).render_as_string(hide_password=False)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return once it listens."""
    give_up_at = time.monotonic() + 10
    while time.monotonic() < give_up_at and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError("pgbouncer did not come up.")
