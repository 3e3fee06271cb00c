"""`kcs healthcheck` answers for the server of its installation, in an exit code and a line."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from apps.operations.presentation.health import address_of
from tests.support.catalog import execute
from tests.support.postgres import a_free_port
from tests.support.served import environment, run, serving, typed


def test_a_server_that_listens_everywhere_is_healthy_until_its_schema_is_not(
    url: str, tmp_path: Path
) -> None:
    env = environment(url, tmp_path, HOST="0.0.0.0", http_proxy="http://127.0.0.1:1")
    with serving(env) as address:
        env["PORT"] = address.rpartition(":")[2]
        healthy = run("kcs healthcheck", env)
        assert (healthy.returncode, healthy.stdout, healthy.stderr) == (0, "", "")
        execute(url, "UPDATE alembic_version SET version_num = 'earlier'")
        ill = typed("kcs healthcheck", env)
    (line,) = ill.stderr.splitlines()
    assert ill.returncode == 1
    assert line.startswith(f"{address} is not ready (503): The schema has another revision")


def test_a_server_that_is_not_there_is_not_healthy(tmp_path: Path) -> None:
    port = a_free_port()
    gone = typed(f"kcs healthcheck --port {port}", environment("sqlite://", tmp_path))
    (line,) = gone.stderr.splitlines()
    assert (gone.returncode, line) == (
        1,
        f"http://127.0.0.1:{port} does not answer: [Errno 111] Connection refused.",
    )


@contextmanager
def a_stranger(body: bytes, kind: str) -> Iterator[int]:
    """Yield the port of a server that is none of ours, and breaks down."""

    class Broken(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(500)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Broken) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("kind", ["text/html", "application/problem+json"])
def test_somebody_elses_server_is_not_healthy(kind: str, tmp_path: Path) -> None:
    with a_stranger(b"<h1>Oh!</h1>", kind) as port:
        asked = typed(f"kcs healthcheck --port {port}", environment("sqlite://", tmp_path))
    (line,) = asked.stderr.splitlines()
    assert (asked.returncode, line) == (
        1,
        f"http://127.0.0.1:{port} is not ready (500): the answer is not ours.",
    )


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("fd00::7", "http://[fd00::7]:8000"),
        ("kcs.internal", "http://kcs.internal:8000"),
    ],
)
def test_a_server_is_asked_where_it_can_be_reached(host: str, address: str) -> None:
    assert address_of(host, 8000) == address
