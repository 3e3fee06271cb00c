"""Passwords, names and addresses as they are compared, and a profile as it changes."""

import unicodedata
from datetime import timedelta

import pytest

from apps.identity.domain.password import PasswordPolicy, WeakPassword
from apps.identity.domain.profile import Privacy, Profile, ProfileChanges, nickname_key
from apps.identity.domain.user import User, email_key
from tests.support.builders import ANN, NOON

LATER = NOON + timedelta(days=1)
EMOJI = "\U0001f996"


def a_profile() -> Profile:
    profile = Profile.introduce(ANN, nickname="Ann", locale="ko-KR", at=NOON)
    profile.bio, profile.region = "Swaps in Seoul", "KR-11"
    return profile


@pytest.mark.parametrize(
    "password",
    [
        "0123456789",
        EMOJI * 10,
        "          ",
        "a" * 128,
        EMOJI * 128,
        "\u1100\u1161" * 10,
        "e\u0301" * 128,
        "\u00a0" * 128,
    ],
    ids=lambda text: f"{len(text)} of {text[:2]!a}",
)
def test_a_password_may_be_any_ten_to_128_signs(password: str) -> None:
    assert PasswordPolicy().check(password) == unicodedata.normalize("NFC", password)


@pytest.mark.parametrize(
    "password",
    ["", "012345678", EMOJI * 9, "\u1100\u1161" * 9, "e\u0301" * 9],
    ids=lambda text: f"{len(text)} of {text[:2]!a}",
)
def test_nine_signs_are_too_few_however_many_bytes_they_take(password: str) -> None:
    with pytest.raises(WeakPassword, match="at least 10"):
        PasswordPolicy().check(password)


@pytest.mark.parametrize(
    "password",
    ["a" * 129, EMOJI * 129, EMOJI * 127 + "aa", "a" * 4096],
    ids=lambda text: f"{len(text)} of {text[0]!a}",
)
def test_attack_38_a_password_is_never_shortened_but_refused(password: str) -> None:
    with pytest.raises(WeakPassword, match="at most 128 characters and 512 bytes"):
        PasswordPolicy().check(password)


def test_attack_38_128_signs_are_never_more_than_512_bytes() -> None:
    longest = "\U0010ffff" * 128
    assert len(longest.encode()) == 512
    assert PasswordPolicy().check(longest) == longest


def test_a_password_is_kept_as_it_is_but_for_its_composition() -> None:
    assert PasswordPolicy().check("  CamelCase  ") == "  CamelCase  "
    assert PasswordPolicy().check("\uff21" * 10) == "\uff21" * 10  # NFKC would make it `A`
    assert PasswordPolicy().check("e\u0301" * 10) == "\u00e9" * 10


def test_an_installation_may_ask_for_longer_passwords() -> None:
    with pytest.raises(WeakPassword, match="at least 15"):
        PasswordPolicy(min_length=15).check("a" * 14)
    assert PasswordPolicy(min_length=15).check("a" * 15) == "a" * 15


@pytest.mark.parametrize(
    "twin",
    ["ANN", "\uff21\uff4e\uff4e", "a\uff2en", "\u24b6nn", "\U0001d400nn"],
    ids=ascii,
)
def test_nicknames_are_the_same_whatever_their_case_or_width(twin: str) -> None:
    assert nickname_key(twin) == nickname_key("ann")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\uc7a5\uc6d0\uc601", "\u110c\u1161\u11bc\u110b\u116f\u11ab\u110b\u1167\u11bc"),
        ("stra\u00dfe", "STRASSE"),
        ("\u00c9tude", "e\u0301tude"),
        ("\u0390ota", "\u03aa\u0301OTA"),
        ("\u1f80", "\u1f88"),
    ],
    ids=ascii,
)
def test_nicknames_are_the_same_however_they_are_composed(one: str, other: str) -> None:
    assert nickname_key(one) == nickname_key(other)


UNSEEN = (
    *("\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u180e", "\u2062", "\U000e0041", "\u034f"),
    *("\ufe0f", "\U000e0100", "\u115f", "\u1160", "\u3164", "\uffa0", "\u2800", "\u17b4"),
)


@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
def test_nicknames_are_the_same_whatever_they_hold_that_shows_nothing(unseen: str) -> None:
    """Or anybody could pass for anybody else."""
    for twin in (f"a{unseen}nn", f"ann{unseen}", f"{unseen}a{unseen}{unseen}nn", f"A{unseen}NN"):
        assert nickname_key(twin) == nickname_key("ann")
    assert nickname_key(f"e{unseen}\u0301tude") == nickname_key("\u00e9tude")
    assert nickname_key(f"a  {unseen} nn") == nickname_key("a\u00a0nn") == nickname_key("a nn")


def test_nicknames_that_read_differently_are_different() -> None:
    names = ["ann", "anna", "an n", "a\u0144n", "\uc7a5", "\uc601", "\u044fnn"]
    assert len({nickname_key(name) for name in names}) == len(names)


def test_folding_a_folded_nickname_changes_nothing() -> None:
    for code in range(0x110000):
        if not 0xD800 <= code < 0xE000:
            key = nickname_key(chr(code))
            assert nickname_key(key) == key, hex(code)


def test_an_address_is_the_same_in_any_case_and_composition() -> None:
    assert email_key("Ann@KCS.Test") == email_key("ann@kcs.test")
    assert email_key("jose\u0301@kcs.test") == email_key("JOS\u00c9@kcs.test")
    assert email_key("\u0390ota@kcs.test") == email_key("\u03aa\u0301OTA@kcs.test")


def test_an_address_keeps_its_dots_tags_and_widths() -> None:
    addresses = ["ann@kcs.test", "a.nn@kcs.test", "ann+x@kcs.test", "\uff41nn@kcs.test"]
    assert len({email_key(address) for address in addresses}) == len(addresses)


def test_a_member_begins_with_little_and_allows_all_but_being_near() -> None:
    profile = Profile.introduce(ANN, nickname="Ann", locale=None, at=NOON)
    assert (profile.locale, profile.bio, profile.region, profile.avatar_url) == (
        *("en", None, None),
        None,
    )
    assert profile.privacy == Privacy(
        nearby_visible=False,
        show_online=True,
        allow_stranger_messages=True,
        accepts_proposals=True,
    )


CHANGES: dict[str, ProfileChanges] = {
    "nickname": {"nickname": "Bea"},
    "bio": {"bio": None},
    "region": {"region": None},
    "locale": {"locale": "zh-Hant-TW"},
    "privacy": {"privacy": {"accepts_proposals": False}},
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_touches_what_it_names_and_the_date(name: str) -> None:
    before, profile = vars(a_profile()), a_profile()
    profile.change(CHANGES[name], at=LATER)
    assert {key for key in before if before[key] != vars(profile)[key]} == {name, "updated_at"}
    assert profile.updated_at == LATER


def test_switches_that_are_not_named_stay() -> None:
    profile = a_profile()
    profile.change({"privacy": {"nearby_visible": True}}, at=LATER)
    profile.change({"privacy": {"show_online": False}}, at=LATER)
    assert profile.privacy == Privacy(nearby_visible=True, show_online=False)


def test_a_new_hash_is_all_that_rehashing_brings() -> None:
    user = User.register(ANN, email="ann@kcs.test", password_hash="old", at=NOON)
    before = dict(vars(user))
    user.rehash("new", at=LATER)
    assert vars(user) == before | {"password_hash": "new", "updated_at": LATER}
