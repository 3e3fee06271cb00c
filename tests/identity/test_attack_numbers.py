"""The numbers of the attack cases lead from the documentation to tests, and miss none."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTED = re.compile(r"^(?:async )?def test_\w*?attack_\w+", re.MULTILINE)
NUMBER = re.compile(r"attack_(\d+)")


def numbered(sources: str) -> set[int]:
    """The numbers in names of tests."""
    names = TESTED.findall(sources)
    return {int(number) for name in names for number in NUMBER.findall(name)}


def documented() -> set[int]:
    """The numbers in the table of attack cases."""
    _, _, table = (ROOT / "docs" / "security.md").read_text().partition("## Attack cases")
    rows = re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE)
    return {int(number) for row in rows for number in row.split(",")}


def test_every_documented_attack_is_tested_under_its_number() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert documented() - numbered(sources) == set()
    assert documented() == {*range(1, 53)}


def test_a_number_is_found_wherever_it_stands_in_a_name() -> None:
    """Control: names count, and nothing else does."""
    source = (
        "def test_attack_02_and_attack_03() -> None:\n    attack_99 = 1\nasync def test_attack_7():"
    )
    assert numbered(source) == {2, 3, 7}
