"""Names: however a fan spells one, it is found (K1)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalogue.domain.names import LONGEST_NAME, MOST_WORDS, Form, asked, forms, words

SYLLABLES = st.characters(min_codepoint=ord("가"), max_codepoint=ord("힣"))
NAMES = st.text(SYLLABLES | st.sampled_from("abcdefghijklmnopqrstuvwxyzŏŭé-' 01"), max_size=50)


def finds(query: str, name: str) -> bool:
    """Tell what the search would: all words, each in any of its forms."""
    stored = forms(name)
    return all(
        any(text in stored.get(form, "") for form, text in asked(word).items())
        for word in words(query)
    )


@pytest.mark.parametrize(
    "typed", ["ㅎ", "ㅎㅏ", "하", "하ㄴ", "한", "하니", "\u1112\u1161\u11ab", "\uffbe\uffc2"]
)
def test_half_a_syllable_is_a_prefix_of_the_whole(typed: str) -> None:
    [(form, text), *_] = asked(typed).items()

    assert forms("하니")[form].startswith(text)


@pytest.mark.parametrize(
    ("typed", "name"),
    [("호", "화사"), ("우", "원영"), ("으", "의진"), ("넉", "넋이"), ("갑", "값")],
)
def test_half_a_compound_is_a_prefix_of_the_whole(typed: str, name: str) -> None:
    assert forms(name)[Form.JAMO].startswith(asked(typed)[Form.JAMO])


def test_compounds_are_stored_as_typed_and_twins_as_one() -> None:
    assert forms("꽃값 의외")[Form.JAMO] == "ㄲㅗㅊㄱㅏㅂㅅㅇㅡㅣㅇㅗㅣ"


@pytest.mark.parametrize("word", ["version", "Version.", "버전", "버젼", "ver.", "VER"])
def test_a_version_is_found_by_whatever_people_call_it(word: str) -> None:
    assert finds(f"{word} a", "A ver.")
    assert finds(word, f"Limited {word}")


def test_a_name_is_stored_by_its_leading_consonants() -> None:
    assert forms("뉴진스")[Form.INITIALS] == "ㄴㅈㅅ"
    assert forms("꽃 뉴진스 2 NewJeans")[Form.INITIALS] == "ㄲㄴㅈㅅ"


@pytest.mark.parametrize(
    ("typed", "initials"),
    [
        ("ㄴㅈㅅ", "ㄴㅈㅅ"),
        ("ㄵㅅ", "ㄴㅈㅅ"),
        ("ㄳ", "ㄱㅅ"),
        ("ㅄ", "ㅂㅅ"),
        ("ㄲ", "ㄲ"),
        ("\u1102\u110c\u1109", "ㄴㅈㅅ"),
        ("\uffa4\uffb8\uffb5", "ㄴㅈㅅ"),
    ],
)
def test_consonants_alone_are_sought_among_initials_only(typed: str, initials: str) -> None:
    assert asked(typed) == {Form.INITIALS: initials}


def test_a_name_has_only_the_forms_that_say_something() -> None:
    assert set(forms("Minji")) == {Form.FOLDED, Form.ROMAN}
    assert set(forms("민지")) == set(Form)
    assert set(forms("宮脇")) == {Form.FOLDED}
    assert set(forms("127")) == {Form.FOLDED}
    assert forms(" -%_'~ ") == {}


def test_a_latin_word_is_sought_as_written_and_by_its_sound() -> None:
    assert asked("Jeong-guk") == {Form.FOLDED: "jeongguk", Form.ROMAN: "junkuk"}


def test_a_hangul_word_is_sought_as_typed_and_by_its_sound() -> None:
    assert asked("정국") == {Form.JAMO: "ㅈㅓㅇㄱㅜㄱ", Form.ROMAN: "junkuk"}


def test_a_mixed_word_keeps_all_its_parts() -> None:
    assert asked("뉴진스2") == {Form.JAMO: "ㄴㅠㅈㅣㄴㅅㅡ2", Form.ROMAN: "nyujinsu2"}
    assert asked("하니さん") == {Form.JAMO: "ㅎㅏㄴㅣさん"}


@pytest.mark.parametrize("word", ["さくら", "宮脇", "юна", "2", "i", "O"])
def test_a_word_without_a_telling_sound_is_sought_as_written_only(word: str) -> None:
    assert asked(word) == {Form.FOLDED: word.casefold()}


@pytest.mark.parametrize("word", ["", "%", "_", "%_%", "...", "\u0301", "\u3164", "\0\x07"])
def test_a_word_without_letters_or_digits_is_not_sought(word: str) -> None:
    assert asked(word) == {}


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("(G)I-DLE", "gidle"),
        ("NCT #127", "nct127"),
        ("\uff2e\uff23\uff34\u3000\uff11\uff12\uff17", "nct127"),
        ("Rose\u0301", "rose"),
        ("Straße", "strasse"),
        ("New\0Jeans\n", "newjeans"),
        ("100%", "100"),
        ("カズハ", "カズハ"),
        ("\uff76\uff7d\uff9e\uff8a", "カズハ"),
        ("か\u3099", "が"),
        ("정국", "정국"),
        (unicodedata.normalize("NFD", "정국"), "정국"),
    ],
)
def test_folding_keeps_letters_and_digits_as_they_are_read(name: str, folded: str) -> None:
    assert forms(name)[Form.FOLDED] == folded


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("seungkwan", "부승관"),
        ("Boo Seungkwan", "부승관"),
        ("kim minji", "김민지"),
        ("minji kim", "Kim Minji"),
        ("승관", "Boo Seungkwan"),
        ("유진 안", "An Yujin (IVE)"),
        ("newjeans", "New Jeans"),
        ("ㅅㄱ", "부승관"),
        ("boo 승관", "부승관"),
        ("daniel", "Danielle"),
        ("127", "NCT 127"),
    ],
)
def test_a_query_finds_the_name(query: str, name: str) -> None:
    assert finds(query, name)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("hanni", "Minji"),
        ("민지", "하니"),
        ("ㅎㄴ", "민지"),
        ("kim minji", "김민주"),
        ("128", "127"),
    ],
)
def test_a_query_leaves_other_names_alone(query: str, name: str) -> None:
    assert not finds(query, name)


def test_a_query_is_cut_into_its_first_words() -> None:
    assert words(" 뉴진스\u3000Hanni\t\n pc ") == ["뉴진스", "Hanni", "pc"]
    assert words(unicodedata.normalize("NFD", "하니")) == ["하니"]
    assert words("a b c d e f g h i j") == list("abcdefgh")
    assert len(words("a " * 99)) == MOST_WORDS
    assert words(" \n") == []


def test_only_the_beginning_of_a_very_long_name_counts() -> None:
    assert forms("a" * LONGEST_NAME + "b") == forms("a" * LONGEST_NAME)


@given(st.text())
def test_any_text_has_forms_of_letters_and_digits_only(text: str) -> None:
    for found in (forms(text), asked(text)):
        assert all(form.isalnum() for form in found.values())
    assert all(unicodedata.is_normalized("NFC", word) for word in words(text))


@given(st.text(st.characters(categories=["Cs", "Cc", "Lo", "Mn"])))
def test_lone_surrogates_and_control_characters_vanish(text: str) -> None:
    stored = "".join(forms(text).values())

    assert not any(unicodedata.category(letter) in {"Cs", "Cc"} for letter in stored)


@given(st.text(max_size=10))
def test_folding_twice_changes_nothing(text: str) -> None:
    folded = forms(text).get(Form.FOLDED, "")

    assert forms(folded).get(Form.FOLDED, "") == folded


@given(NAMES)
def test_every_word_of_a_name_finds_the_name(name: str) -> None:
    stored = forms(name)

    for word in name.split():
        sought = asked(word)
        # "ver" is sought as every word for a version; as in a search, one form that fits suffices.
        assert not sought or any(text in stored[form] for form, text in sought.items())


@given(SYLLABLES, SYLLABLES)
def test_every_name_is_found_while_it_is_typed(first: str, second: str) -> None:
    whole = forms(first + second)[Form.JAMO]

    assert whole.startswith(forms(first)[Form.JAMO])
    assert whole.startswith(asked(first)[Form.JAMO])
    assert asked(first + second)[Form.JAMO] == whole
