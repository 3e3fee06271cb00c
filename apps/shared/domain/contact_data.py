"""How to reach somebody outside of here: what early notes and posts must not hold (C4)."""

import re

from apps.shared.domain.errors import DomainError

PATTERNS = (
    re.compile(r"[\w.+-]+\s*(?:@|\(at\)|\[at\])\s*[\w-]+(?:\.[\w-]+)+", re.IGNORECASE),
    re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE),
    re.compile(r"(?<!\w)@[\w.]{3,}"),
    re.compile(
        r"\b(?:kakao(?:talk)?|line|telegram|whatsapp|wechat|discord|signal|insta(?:gram)?|ig)"
        r"\s*(?:id)?\s*[:=]\s*\S+",
        re.IGNORECASE,
    ),
    re.compile(r"(?<!\w)\+?\d(?:[\s().-]?\d){7,14}(?!\w)"),
)
DATE = re.compile(r"\d{4}[-./]\d{1,2}[-./]\d{1,2}")


class ContactData(DomainError):
    """Leave addresses, numbers and accounts out until you have agreed."""


def refuse_contact_data(text: str, *, pointer: str) -> None:
    """Raise ContactData with the place of the first piece of it in the text, in characters."""
    bare = DATE.sub(lambda date: "-" * len(date.group()), text)
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
