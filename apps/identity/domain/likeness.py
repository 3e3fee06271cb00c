"""What a text looks like, so that two which nobody could tell apart are the same."""

import unicodedata

FORMS = ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
"""What chooses between forms of the sign before it."""
UNSEEN = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0" + "".join(
    chr(code) for first, last in FORMS for code in range(first, last + 1)
)
"""That and fillers: by their category letters, marks and symbols."""


def likeness(text: str) -> str:
    """Return what shows of a text, without differences of width and case (NFKC, folded)."""
    shown = "".join(sign for sign in text if shows(sign))
    folded = unicodedata.normalize("NFKC", shown).casefold()
    return unicodedata.normalize("NFKC", folded)  # folding takes some letters apart


def shows(sign: str) -> bool:
    """Tell whether a sign takes up any room; what joins emoji, and some letters, does not."""
    return unicodedata.category(sign) != "Cf" and sign not in UNSEEN
