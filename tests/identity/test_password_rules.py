"""How long a password is, and how much of it may be a word that is guessed, up to the edge."""

import pytest

from apps.identity.domain.password import PasswordPolicy, WeakPassword

COMMON = {"sunflower", "kingfisher"}
POLICY = PasswordPolicy(is_common=COMMON.__contains__)


def rule_of(password: str, *about: str, staff: bool = False) -> str | None:
    try:
        _ = POLICY.check(password, about=about, staff=staff)
    except WeakPassword as weak:
        return str(weak.members["rule"])
    return None


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("t" * 9, "too-short"),
        ("tree-frogs", None),
        ("ab" * 64, None),
        ("ab" * 64 + "c", "too-long"),
        ("\U0001f98a" * 128, None),
        ("kingfisher", "common"),
        ("K1ngf!sher", "common"),
        ("kingfisher1", "derived"),
        ("kingfisher1234", "derived"),
        ("kingfisher12345", None),
        ("kingfisherx", None),
        ("kingfisherx1", None),
        ("kcardswap99", "personal"),
        ("kcardswapkcardswap", "personal"),
    ],
)
def test_a_password(password: str, rule: str | None) -> None:
    assert rule_of(password) == rule


def test_staff_have_longer_ones() -> None:
    assert rule_of("f" * 7 + "x" * 7, staff=True) == "too-short"
    assert rule_of("f" * 7 + "x" * 8, staff=True) is None


def test_a_word_about_somebody_counts_from_four_letters_on() -> None:
    assert rule_of("anniannianni", "anni") == "personal"
    assert rule_of("annannannann", "ann") is None
    assert rule_of("longlonglong1234", "long") == "personal"
    assert rule_of("longlonglong12345", "long") is None
    assert rule_of("heron in the reeds", "long") is None


def test_without_a_list_nothing_is_common() -> None:
    assert PasswordPolicy().check("kingfisher") == "kingfisher"
