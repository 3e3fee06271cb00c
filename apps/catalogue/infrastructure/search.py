"""The search: words of a query, matched with the forms of names in the same SQL everywhere (K1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from apps.catalogue.domain.names import Form, asked, words
from apps.catalogue.infrastructure.models import NameModel
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

MOST_FORMS = 2
"""Forms in which one word is sought at most; a word with fewer is sought in the last one again."""


def matches(word: int, name: Any = NameModel) -> ColumnElement[bool]:
    """Hold that a name contains the word of this number, in any of the forms asked for.

    No wildcard needs escaping, for forms are made of letters and digits alone.
    """
    return or_(
        *(
            and_(
                name.form == bindparam(f"form_{word}_{turn}"),
                name.text.like(bindparam(f"text_{word}_{turn}")),
            )
            for turn in range(MOST_FORMS)
        )
    )


def subjects(word: int) -> Select[UUID]:
    """Select whom a word may mean."""
    return select(NameModel.subject_id).where(matches(word))


WORD = bindparam("word", type_=Text())
UNKNOWN = aliased(NameModel)
LONGEST_START = Question(
    select(NameModel.text)
    .where(
        NameModel.form == bindparam("form"),
        NameModel.text == func.substr(WORD, 1, func.length(NameModel.text)),
        ~select(UNKNOWN.subject_id).where(matches(0, UNKNOWN)).exists(),
    )
    .order_by(func.length(NameModel.text).desc())
    .limit(1)
)
"""The longest name with which a word begins that no name contains."""


@dataclass(frozen=True, slots=True)
class Query:
    """Words, each as the texts to look for in forms of names."""

    words: Sequence[Mapping[Form, str]]

    @classmethod
    def of(cls, text: str) -> Self:
        """Read a query; words without letters and digits are passed over."""
        return cls([sought for word in words(text) if (sought := asked(word))])

    async def split(self, reads: Reads) -> "Query":
        """Part a single word that nothing is called into a name and the rest: 뉴진스하니."""
        if len(self.words) != 1:
            return self
        form, word = next(iter(self.words[0].items()))
        for start in await reads(LONGEST_START, form=form, word=word, **self.values):
            rest = asked(word.removeprefix(start.text))
            return Query([{form: start.text}, *filter(None, [rest])])
        return self

    @property
    def values(self) -> dict[str, Any]:
        """What stands for the parameters of `matches`."""
        given: dict[str, Any] = {}
        for number, sought in enumerate(self.words):
            pairs = [*sought.items()]
            for turn in range(MOST_FORMS):
                form, text = pairs[min(turn, len(pairs) - 1)]
                given |= {f"form_{number}_{turn}": form, f"text_{number}_{turn}": f"%{text}%"}
        return given
