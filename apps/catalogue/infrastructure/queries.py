"""Questions about groups, idols and releases."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, select

from apps.catalogue.application.browse import (
    FindGroups,
    FindIdols,
    FindReleases,
    GroupView,
    IdolView,
    MembershipView,
    ReleaseView,
    ShowGroup,
    ShowIdol,
    ShowRelease,
)
from apps.catalogue.contract import GroupId, GroupRef, IdolId, ReleaseId
from apps.catalogue.domain.group import GroupNotFound
from apps.catalogue.domain.idol import IdolNotFound
from apps.catalogue.domain.release import ReleaseNotFound
from apps.catalogue.infrastructure.models import (
    GroupModel,
    IdolMembershipModel,
    IdolModel,
    ReleaseModel,
)
from apps.catalogue.infrastructure.search import Query, subjects
from apps.shared.application.pages import Page
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

GROUPS = select(GroupModel.id, GroupModel.code, GroupModel.name, GroupModel.names)
IDOLS = select(IdolModel.id, IdolModel.code, IdolModel.name, IdolModel.names)
RELEASES = select(
    ReleaseModel.id,
    ReleaseModel.code,
    ReleaseModel.title,
    ReleaseModel.released_on,
    ReleaseModel.names,
    ReleaseModel.group_id,
    GroupModel.name,
).join(GroupModel, GroupModel.id == ReleaseModel.group_id)

GROUP = Question(GROUPS.where(GroupModel.id == bindparam("id")))
IDOL = Question(IDOLS.where(IdolModel.id == bindparam("id")))
RELEASE = Question(RELEASES.where(ReleaseModel.id == bindparam("id")))
MEMBERSHIPS = Question(
    select(
        IdolMembershipModel.idol_id,
        IdolMembershipModel.joined_on,
        IdolMembershipModel.left_on,
        GroupModel.id,
        GroupModel.name,
    )
    .join(GroupModel, GroupModel.id == IdolMembershipModel.group_id)
    .where(IdolMembershipModel.idol_id.in_(bindparam("idols", expanding=True)))
    .order_by(IdolMembershipModel.joined_on, GroupModel.code)
)
ASKED_GROUPS: BindParameter[Any] = bindparam("groups", expanding=True)
BELONGING: dict[Any, ColumnElement[bool]] = {
    IdolModel: IdolModel.id.in_(
        select(IdolMembershipModel.idol_id).where(IdolMembershipModel.group_id.in_(ASKED_GROUPS))
    ),
    ReleaseModel: ReleaseModel.group_id.in_(ASKED_GROUPS),
}
LISTS: dict[Any, Select[*tuple[Any, ...]]] = {
    GroupModel: GROUPS,
    IdolModel: IDOLS,
    ReleaseModel: RELEASES,
}


@cache
def entries_wished(row: Any, words: int, *, belonging: bool) -> Question:
    """Build the question for so many words, once for each such shape."""
    found = [row.id.in_(subjects(word)) for word in range(words)]
    narrowing = [BELONGING[row]] if belonging else []
    return Question(
        LISTS[row]
        .where(row.code > bindparam("after"), *found, *narrowing)
        .order_by(row.code)
        .limit(bindparam("limit"))
    )


class Lists:
    """One page of groups, idols or releases."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def _page(
        self,
        row: Any,
        *,
        query: str | None,
        after: str | None,
        limit: int,
        groups: tuple[GroupId, ...] = (),
    ) -> Page[Any]:
        """Read one row more than shown, to see whether there is a next page."""
        asked = Query.of(query or "")
        if query is not None and not asked.words:
            return Page([])
        question = entries_wished(row, len(asked.words), belonging=bool(groups))
        given = asked.values | ({"groups": groups} if groups else {})
        rows = await self._reads(question, after=after or "", limit=limit + 1, **given)
        return Page.cut(rows, limit=limit, key=lambda row: row.code)


class SqlFindGroups(Lists, FindGroups):
    """One table, and the names if there is a query."""

    async def __call__(
        self, *, query: str | None, after: str | None, limit: int
    ) -> Page[GroupView]:
        """Read a page."""
        page = await self._page(GroupModel, query=query, after=after, limit=limit)
        return Page([GroupView(**row._asdict()) for row in page.items], page.next)


class SqlShowGroup(ShowGroup):
    """One row."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self, group_id: GroupId) -> GroupView:
        """Read it."""
        for row in await self._reads(GROUP, id=group_id):
            return GroupView(**row._asdict())
        raise GroupNotFound


class SqlFindIdols(Lists, FindIdols):
    """Idols, then their memberships."""

    async def __call__(
        self, *, query: str | None, groups: tuple[GroupId, ...], after: str | None, limit: int
    ) -> Page[IdolView]:
        """Read a page."""
        page = await self._page(IdolModel, query=query, groups=groups, after=after, limit=limit)
        return Page(await idol_views(self._reads, page.items), page.next)


class SqlShowIdol(ShowIdol):
    """One idol, then the memberships."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self, idol_id: IdolId) -> IdolView:
        """Read both."""
        for view in await idol_views(self._reads, await self._reads(IDOL, id=idol_id)):
            return view
        raise IdolNotFound


class SqlFindReleases(Lists, FindReleases):
    """Releases joined with their groups."""

    async def __call__(
        self, *, query: str | None, groups: tuple[GroupId, ...], after: str | None, limit: int
    ) -> Page[ReleaseView]:
        """Read a page."""
        page = await self._page(ReleaseModel, query=query, groups=groups, after=after, limit=limit)
        return Page([release_view(row) for row in page.items], page.next)


class SqlShowRelease(ShowRelease):
    """One row of two tables."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self, release_id: ReleaseId) -> ReleaseView:
        """Read it."""
        for row in await self._reads(RELEASE, id=release_id):
            return release_view(row)
        raise ReleaseNotFound


async def idol_views(reads: Reads, rows: Sequence[Any]) -> list[IdolView]:
    """Put the memberships to their idols."""
    held: dict[IdolId, list[MembershipView]] = {row.id: [] for row in rows}
    for each in await reads(MEMBERSHIPS, idols=list(held)) if held else ():
        group = GroupRef(id=each.id, name=each.name)
        held[each.idol_id].append(
            MembershipView(group=group, joined_on=each.joined_on, left_on=each.left_on)
        )
    return [IdolView(**row._asdict(), memberships=tuple(held[row.id])) for row in rows]


def release_view(row: Any) -> ReleaseView:
    """Put the group into its place."""
    return ReleaseView(
        id=row.id,
        code=row.code,
        group=GroupRef(id=row.group_id, name=row.name),
        title=row.title,
        released_on=row.released_on,
        names=row.names,
    )
