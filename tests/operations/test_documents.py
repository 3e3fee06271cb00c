"""What is written beside the code agrees with it."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from apps.cli import main
from apps.identity.infrastructure import keys
from apps.settings import Settings
from tests.support.served import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]


def needed() -> set[str]:
    """Every package that pyproject.toml asks for, as it is asked for."""
    groups = [
        *PROJECT["dependency-groups"].values(),
        *PROJECT["project"]["optional-dependencies"].values(),
    ]
    asked = [*PROJECT["project"]["dependencies"], *(each for group in groups for each in group)]
    return {each.split(" ")[0] for each in asked}


def explained(page: str) -> set[str]:
    """Every package that a table has in its first column."""
    cells = re.findall(r"^\| ([a-z][^|]*) \|", page, re.MULTILINE)
    return {name for cell in cells for name in cell.split(", ")}


def test_each_dependency_has_its_reason_and_each_reason_its_dependency() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text()
    assert explained(page) == needed()
    assert explained(page.replace("| dishka |", "| punq |")) ^ needed() == {"dishka", "punq"}


def dead_links(page: Path, text: str) -> list[str]:
    """Links to files that are not there, or to headings that are not in them."""
    dead = []
    for link in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", text):
        target = page.parent / link[0] if link[0] else page
        found = target.exists() and (not link[1] or link[1] in headings(target.read_text()))
        if not found:
            dead.append("#".join(filter(None, link)))
    return dead


def headings(text: str) -> set[str]:
    """What they are called in links."""
    return {
        re.sub(r"[^\w -]", "", line.lstrip("# ")).lower().replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert not dead_links(page, page.read_text())
    assert dead_links(page, "[a](nowhere.md), [b](#nothing)") == ["nowhere.md", "nothing"]


def test_the_settings_that_operators_read_of_exist() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)\b", page)) - {"PIP_INDEX_URL"}
    assert named
    assert named <= {name.upper() for name in Settings.model_fields}


def unknown_commands(page: str) -> set[str]:
    """Commands of ours that a page names and nobody knows."""
    unknown = set()
    for words in re.findall(r"`kcs ((?:[a-z][a-z-]* ?)+)", page):
        group: Any = get_command(main)
        for word in words.split():
            group = getattr(group, "commands", {word: group}).get(word)
            if group is None:
                unknown.add(words.strip())
                break
    return unknown


def test_the_commands_that_operators_read_of_exist() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    assert not unknown_commands(page)
    assert unknown_commands("`kcs db sizes`, `kcs db size`, `kcs dbs`") == {"db size", "dbs"}


@pytest.mark.skipif(not shutil.which("openssl"), reason="there is no openssl on this machine")
def test_keys_made_as_operators_are_told_to_are_accepted(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    (script,) = re.findall(r"^## Keys.*?```sh\n(.*?)```", page, re.MULTILINE | re.DOTALL)
    made = subprocess.run(
        ["sh", "-euc", script],
        env={"DATA_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert keys.load(tmp_path / "keys").refresh_kid == 1
    assert {path.stat().st_mode & 0o77 for path in (tmp_path / "keys").iterdir()} == {0}


def test_the_changelog_knows_the_version() -> None:
    page = (ROOT / "CHANGELOG.md").read_text()
    assert PROJECT["project"]["version"] in page
    assert "## Unreleased" in page
