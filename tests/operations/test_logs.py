"""The log of a production server: a JSON object per line, and nothing in it that is secret."""

import json
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from apps.identity.infrastructure import keys
from apps.shared.presentation.logs import ForMachines, ForPeople
from apps.shared.presentation.request_id import stamp
from tests.support.catalog import execute
from tests.support.served import Served, a_server, await_ready, environment
from tests.support.site import API

PLANTED = "planted-secret-7f3a"
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
FIELDS = {"time", "level", "logger", "message", "request_id"}
ACCESS = FIELDS | {"method", "path", "status", "duration_ms", "member_id"}


@pytest.fixture
def server(url: str, tmp_path: Path) -> Iterator[Served]:
    """A server in production, where keys have been laid down."""
    keys.load_or_create(tmp_path / "keys")
    with a_server(environment(url, tmp_path, ENV="production", MAIL_VIA="console")) as server:
        await_ready(server)
        yield server


def events(server: Served) -> list[dict[str, Any]]:
    """Every line, each of which has to be one."""
    return [json.loads(line) for line in server.log.read_text().splitlines()]


def test_a_production_log_is_read_by_machines_and_keeps_secrets(server: Served, url: str) -> None:
    told: set[str] = {PLANTED}
    with httpx.Client(base_url=f"{server.address}{API}") as http:
        ann = {"email": "ann@kcs.test", "password": PLANTED}
        http.post("/auth/register", json=ann | {"nickname": "ann"}).raise_for_status()
        tokens = http.post("/auth/login", json=ann | {"delivery": "body"}).raise_for_status().json()
        told |= {tokens["access_token"], tokens["refresh_token"]}
        http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        me = http.get("/me", headers={"X-Request-Id": "mine"}).raise_for_status().json()
        http.get("/cards", params={"q": PLANTED}).raise_for_status()
        http.get("/me", headers={"Authorization": f"Bearer {PLANTED}"})
        http.get("/me", headers={"Cookie": f"refresh={PLANTED}", "X-Request-Id": f"<{PLANTED}>"})
        http.post("/auth/login", content=f'{{"password": "{PLANTED}')
        http.patch("/me", json={"nickname": PLANTED * 9, PLANTED: 1})
        execute(url, "ALTER TABLE want_groups RENAME TO elsewhere")
        broken = http.post("/me/wants", json={"card_ids": [me["id"]], "rank": 9, "x": PLANTED})
        failed = http.get("/me/wants", headers={"X-Request-Id": "failing"})
        assert (broken.status_code, failed.status_code) == (422, 503)
        execute(url, "ALTER TABLE profiles RENAME COLUMN bio TO life")
        failed = http.get("/me", headers={"X-Request-Id": "failing"})
        assert failed.status_code == 500
    assert server.stop() == 0
    log = server.log.read_text()
    assert not [secret for secret in told if secret in log]
    lines = events(server)
    assert all(line.keys() - {"exception"} >= FIELDS for line in lines)
    assert all(RFC_3339.fullmatch(line["time"]) for line in lines)
    assert {"kcs", "kcs.access", "uvicorn.error"} <= {line["logger"] for line in lines}
    (mine,) = [line for line in lines if line["request_id"] == "mine"]
    assert mine.keys() == ACCESS
    assert (mine["method"], mine["path"], mine["status"]) == ("GET", f"{API}/me", 200)
    assert (mine["member_id"], mine["level"]) == (me["id"], "info")
    assert 0 < mine["duration_ms"] < 10_000
    failing = [line for line in lines if line["request_id"] == "failing"]
    assert [line["status"] for line in failing if "status" in line] == [503, 500]
    (fault,) = [line["exception"] for line in failing if "exception" in line]
    assert fault.startswith("Traceback")


def a_record(message: str, *values: object, fault: bool = False) -> logging.LogRecord:
    record = logging.LogRecord("kcs", logging.INFO, "", 0, message, values, None)
    record.exc_info = sys.exc_info() if fault else None
    stamp(record)
    return record


@pytest.mark.parametrize(
    "message", ["a\nb", 'a"b', "\x1b[31m", "하니", "\udcff", "\u2028", "%", ""]
)
def test_whatever_the_message_is_an_event_is_one_line(message: str) -> None:
    line = ForMachines().format(a_record("%s", message))
    assert (line.isascii(), len(line.splitlines())) == (True, 1)
    assert json.loads(line)["message"] == message
    line = ForPeople().format(a_record("%s", message))
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line


def test_an_exception_is_a_field() -> None:
    try:
        json.loads("lost\nin the woods")
    except ValueError:
        record = a_record("failed", fault=True)
    told = json.loads(ForMachines().format(record))
    assert told["exception"].startswith("Traceback")
    assert "JSONDecodeError: Expecting value" in told["exception"]
    assert "Traceback" in ForPeople().format(record)
