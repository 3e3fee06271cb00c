"""docs/database.md answers every requirement on the data layer once, and names what there is."""

import re
from collections import Counter
from dataclasses import dataclass

import pytest
from asyncpg import connect_utils

from apps.shared.infrastructure.database import Model
from tests.support.kinds import all_classes
from tests.support.served import ROOT

PAGE = (ROOT / "docs" / "database.md").read_text()
CODES = [f"A{number}" for number in range(1, 169)]
ROW = re.compile(r"^\| (A\d+) \| (.+?) \| (.*?) ?\|$", re.MULTILINE)
REFUSED = {
    *("A21", "A30", "A32", "A35", "A40", "A50", "A65", "A69", "A78", "A89", "A112", "A122"),
    *("A132", "A133", "A134", "A138", "A143", "A146", "A149", "A150", "A151", "A156", "A158"),
    *("A159", "A160", "A164"),
}


@dataclass(frozen=True)
class Answer:
    """How one requirement is met, refused or put off."""

    code: str
    text: str
    named: tuple[str, ...]

    @property
    def kind(self) -> str:
        return next((kind for kind in ("Refused", "Later") if f"**{kind}**" in self.text), "Met")


def answers(page: str) -> list[Answer]:
    return [
        Answer(code, text, tuple(re.findall(r"`([^`]+)`", named)))
        for code, text, named in ROW.findall(page)
    ]


def faults(page: str) -> list[str]:
    """What is wrong with a page of answers."""
    found = answers(page)
    counted = Counter(each.code for each in found)
    wrong = [f"{code} is there {counted[code]} times" for code in CODES if counted[code] != 1]
    wrong += [f"{code} was asked by nobody" for code in counted if code not in CODES]
    for each in found:
        if each.kind == "Met" and not any(name.startswith("tests/") for name in each.named):
            wrong.append(f"{each.code} is shown by no test")
        if each.kind != "Met" and not re.search(r"\*\*[,:]? \S+ \S+", each.text):
            wrong.append(f"{each.code} has no reason")
        wrong += [f"{each.code}: {name}" for name in each.named if not (ROOT / name).is_file()]
    if strange := REFUSED ^ {each.code for each in found if each.kind == "Refused"}:
        wrong.append(f"refused otherwise: {sorted(strange)}")
    return wrong


def test_every_requirement_is_answered_once_by_what_there_is() -> None:
    assert faults(PAGE) == []


@pytest.mark.parametrize(
    ("told", "otherwise", "fault"),
    [
        ("| A8 |", "| A9 |", "A8 is there 0 times"),
        ("| A168 |", "| A169 |", "A169 was asked by nobody"),
        ("`tests/identity/test_register.py`", "", "A47 is shown by no test"),
        ("tests/identity/test_register.py", "tests/identity/test_nothing.py", "A47: tests/"),
        ("| **Refused**: making tables at a start |", "| **Refused** |", "A146 has no reason"),
        ("| **Refused**: MySQL", "| MySQL", "refused otherwise: ['A40']"),
    ],
)
def test_a_wrong_answer_would_be_found(told: str, otherwise: str, fault: str) -> None:
    assert told in PAGE
    assert [each for each in faults(PAGE.replace(told, otherwise, 1)) if fault in each]


def test_a_url_without_a_port_means_5432() -> None:
    parts = dict.fromkeys(
        ("port", "user", "password", "passfile", "database", "ssl", "service", "servicefile")
    )
    parts |= dict.fromkeys(("direct_tls", "server_settings", "target_session_attrs"))
    parts |= dict.fromkeys(("krbsrvname", "gsslib", "host"))
    (address, *_), *_ = connect_utils._parse_connect_dsn_and_args(  # type: ignore[attr-defined]  # noqa: SLF001
        dsn="postgresql://kcs@db/kcs", **parts
    )
    assert address == ("db", 5432)


def test_nothing_of_another_context_goes_with_a_row() -> None:
    contexts = {
        kind.__tablename__: kind.__module__.split(".")[1]
        for kind in all_classes()
        if issubclass(kind, Model) and kind is not Model
    }
    keys = [
        key for table in Model.metadata.tables.values() for key in table.foreign_key_constraints
    ]
    assert [key for key in keys if key.ondelete]
    for key in keys:
        if contexts[key.table.name] != contexts[key.referred_table.name]:
            assert key.ondelete is None, key.name
