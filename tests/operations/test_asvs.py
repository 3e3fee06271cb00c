"""The table of the verification standard is whole, and names tests that are there."""

import re
from collections.abc import Iterator

import pytest

from tests.support.served import ROOT

PAGE = (ROOT / "docs" / "asvs.md").read_text()
SECTIONS = {
    "6.1": 3,
    "6.2": 12,
    "6.3": 4,
    "6.4": 4,
    "6.5": 5,
    "6.6": 3,
    "6.8": 4,
    "7.1": 3,
    "7.2": 4,
    "7.3": 2,
    "7.4": 5,
    "7.5": 2,
    "7.6": 2,
    "8.1": 2,
    "8.2": 3,
    "8.3": 1,
    "8.4": 1,
    "9.1": 3,
    "9.2": 4,
}
"""How many requirements of levels 1 and 2 each section begins with; those of level 3 come last."""
ASKED = [f"{section}.{each}" for section, of in SECTIONS.items() for each in range(1, of + 1)]
REASONS = ("Not applicable, because ", "Not met, because ")


def faults(page: str) -> Iterator[str]:
    """Yield what is wrong with the tables of a page."""
    rows = re.findall(r"^\| (\d+\.\d+\.\d+) \|([^|]*)\|(.*)\|$", page, re.MULTILINE)
    if [id for id, *_ in rows] != ASKED:
        yield "other requirements"
    for id, asks, here in rows:
        named = named_in(here)
        if not asks.strip() or not (named or here.strip().startswith(REASONS)):
            yield f"{id} is empty"
        yield from (
            f"{id} names {file}::{test}" for file, test in named if not is_there(file, test)
        )


def named_in(text: str) -> list[tuple[str, str]]:
    """Files that a text names, and the tests in them, if it names any."""
    return re.findall(r"`(?:tests/)?(\w+/[\w/]+\.py)(?:::(\w+))?`", text)


def is_there(file: str, test: str) -> bool:
    """Tell whether there is such a file, with such a test if one is named."""
    path = ROOT / "tests" / file
    text = path.read_text() if path.is_file() else ""
    return bool(re.search(rf"^(?:async )?def {test}\(" if test else ".", text, re.MULTILINE))


def test_each_requirement_has_its_tests_or_a_reason() -> None:
    assert list(faults(PAGE)) == []


def test_the_tests_that_show_what_is_measured_are_there() -> None:
    _, _, text = (ROOT / "docs" / "security.md").read_text().partition("## What is measured")
    goals = re.findall(r"^\| ([^|]+) \| (.*) \|$", text.partition("\n## ")[0], re.MULTILINE)
    assert len(goals) > 1
    for goal, shown in goals[1:]:
        named = named_in(shown)
        assert named, goal
        assert [each for each in named if not is_there(*each)] == []


@pytest.mark.parametrize(
    ("was", "instead", "fault"),
    [
        ("| 6.2.6 |", "| 6.2.66 |", "other requirements"),
        ("| 9.1.1 |", "| 6.1.1 |", "other requirements"),
        ("test_attack_07_another_typ`", "test_attack_07`", "9.2.2 names "),
        ("`identity/test_bearer.py` |", "`identity/test_nothing.py` |", "7.2.1 names "),
        ("`identity/test_bearer.py` |", "|", "7.2.1 is empty"),
        ("Not applicable, because an installation has one tenant", "none", "8.4.1 is empty"),
        ("| 8.4.1 | tenants are kept apart |", "| 8.4.1 | |", "8.4.1 is empty"),
    ],
)
def test_what_is_wrong_with_it_is_found(was: str, instead: str, fault: str) -> None:
    """Control."""
    assert was in PAGE
    assert any(found.startswith(fault) for found in faults(PAGE.replace(was, instead)))
