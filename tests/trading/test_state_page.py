"""docs/trade-states.md says what the table of steps says."""

import re
from pathlib import Path

from apps.trading.domain.moves import LIVE, State
from apps.trading.domain.steps import ARROWS, STEPS
from apps.trading.presentation.state_page import state_page
from tests.support.served import ROOT, environment, typed

PAGE = ROOT / "docs" / "trade-states.md"


def test_the_committed_page_is_the_one_that_the_command_writes(tmp_path: Path) -> None:
    env = environment("sqlite+aiosqlite:///nowhere.db", tmp_path)
    written = typed("kcs docs trade-states", env)
    assert written.returncode == 0
    assert PAGE.read_text() == written.stdout, "run `make states`"


def test_its_diagram_has_each_arrow_once_and_no_other() -> None:
    drawn = re.findall(r"^    (\S+) --> (\w+): ", state_page(), re.MULTILINE)
    assert len(drawn) == len(ARROWS)
    assert {(None if source == "[*]" else source, target) for source, target in drawn} == ARROWS
    ends = re.findall(r"^    (\w+) --> \[\*\]$", state_page(), re.MULTILINE)
    assert {*ends} == {*State} - LIVE


def test_its_table_has_a_row_for_each_step() -> None:
    rows = re.findall(r"^\| (T\d+) \|.*\| (.+?) \|$", state_page(), re.MULTILINE)
    assert rows == [(step.code, step.then) for step in STEPS]
