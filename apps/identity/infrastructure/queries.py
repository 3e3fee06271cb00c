"""Questions about members, each answered by one SELECT."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from apps.identity.application.departures import FindAccount
from apps.identity.application.show_me import (
    FindMembers,
    MemberView,
    MeView,
    Reputation,
    ShowMe,
    ShowMember,
)
from apps.identity.contract import Rank, Ranks
from apps.identity.domain.profile import Privacy, nickname_key
from apps.identity.domain.user import Status, UserNotFound
from apps.identity.infrastructure.blocks import VISIBLE
from apps.identity.infrastructure.models import ProfileModel, UserModel
from apps.identity.infrastructure.standings import StandingModel
from apps.shared.application.pages import Page
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

FEWEST_SHOWN = 3
"""Completed trades below which a member's figures are not shown (R5)."""

LAST = "\U0010ffff"
"""Sorts behind every text that a nickname can hold."""

PROFILE = (
    ProfileModel.id,
    ProfileModel.nickname,
    ProfileModel.nickname_key,
    ProfileModel.bio,
    ProfileModel.region,
    ProfileModel.avatar_url,
    StandingModel.trust_level,
    StandingModel.completed_trades,
    StandingModel.presence_verified,
    StandingModel.cancelled_at_fault,
    StandingModel.disputes_lost,
)

ME = Question(
    select(*PROFILE)
    .add_columns(
        ProfileModel.locale,
        ProfileModel.nearby_visible,
        ProfileModel.show_online,
        ProfileModel.allow_stranger_messages,
        ProfileModel.accepts_proposals,
        ProfileModel.created_at,
        ProfileModel.updated_at,
        UserModel.email,
        UserModel.email_verified_at,
        UserModel.role,
    )
    .join(UserModel, UserModel.id == ProfileModel.id)
    .join(StandingModel, StandingModel.id == ProfileModel.id)
    .where(ProfileModel.id == bindparam("member"))
)
MEMBER = Question(
    select(*PROFILE)
    .join(UserModel, UserModel.id == ProfileModel.id)
    .join(StandingModel, StandingModel.id == ProfileModel.id)
    .where(ProfileModel.id == bindparam("member"), VISIBLE)
)
MEMBERS = Question(
    select(*PROFILE)
    .join(UserModel, UserModel.id == ProfileModel.id)
    .join(StandingModel, StandingModel.id == ProfileModel.id)
    .where(
        ProfileModel.nickname_key >= bindparam("prefix"),
        ProfileModel.nickname_key < bindparam("end"),
        ProfileModel.nickname_key > bindparam("after"),
        VISIBLE,
    )
    .order_by(ProfileModel.nickname_key)
    .limit(bindparam("limit"))
)

RANKS = Question(
    select(
        UserModel.id,
        UserModel.role,
        UserModel.email_verified_at,
        StandingModel.trust_level,
        StandingModel.completed_trades,
    )
    .join(StandingModel, StandingModel.id == UserModel.id)
    .where(
        UserModel.id.in_(bindparam("members", expanding=True)), UserModel.status == Status.ACTIVE
    )
)


ACCOUNT = Question(
    select(ProfileModel.id).where(
        (ProfileModel.id == bindparam("id", type_=ProfileModel.id.type))
        | (ProfileModel.nickname_key == bindparam("nickname_key"))
    )
)


class SqlFindAccount(FindAccount):
    """One row by either of two indexes."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self, name: str) -> MemberId:
        """Look for both; an id is longer than any nickname."""
        try:
            id = MemberId(UUID(name))
        except ValueError:
            id = None
        for row in await self._reads(ACCOUNT, id=id, nickname_key=nickname_key(name)):
            return MemberId(row.id)
        raise UserNotFound


class SqlShowMe(ShowMe):
    """One row of three tables."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self, member: MemberId) -> MeView:
        """Read it."""
        for row in await self._reads(ME, member=member):
            return MeView(
                id=row.id,
                email=row.email,
                email_verified=row.email_verified_at is not None,
                nickname=row.nickname,
                bio=row.bio,
                region=row.region,
                locale=row.locale,
                avatar_url=row.avatar_url,
                role=row.role,
                trust_level=row.trust_level,
                reputation=reputation(row),
                privacy=Privacy(
                    nearby_visible=row.nearby_visible,
                    show_online=row.show_online,
                    allow_stranger_messages=row.allow_stranger_messages,
                    accepts_proposals=row.accepts_proposals,
                ),
                created_at=row.created_at,
                updated_at=row.updated_at,
            )
        raise UserNotFound


class SqlShowMember(ShowMember):
    """One row of three tables, without what is private."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self, member: MemberId, *, to: MemberId) -> MemberView:
        """Read it, unless it is hidden."""
        for row in await self._reads(MEMBER, member=member, to=to):
            return member_view(row)
        raise UserNotFound


class SqlFindMembers(FindMembers):
    """A range of the index on folded nicknames."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(
        self, *, prefix: str, to: MemberId, after: str | None, limit: int
    ) -> Page[MemberView]:
        """Read one row more than shown, to see whether there is a next page."""
        key = nickname_key(prefix)
        rows = await self._reads(
            MEMBERS, prefix=key, end=key + LAST, to=to, after=after or "", limit=limit + 1
        )
        page = Page.cut(rows, limit=limit, key=lambda row: row.nickname_key)
        return Page([member_view(row) for row in page.items], page.next)


class SqlRanks(Ranks):
    """One row of two tables."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def of(self, member: MemberId) -> Rank:
        """Read it."""
        for rank in (await self.among([member])).values():
            return rank
        raise UserNotFound

    async def among(self, members: Collection[MemberId]) -> Mapping[MemberId, Rank]:
        """Read those there are."""
        rows = await self._reads(RANKS, members=sorted(members))
        return {
            row.id: Rank(
                id=row.id,
                role=row.role,
                trust_level=row.trust_level,
                email_verified=row.email_verified_at is not None,
                completed_trades=row.completed_trades,
            )
            for row in rows
        }


def member_view(row: Any) -> MemberView:
    """Leave out what is private."""
    return MemberView(
        id=row.id,
        nickname=row.nickname,
        bio=row.bio,
        region=row.region,
        avatar_url=row.avatar_url,
        trust_level=row.trust_level,
        reputation=reputation(row),
    )


def reputation(row: Any) -> Reputation:
    """Show figures only of members with enough of them."""
    known = row.completed_trades >= FEWEST_SHOWN
    return Reputation(
        new=not known,
        completed_trades=row.completed_trades if known else None,
        presence_verified=row.presence_verified if known else None,
        cancelled_at_fault=row.cancelled_at_fault if known else None,
        disputes_lost=row.disputes_lost if known else None,
    )
