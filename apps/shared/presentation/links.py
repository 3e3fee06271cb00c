"""Links in request bodies: what others may open begins with https:// and names a host."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from apps.shared.presentation.bodies import Line

LINK = re.compile(
    r"\b[a-z][a-z0-9+.-]*://[^\s<>\"]*|^(?:javascript|vbscript|data|file|blob|mailto|tel):\S+",
    re.IGNORECASE,
)
"""What is a link, wherever it stands in a text; a word and a colon are none."""
LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
HTTPS = re.compile(
    rf"https://{LABEL}(?:\.{LABEL})+(?::\d{{1,5}})?(?:[/?#](?:[^%{{}}|\\^`\s]|%[0-9a-f]{{2}})*)?",
    re.IGNORECASE,
)


def plain_or_https(reference: str) -> str:
    """Refuse links of any other kind, which a moderator should not have to open."""
    return _held(reference, all(map(HTTPS.fullmatch, LINK.findall(reference))))


def https_only(link: str) -> str:
    """Refuse all else."""
    return _held(link, bool(HTTPS.fullmatch(link)))


def _held(told: str, fits: bool) -> str:  # noqa: FBT001
    if not fits:
        raise PydanticCustomError("not_https", "A link begins with https:// and names a host")
    return told


HttpsLink = Annotated[
    Line,
    Field(min_length=1, max_length=500, examples=["https://pictures.example/receipt.jpg"]),
    AfterValidator(https_only),
]
"""A link to something that is kept elsewhere."""
