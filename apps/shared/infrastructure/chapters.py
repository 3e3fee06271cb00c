"""What a member may read of themselves, declared as one SELECT for each list of records."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.payloads import plain
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads


@dataclass(frozen=True, slots=True)
class Chapter:
    """A question about `member`, and which of its columns hold ids of members."""

    question: Question
    members: tuple[str, ...] = ()


class SqlChapters:
    """A concrete one says which `chapters` there are."""

    chapters: ClassVar[Mapping[str, Chapter]]

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(
        self, member: MemberId, name: Callable[[MemberId], str]
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Ask one after another."""
        told = {}
        for title, chapter in self.chapters.items():
            rows = await self._reads(chapter.question, member=member)
            told[title] = [record(self._members(title, row), chapter.members, name) for row in rows]
        return told

    def _members(self, title: str, row: Any) -> dict[str, Any]:
        """Return what is told of a row; who keeps a chapter otherwise says how."""
        del title
        members: dict[str, Any] = row._asdict()
        return members


def record(
    row: Mapping[str, Any], members: Sequence[str], name: Callable[[MemberId], str]
) -> dict[str, Any]:
    """Write a row as JSON, other members by the names they have here."""
    return {
        column: name(value) if column in members and value is not None else plain(value)
        for column, value in row.items()
    }
