"""A disk that is full costs nothing that was acknowledged, and no restart of the service (B35)."""

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.support.postgres import the_owner
from tests.support.served import ROOT

ALONE = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]


def may_mount() -> bool:
    """Whether this machine lets us have mounts of our own."""
    try:
        return not subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode
    except OSError:
        return False


pytestmark = [pytest.mark.soak, pytest.mark.skipif(not may_mount(), reason="no mounts of our own")]


@pytest.mark.parametrize("kind", ["sqlite", "data", "wal"])
def test_writes_are_refused_and_come_back(
    kind: str, record_property: Callable[[str, object], None]
) -> None:
    with the_owner().folder() as folder:
        command = [*ALONE, sys.executable, "-m", "tests.soak.full_disk", kind, str(folder)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert {*found["told"]} == {"201", "503"}, found
    assert (found["type"], found["retry_after"]) == ("application/problem+json", "1")
    assert found["lives"] == 200
    assert found["again"] == 201
    assert found["missing"] == 0
    if kind != "wal":  # a PostgreSQL that cannot write its log ends
        assert {*found["reads"]} == {"200"}
    assert {*found["reads"]} <= {"200", "503"}
    record_property("figure", f"{kind}: {found}")
