"""Want lists as organisers write them, and what is said of a line that cannot be understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.matching.domain.want_list_text import WantListUnreadable, read_want_list

STRICT = "#! ALLOW-DUMMIES REQUIRE-COLONS REQUIRE-USERNAMES CASE-SENSITIVE"


def wants_of(*lines: str) -> dict[str, list[str]]:
    entries = read_want_list(lines).entries
    return {one.name: [entries[place].name for place in one.wants] for one in entries}


def test_a_list_is_read_with_its_dummies_comments_and_options() -> None:
    text = read_want_list(
        [
            "\ufeff" + STRICT,
            "# a comment",
            "",
            "(ann lee) a1 : b1 %any b1",
            "(ann lee) %any : b1 b2",
            "(bea) b1 :",
            "(bea) b2 : a1",
        ]
    )
    assert [(one.owner, one.name, one.wants, one.dummy) for one in text.entries] == [
        ("ann lee", "a1", (2, 1), False),
        ("ann lee", "%any", (2, 3), True),
        ("bea", "b1", (), False),
        ("bea", "b2", (0,), False),
    ]
    assert text.unknown == []


def test_dummies_belong_to_their_user() -> None:
    lines = (STRICT, "(a) A : %d", "(a) %d : B", "(b) B : %d", "(b) %d : A", "(c) C : %d")
    text = read_want_list(lines)
    assert [one.wants for one in text.entries] == [(1,), (2,), (3,), (0,), ()]
    assert text.unknown == [(6, "%d")]


def test_odd_names_official_names_and_semicolons() -> None:
    assert wants_of(
        "#! CASE-SENSITIVE",
        "!BEGIN-OFFICIAL-NAMES",
        'B ==> "Anything: at (all)"',
        "!END-OFFICIAL-NAMES",
        '(a) "Photo card (ver. 1): A" : B ; C:1;"D é"',
        "(b) B C:1",
        "(c) C:1 : B",
        '(d) "D é": B',
    ) == {
        "Photo card (ver. 1): A": ["B", "C:1", "D é"],
        "B": ["C:1"],
        "C:1": ["B"],
        "D é": ["B"],
    }


def test_case_counts_only_where_the_list_says_so() -> None:
    assert wants_of("(a) a : B", "(b) b : A") == {"A": ["B"], "B": ["A"]}
    assert wants_of("#! CASE-SENSITIVE", "(a) a : B", "(b) b : A") == {"a": [], "b": []}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("(a) A B", "Line 2: The colon behind A is missing."),
        ("A : B", "Line 2: The user in parentheses is missing."),
        ("(a A : B", "Line 2: The user in parentheses is missing."),
        ("(a) : B", "Line 2: A name was expected, not ': B'."),
        ("(a)", "Line 2: A name was expected, not ''."),
        ('(a) A : "B', "Line 2: A name was expected, not '\"B'."),
        ('(a) A : "" B', "Line 2: A name was expected, not '\"\" B'."),
        ("(a) A : B : C", "Line 2: A name was expected, not ': C'."),
        ("!WHAT", "Line 2: Nobody knows what !WHAT means."),
        ("!BEGIN-OFFICIAL-NAMES", "Line 2: There is no !END-OFFICIAL-NAMES."),
    ],
)
def test_a_bad_line_is_named(line: str, said: str) -> None:
    with pytest.raises(WantListUnreadable) as refused:
        read_want_list([STRICT, line])
    assert str(refused.value) == said


def test_an_item_stands_there_once_and_dummies_only_where_they_are_allowed() -> None:
    with pytest.raises(WantListUnreadable, match=r"Line 3: A stands on line 2 already\."):
        read_want_list([STRICT, "(a) A : B", "(b) A : B"])
    with pytest.raises(WantListUnreadable, match="Line 1: This list does not say ALLOW-DUMMIES"):
        read_want_list(["(a) A : %d"])


@given(st.lists(st.text(max_size=30), max_size=5))
def test_whatever_stands_there_is_read_or_refused_by_line(lines: list[str]) -> None:
    try:
        text = read_want_list(lines)
    except WantListUnreadable as refused:
        line, places = refused.line, set[int]()
    else:
        line, places = 1, {place for one in text.entries for place in one.wants}
        lines = lines or [""]
        assert places <= set(range(len(text.entries)))
    assert 1 <= line <= len(lines)
