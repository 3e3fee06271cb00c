"""Members as other contexts ask for them."""

from collections.abc import Collection, Mapping

from sqlalchemy import bindparam, exists, select

from apps.identity.contract import Directory, MemberCard, Partner, Partners
from apps.identity.domain.user import Status
from apps.identity.infrastructure.blocks import HIDDEN, READER, VISIBLE, blocked
from apps.identity.infrastructure.models import BlockModel, ProfileModel, UserModel
from apps.identity.infrastructure.standings import StandingModel
from apps.shared.domain.ids import MemberId
from apps.shared.domain.portions import portions
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.members import takes_part
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

CARDS = Question(
    select(ProfileModel.id, ProfileModel.nickname, ProfileModel.accepts_proposals)
    .join(UserModel, UserModel.id == ProfileModel.id)
    .where(ProfileModel.id.in_(bindparam("ids", expanding=True)), VISIBLE)
)
TOGETHER = Question(
    select(UserModel.id).where(
        UserModel.id.in_(bindparam("ids", expanding=True)),
        UserModel.status == Status.ACTIVE,
        ~exists().where(
            BlockModel.blocker_id == UserModel.id,
            BlockModel.blocked_id.in_(bindparam("ids", expanding=True)),
        ),
    )
)
"""Those of them who have blocked none of the others."""
BLOCKS = Question(
    select(BlockModel.blocker_id, BlockModel.blocked_id).where(
        BlockModel.blocker_id.in_(bindparam("ids", expanding=True))
    )
)
# Not joins: for a few hundred members a planner may choose to read the accounts of all.
LEVEL = (
    select(StandingModel.trust_level).where(StandingModel.id == ProfileModel.id).scalar_subquery()
)
CONFIRMED = (
    select(UserModel.email_verified_at).where(UserModel.id == ProfileModel.id).scalar_subquery()
)
PARTNERS = Question(
    select(
        ProfileModel.id,
        ProfileModel.nickname,
        ProfileModel.region,
        LEVEL.label("trust_level"),
        CONFIRMED.label("email_verified_at"),
        ProfileModel.accepts_proposals,
    ).where(
        ProfileModel.id.in_(bindparam("ids", expanding=True)),
        takes_part(ProfileModel.id),
        ~blocked(READER, ProfileModel.id),
        ~blocked(ProfileModel.id, READER),
    )
)
REMOVED = Question(
    select(UserModel.id).where(
        UserModel.id.in_(bindparam("ids", expanding=True)), UserModel.status == Status.DELETED
    )
)
USERS = UserModel.__table__
LOCK = (
    select(USERS.c.id)
    .where(USERS.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(USERS.c.id)
    .with_for_update(key_share=True)
)


class SqlDirectory(Directory):
    """Members by id."""

    def __init__(self, reads: Reads, current: Current) -> None:
        self._reads = reads
        self._current = current

    async def members(
        self, ids: Collection[MemberId], *, to: MemberId
    ) -> Mapping[MemberId, MemberCard]:
        """Read three columns of each."""
        rows = await self._reads(CARDS, ids=sorted(set(ids)), to=to)
        return {row.id: MemberCard(**row._asdict()) for row in rows}

    async def hidden_from(self, member: MemberId) -> frozenset[MemberId]:
        """Read both columns of the member's blocks, each by its index."""
        return frozenset(row.id for row in await self._reads(HIDDEN, member=member))

    async def together(self, ids: Collection[MemberId]) -> bool:
        """Count those who take part and have blocked nobody here."""
        members = set(ids)
        return len(await self._reads(TOGETHER, ids=sorted(members))) == len(members)

    async def apart(self, ids: Collection[MemberId]) -> frozenset[frozenset[MemberId]]:
        """Read whom each has blocked; a thousand members to a statement."""
        members = set(ids)
        pairs = {
            frozenset({row.blocker_id, row.blocked_id})
            for some in portions(members)
            for row in await self._reads(BLOCKS, ids=some)
            if row.blocked_id in members
        }
        return frozenset(pairs)

    async def removed(self, ids: Collection[MemberId]) -> Collection[MemberId]:
        """Look at the states of their accounts."""
        return [row.id for row in await self._reads(REMOVED, ids=sorted(ids))]

    async def lock(self, ids: Collection[MemberId]) -> None:
        """Lock the accounts in the order of their ids, leaving those free who refer to them."""
        await self._current.session.execute(LOCK, {"ids": list(ids)})


class SqlPartners(Partners):
    """Members by id, with their standing."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def among(self, ids: Collection[MemberId], *, to: MemberId) -> Mapping[MemberId, Partner]:
        """Read a row of three tables for each."""
        rows = await self._reads(PARTNERS, ids=sorted(set(ids)), to=to)
        return {
            row.id: Partner(
                id=row.id,
                nickname=row.nickname,
                region=row.region,
                trust_level=row.trust_level,
                email_verified=row.email_verified_at is not None,
                accepts_proposals=row.accepts_proposals,
            )
            for row in rows
        }
