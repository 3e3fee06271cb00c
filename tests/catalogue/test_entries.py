"""The rules of groups, idols, releases and cards (K1)."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from apps.catalogue.domain.card import (
    Card,
    CardId,
    CardShowsNobody,
    IdolShownTwice,
    Kind,
    RetailerMissing,
    UnitOfOne,
)
from apps.catalogue.domain.entry import (
    CodeMalformed,
    LabelMalformed,
    NameMalformed,
    code_of,
    label_of,
    name_of,
    names_of,
)
from apps.catalogue.domain.group import Group, GroupId
from apps.catalogue.domain.idol import Idol, IdolId, Membership, MembershipEndsBeforeItBegins
from apps.catalogue.domain.release import ReleaseId
from apps.shared.domain.errors import DomainError

HANNI, MINJI = IdolId(uuid7()), IdolId(uuid7())
NEWJEANS, BSS = GroupId(UUID(int=1)), GroupId(UUID(int=2))


def a_card(**given: Any) -> Card:
    facts: dict[str, Any] = {
        "code": "omg-hanni",
        "release_id": ReleaseId(uuid7()),
        "idol_ids": [HANNI],
        "kind": Kind.ALBUM,
    }
    return Card.enter(CardId(uuid7()), **(facts | given))


@pytest.mark.parametrize("code", ["a", "7", "newjeans", "red-velvet-irene-seulgi", "a" * 80])
def test_a_code_is_words_joined_by_hyphens(code: str) -> None:
    assert code_of(code) == code


@pytest.mark.parametrize(
    "code", ["", "-", "-a", "a-", "a--b", "A", "a b", "a_b", "é", "뉴진스", "a\n", "٣", "a" * 81]
)
def test_anything_else_is_not_a_code(code: str) -> None:
    with pytest.raises(CodeMalformed):
        code_of(code)


def test_names_are_composed_trimmed_and_told_once() -> None:
    assert names_of([" 하니 ", "ハニ", "하니", "하니"]) == ("하니", "ハニ")


@pytest.mark.parametrize(
    ("read", "text", "refusal"),
    [
        (name_of, "", NameMalformed),
        (name_of, "  ", NameMalformed),
        (name_of, "a" * 201, NameMalformed),
        (name_of, "a\x00b", NameMalformed),
        (name_of, "a\nb", NameMalformed),
        (name_of, "\ud800", NameMalformed),
        (label_of, "a" * 81, LabelMalformed),
        (label_of, "\x1b[1m", LabelMalformed),
    ],
)
def test_names_and_labels_have_limits(
    read: Callable[[str], str], text: str, refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        read(text)


def test_the_longest_name_is_a_name() -> None:
    assert len(name_of("가" * 200)) == 200


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"idol_ids": []}, CardShowsNobody),
        ({"idol_ids": [HANNI, HANNI]}, IdolShownTwice),
        ({"kind": Kind.UNIT}, UnitOfOne),
        ({"kind": Kind.PREORDER_BENEFIT}, RetailerMissing),
        ({"kind": Kind.LUCKY_DRAW}, RetailerMissing),
        ({"kind": Kind.FANSIGN, "retailer": ""}, RetailerMissing),
    ],
)
def test_a_card_is_refused(given: dict[str, Any], refusal: type[DomainError]) -> None:
    with pytest.raises(refusal):
        a_card(**given)


def test_a_card_keeps_its_idols_in_the_order_in_which_it_shows_them() -> None:
    assert a_card(kind=Kind.UNIT, idol_ids=[MINJI, HANNI]).idol_ids == (MINJI, HANNI)


def test_what_a_card_does_not_have_is_none() -> None:
    card = a_card(retailer="", version="", number="")

    assert (card.retailer, card.version, card.number) == (None, None, None)


def test_nobody_leaves_before_joining() -> None:
    with pytest.raises(MembershipEndsBeforeItBegins):
        Membership(group_id=NEWJEANS, joined_on=date(2022, 8, 1), left_on=date(2022, 7, 31))


def test_a_membership_may_last_one_day() -> None:
    day = date(2022, 8, 1)

    assert Membership(group_id=NEWJEANS, joined_on=day, left_on=day).left_on == day


def test_an_idol_may_be_in_several_groups_and_come_back() -> None:
    first, again, other = (
        Membership(group_id=group, joined_on=day)
        for group, day in [
            (NEWJEANS, date(2020, 1, 1)),
            (NEWJEANS, date(2022, 1, 1)),
            (BSS, date(2021, 1, 1)),
        ]
    )
    idol = Idol.enter(HANNI, code="hanni", name="Hanni", memberships=[again, first])

    assert idol.joining([other]).memberships == (first, other, again)


def test_a_membership_told_again_replaces_the_one_told_before() -> None:
    begun = Membership(group_id=NEWJEANS, joined_on=date(2020, 1, 1))
    ended = Membership(group_id=NEWJEANS, joined_on=date(2020, 1, 1), left_on=date(2021, 1, 1))
    idol = Idol.enter(HANNI, code="hanni", name="Hanni", memberships=[begun])

    assert idol.joining([ended]).memberships == (ended,)


def test_entries_that_say_the_same_are_told_from_those_that_do_not() -> None:
    group = Group.enter(NEWJEANS, code="newjeans", name="NewJeans", names=["뉴진스"])

    assert group.same_as(Group.enter(NEWJEANS, code="newjeans", name="NewJeans", names=["뉴진스"]))
    assert not group.same_as(Group.enter(NEWJEANS, code="newjeans", name="NewJeans"))
