"""How to reach somebody outside of here: what early notes and posts must not hold (C4)."""

import re

from apps.shared.domain.errors import DomainError

AT = r"\s*(?:@|\(at\)|\[at\])\s*"
DOT = r"\s*(?:\.|\(dot\)|\[dot\])\s*"
APART = r"(?:\s?[-.\u2010-\u2015]\s?|\)\s?|\s)?"
MESSENGER = (
    r"(?:\b(?:kakao(?:talk)?|line|telegram|whatsapp|wechat|discord|signal|insta(?:gram)?|ig)"
    r"|카톡|카카오톡|라인|인스타|텔레그램|微信|賴)"
)
PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![\w.+-])[\w.+-]+{AT}[a-z0-9-]+(?:{DOT}[a-z0-9-]+)*{DOT}[a-z]{{2,}}",
        r"(?<![\w.+-])[\w.+-]+\s+at\s+[\w-]+(?:\s+dot\s+[\w-]+)+",
        r"(?:https?://|www\.)\S+",
        r"(?<![\w.])(?:[a-z0-9-]+\.)+[a-z]{2,6}/[\w@]\S*",
        r"(?<!\w)@[a-z0-9_][\w.]{2,}",
        rf"{MESSENGER}\s*(?:(?:id|아이디)\b\s*[:=]?|[:=])\s*\S+",
        rf"(?<![\w+])\+\d(?:{APART}\d){{6,14}}(?!\d)",
        rf"(?<![\w+])(?=\(?\d(?:{APART}\d){{7}})\(?\d{{3,5}}(?:{APART}\d{{2,6}}){{1,4}}(?!\d)",
        rf"(?<![\w+])\(?\d\d{APART}\d{{3,5}}{APART}\d{{3,6}}(?!\d)",
        r"(?<![\w+])(?:0\d(?:[ .-]\d\d){4}|0(?:\s\d){7,14}|\d{8,15})(?!\d)",
    )
)
DATE = re.compile(
    r"(?<!\d)(?:"
    r"(?:19|20)\d\d\s?[-./]\s?\d{1,2}\s?[-./]\s?\d{1,2}"
    r"|\d{1,2}[-./]\d{1,2}[-./](?:19|20)\d\d"
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    r"|(?:19|20)\d\d\s?[-/]\s?(?:19|20)\d\d"
    r")(?!\d)"
)
UNSEEN = "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"
NARROW = {sign: sign - 0xFEE0 for sign in range(0xFF01, 0xFF5F)} | dict.fromkeys(
    map(ord, UNSEEN), " "
)
"""Full-width signs as the ASCII ones they look like, unseen ones as gaps; no character moves."""


class ContactData(DomainError):
    """Leave addresses, numbers and accounts out until you have agreed."""


def refuse_contact_data(text: str, *, pointer: str) -> None:
    """Raise ContactData with the place of the first piece of it in the text, in characters."""
    bare = DATE.sub(lambda date: "/" * len(date.group()), text.translate(NARROW))
    spans = [found.span() for pattern in PATTERNS if (found := pattern.search(bare))]
    if not spans:
        return
    start, end = min(spans)
    raise ContactData(
        errors=[
            {
                "pointer": pointer,
                "code": "contact-data",
                "detail": f"Characters {start} to {end} look like a way to reach somebody.",
            }
        ]
    )
