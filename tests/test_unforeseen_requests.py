"""Requests that nobody thought of, made from docs/openapi.json, each answered as it says."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.budget import Budget
from tests.support.declared import DOCUMENT
from tests.support.served import BIN, environment, serving, typed

API = "/api/v1"
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
SECONDS, LONG = 55, 600
"""What the tool may spend on each database, whatever comes to its mind."""
ENDING_SESSIONS = "/auth/(logout|sessions|password/change)|/api/v1/me$"
SHORT = ("--phases", "examples,coverage", "--max-examples", "15")
IMPOSSIBLE = "positive_data_acceptance"
"""A schema cannot tell every rule, so that what fits it may be refused."""


@dataclass(frozen=True)
class Service:
    """A running service, and a way to sign in to it."""

    address: str
    member: dict[str, Any]

    def token(self) -> str:
        answer = httpx.post(f"{self.address}{API}/auth/login", json=self.member)
        told: str = answer.json()["access_token"]
        return told


@contextmanager
def a_service(url: str, data: Path) -> Iterator[Service]:
    env = environment(url, data, COPIES_COUNT_MAX="100000", OPEN_PROPOSALS_OUT="1000")
    loaded = typed("kcs demo load", env)
    assert loaded.returncode == 0, loaded.stderr
    with serving(env) as address:
        member = {"email": "fuzzy@kcs.test", "password": "four words that rhyme"}
        body = member | {"nickname": "fuzzy"}
        assert httpx.post(f"{address}{API}/auth/register", json=body).status_code == 202
        yield Service(address, member)


def ask(
    service: Service, *options: str, document: Path = DOCUMENT
) -> subprocess.CompletedProcess[str]:
    """Let the tool ask whatever the description allows, and more."""
    command = [
        str(BIN / "schemathesis"),
        *("--config-file", str(CONFIGURATION)),
        "run",
        str(document),
        *("--url", service.address),
        *("--header", f"Authorization: Bearer {service.token()}"),
        *("--exclude-checks", IMPOSSIBLE),
        *("--seed", "1", "--generation-database", "none"),
        *("--continue-on-failure", "--no-shrink", "--no-color", "--warnings", "off"),
        *options,
    ]
    return subprocess.run(command, text=True, capture_output=True, timeout=2 * LONG, check=False)


def test_no_request_is_answered_otherwise_than_described(
    url: str, tmp_path: Path, budget: Budget
) -> None:
    seconds, examples = budget.of(SECONDS, LONG), budget.of(15, 500)
    with a_service(url, tmp_path) as service:
        long = ["--phases", "examples,coverage,fuzzing", "--max-time", str(seconds)]
        long += ["--max-examples", str(examples)]
        staying = ask(service, "--exclude-path-regex", ENDING_SESSIONS, *long)
        assert staying.returncode == 0, staying.stdout
        leaving = ask(service, "--include-path-regex", ENDING_SESSIONS, *SHORT)
        assert leaving.returncode == 0, leaving.stdout


def test_an_answer_that_is_not_described_would_be_found(sqlite: str, tmp_path: Path) -> None:
    """The control: the description hides that a group can be missing."""
    document = json.loads(DOCUMENT.read_text())
    del document["paths"][f"{API}/groups/{{group_id}}"]["get"]["responses"]["404"]
    hiding = tmp_path / "openapi.json"
    hiding.write_text(json.dumps(document))
    with a_service(sqlite, tmp_path) as service:
        asked = ask(
            service, "--include-path", f"{API}/groups/{{group_id}}", *SHORT, document=hiding
        )
    assert asked.returncode == 1
    assert "Undocumented" in asked.stdout


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tool leaves files where it runs."""
    monkeypatch.chdir(tmp_path)
