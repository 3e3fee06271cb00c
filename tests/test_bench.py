"""The benchmark runs: seeded, compared with the bare program, measured and told."""

import subprocess
import sys

from bench.operations import OPERATIONS
from tests.support.served import ROOT


def test_both_programs_answer_alike_and_are_measured() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--tiny"],
        cwd=ROOT,
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    table = done.stdout
    assert all(table.count(f"| {operation.name} |") == 3 for operation in OPERATIONS)
