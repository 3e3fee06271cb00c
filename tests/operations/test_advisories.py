"""Nothing that is installed is known to be unsafe, as far as our list of advisories goes."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet

from tests.operations.test_asvs import is_there
from tests.support.served import ROOT

LISTED = tomllib.loads((ROOT / "docs" / "security" / "advisories.toml").read_text())["advisory"]
LOCK = tomllib.loads((ROOT / "poetry.lock").read_text())["package"]
LOCKED: dict[str, list[str]] = {}
for each in LOCK:
    LOCKED.setdefault(each["name"], []).append(each["version"])


def faults(advisory: Mapping[str, Any], locked: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield what is wrong with an entry, or with what is locked."""
    if not (advisory["id"] and advisory["reason"] and type(advisory["date"]) is date):
        yield "something is not said"
    bad, versions = SpecifierSet(advisory["bad"]), locked.get(advisory["package"], [])
    if not versions:
        yield "nobody brings it"
    unsafe = [version for version in versions if bad.contains(version, prereleases=True)]
    waived = "waived" in advisory and is_there(*advisory["shown_by"].split("::"))
    if unsafe and not waived:
        yield f"{unsafe} is unsafe"
    if waived and not unsafe:
        yield "there is nothing to waive"


@pytest.mark.parametrize("advisory", LISTED, ids=lambda advisory: advisory["id"])
def test_nothing_that_is_locked_is_known_to_be_unsafe(advisory: dict[str, Any]) -> None:
    assert list(faults(advisory, LOCKED)) == []


@pytest.mark.parametrize(
    ("package", "changed", "locked", "fault"),
    [
        ("python-jose", {}, {"python-jose": ["3.3.0"]}, "['3.3.0'] is unsafe"),
        ("h11", {}, {"h11": ["0.16.0", "0.15.0rc1"]}, "['0.15.0rc1'] is unsafe"),
        ("h11", {}, {}, "nobody brings it"),
        ("ecdsa", {"shown_by": "identity/test_tokens.py::test_none"}, LOCKED, "is unsafe"),
        ("ecdsa", {"bad": "<0.1"}, LOCKED, "there is nothing to waive"),
        ("ecdsa", {"reason": ""}, LOCKED, "something is not said"),
    ],
)
def test_what_is_wrong_would_be_found(
    package: str, changed: dict[str, str], locked: dict[str, list[str]], fault: str
) -> None:
    """Control."""
    advisory = next(one for one in LISTED if one["package"] == package)
    found = list(faults(advisory | changed, locked))
    assert len(found) == 1
    assert fault in found[0]
