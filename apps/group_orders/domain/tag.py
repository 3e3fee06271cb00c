"""A tag: a word under which group orders are found."""

from collections.abc import Iterable
from unicodedata import normalize

from apps.shared.domain.errors import DomainError

MOST_TAGS = 10
"""Of one group order."""


class NoTag(DomainError):
    """A tag has letters or digits."""


def name_of(label: str) -> str:
    """Return under which name a tag is kept: two labels of one name are one tag.

    NFKC, case-folded, and its words tied by hyphens. Raises NoTag where nothing is left.
    """
    words = "".join(sign if sign.isalnum() else " " for sign in normalize("NFKC", label).casefold())
    if not words.split():
        raise NoTag
    return "-".join(words.split())


def named(labels: Iterable[str]) -> dict[str, str]:
    """Return the labels by their names, the first of each; raise NoTag with its place."""
    found: dict[str, str] = {}
    for place, label in enumerate(labels):
        try:
            found.setdefault(name_of(label), label.strip())
        except NoTag as nothing:
            fault = {"pointer": f"/tags/{place}", "code": "no-tag", "detail": str(nothing)}
            raise NoTag(errors=[fault]) from None
    return found
