"""Names as they are stored and sought: one sound, many spellings (K1)."""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from unicodedata import normalize

LONGEST_NAME = 200
"""Characters of a name, or of a word of a query, that are looked at."""

MOST_WORDS = 8
"""Words of a query that are looked for; the rest is passed over."""

FEWEST_ROMAN_LETTERS = 2
"""A single romanised letter is in nearly every name, so it is not sought."""

VERSION, VERSIONS = "ver", ("version", "버전", "버젼")
"""What is printed before or behind the name of a version, and what people write instead."""


class Form(StrEnum):
    """The ways in which a name is stored beside itself (K1)."""

    FOLDED = "folded"
    JAMO = "jamo"
    INITIALS = "initials"
    ROMAN = "roman"


def forms(name: str) -> dict[Form, str]:
    """Every form in which a name is stored, without those that would be empty (K1).

    FOLDED  its letters and digits, caseless: `Ch'ang-bin` is `changbin`;
    JAMO  Hangul as the keys one types, for names that have any: `하니` is `ㅎㅏㄴㅣ`;
    INITIALS  the first consonant of each syllable: `뉴진스` is `ㄴㅈㅅ`;
    ROMAN  the key shared by all romanised spellings: `정국` and `Jungkook` are `junkuk`.
    """
    folded = _folded(name)
    typed = _typed(folded)
    found = {
        Form.FOLDED: folded,
        Form.JAMO: typed if typed != folded else "",
        Form.INITIALS: _initials(folded),
        Form.ROMAN: _roman(name),
    }
    return {form: text for form, text in found.items() if text}


def asked(word: str) -> dict[Form, str]:
    """In which forms one word of a query is sought, with what text; any of them suffices (K1).

    A form that contains its text is a match. Nothing is sought for a word without letters
    and digits. Hangul is also sought by its sound, because a name may be known in Latin only.
    """
    folded = _folded(word)
    typed = _typed(folded)
    if not folded:
        return {}
    if folded in VERSIONS:
        return {Form.FOLDED: VERSION, Form.JAMO: typed}
    if typed == _initials(folded):
        return {Form.INITIALS: typed}
    spelling = {Form.FOLDED: folded} if typed == folded else {Form.JAMO: typed}
    return spelling | _sound(word)


def words(query: str) -> list[str]:
    """The words of a query, composed (NFC); all of them must match (K1)."""
    return normalize("NFC", query).split(maxsplit=MOST_WORDS)[:MOST_WORDS]


def fits(sought: Mapping[Form, str], stored: Mapping[Form, str]) -> bool:
    """Whether a word, as it is `asked`, matches a name by its `forms`, as in the search (K1)."""
    return any(text in stored.get(form, "") for form, text in sought.items())


# --- letters and digits ---------------------------------------------------------------------


def _folded(text: str) -> str:
    return _letters(_caseless(text))


def _caseless(text: str) -> str:
    return normalize("NFKC", normalize("NFKC", text[:LONGEST_NAME]).casefold())


def _letters(text: str) -> str:
    kept = "".join(_bare(letter) for letter in text if _counts(letter))
    # Letters that have become neighbours may compose: a lead and a vowel make a syllable.
    return normalize("NFKC", kept)


def _counts(letter: str) -> bool:
    # Unicode calls the apostrophes of McCune-Reischauer and the invisible jamo fillers letters.
    return letter.isalnum() and not ("\u02b0" <= letter <= "\u02ff" or letter in "\u115f\u1160")


def _bare(letter: str) -> str:
    # Only Latin loses its marks: without them が would be か, and 하 would fall into pieces.
    latin = unicodedata.name(letter, "").startswith("LATIN")
    return normalize("NFD", letter)[0] if latin else letter


# --- Hangul ---------------------------------------------------------------------------------

# Each jamo in Unicode's order: the keys that type it, and its sound in Revised Romanisation.
_LEADS = """ㄱ:g ㄲ:kk ㄴ:n ㄷ:d ㄸ:tt ㄹ:r ㅁ:m ㅂ:b ㅃ:pp ㅅ:s ㅆ:ss ㅇ: ㅈ:j ㅉ:jj ㅊ:ch
            ㅋ:k ㅌ:t ㅍ:p ㅎ:h"""
_VOWELS = """ㅏ:a ㅐ:ae ㅑ:ya ㅒ:yae ㅓ:eo ㅔ:e ㅕ:yeo ㅖ:ye ㅗ:o ㅗㅏ:wa ㅗㅐ:wae ㅗㅣ:oe ㅛ:yo
             ㅜ:u ㅜㅓ:wo ㅜㅔ:we ㅜㅣ:wi ㅠ:yu ㅡ:eu ㅡㅣ:ui ㅣ:i"""
_TAILS = """ㄱ:k ㄲ:k ㄱㅅ:k ㄴ:n ㄴㅈ:n ㄴㅎ:n ㄷ:t ㄹ:l ㄹㄱ:k ㄹㅁ:m ㄹㅂ:l ㄹㅅ:l ㄹㅌ:l ㄹㅍ:p
            ㄹㅎ:l ㅁ:m ㅂ:p ㅂㅅ:p ㅅ:t ㅆ:t ㅇ:ng ㅈ:t ㅊ:t ㅋ:k ㅌ:t ㅍ:p ㅎ:t"""
# Typed alone, ㅄ is a lead of old Hangul to Unicode, unlike all other clusters.
_OLD_LEAD = "ㅂㅅ:p"

_JAMO = {
    chr(first + place): tuple(pair.split(":"))
    for first, row in ((0x1100, _LEADS), (0x1121, _OLD_LEAD), (0x1161, _VOWELS), (0x11A8, _TAILS))
    for place, pair in enumerate(row.split())
}
_KEYS = {jamo: keys for jamo, (keys, _) in _JAMO.items()}
_SOUNDS = {jamo: sound for jamo, (_, sound) in _JAMO.items()}
_CONSONANTS = {jamo: keys for jamo, keys in _KEYS.items() if not "\u1161" <= jamo <= "\u1175"}


def _typed(folded: str) -> str:
    return "".join(_KEYS.get(part, part) for letter in folded for part in _parts(letter))


def _initials(folded: str) -> str:
    return "".join(_CONSONANTS.get(_parts(letter)[0], "") for letter in folded)


def _parts(letter: str) -> str:
    return normalize("NFD", letter) if "가" <= letter <= "힣" else letter


# --- romanisation ---------------------------------------------------------------------------

# McCune-Reischauer writes ŏ and ŭ (in haste ǒ and ǔ) for what the Revised writes eo and eu.
_BREVES = str.maketrans({"ŏ": "eo", "ŭ": "eu", "ǒ": "eo", "ǔ": "eu"})

# Applied to one word, from top to bottom; whatever two spellings share must end up the same.
_SPELLINGS = tuple(
    (re.compile(spelling), sound)
    for spelling, sound in (
        (r"[^a-z0-9]", ""),
        (r"uu+", "u"),  # Yuuri
        (r"lle$", "l"),  # Danielle
        (r"ie$", "i"),  # Jennie
        (r"(?<=[bcdfgjklmnpqrstvxz])eu$", ""),  # 리즈 rijeu, Liz
        (r"wh", "hw"),  # Wheein
        (r"c(?=[eiy])|sh", "s"),
        (r"ch|t[sz]|z", "j"),
        (r"ph", "p"),
        (r"x", "ks"),
        (r"er(?![aeiouyr])", "eo"),  # 윈터 winteo, Winter
        (r"r(?![aeiouwyr])", ""),  # 박 bak, Park
        (r"ay(?![aeiou])", "ei"),  # 제이 jei, Jay
        (r"yi|y(?![aeou])", "i"),  # Rey
        (r"(?<=[sj])y", ""),  # 슈 syu, Shu
        (r"(?<=h)ui|eui|^ui", "i"),  # 희 hui, hee
        (r"oo+", "u"),
        (r"(?<![ay])ee+", "i"),  # spares 재은 jaeeun and 예은 yeeun
        (r"weo", "wo"),  # 원 won, wŏn
        (r"yeo|you", "yu"),  # 영 yeong, young, yung
        (r"(?<!a)e[ou]", "u"),  # 성 seong, sung; 슬 seul, sul; spares 채은 chaeun
        (r"oi|we", "oe"),  # 최 choe, Choi, Chwe
        (r"wu|w", "u"),  # 우 u, woo
        (r"(?<=[aeiou])h(?![aeiouy])", ""),  # 안 an, Ahn; 오 o, Oh
        (r"[gcq]", "k"),
        (r"d", "t"),
        (r"[bfv]", "p"),
        (r"r", "l"),
    )
)
# Twice i or u is two syllables by now: 지인 is not 진, and 주은 is not 준.
_TWICE = re.compile(r"([^iu0-9])\1+")


def _sound(word: str) -> dict[Form, str]:
    # With a letter of a third script left out, the rest would match too much.
    readable = all(spelled.isascii() for spelled in _romanised(word))
    roman = _roman(word)
    voiced = any(letter in "aeiouy" for letter in roman)  # BTS is spelled, not spoken
    clear = voiced and sum(letter.isalpha() for letter in roman) >= FEWEST_ROMAN_LETTERS
    return {Form.ROMAN: roman} if readable and clear else {}


def _roman(name: str) -> str:
    key = _TWICE.sub(r"\1", "".join(_key(spelled) for spelled in _romanised(name)))
    return key if any(letter.isalpha() for letter in key) else ""


def _romanised(name: str) -> list[str]:
    return [_latin(_letters(word)) for word in _caseless(name).translate(_BREVES).split()]


def _latin(folded: str) -> str:
    return "".join(_SOUNDS.get(part, part) for letter in folded for part in _parts(letter))


def _key(spelled: str) -> str:
    for spelling, sound in _SPELLINGS:
        spelled = spelling.sub(sound, spelled)
    return spelled
