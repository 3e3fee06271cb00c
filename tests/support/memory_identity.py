"""Accounts, profiles, standings, sessions and blocks in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from apps.identity.contract import Directory, MemberCard, Rank, Ranks, Role
from apps.identity.domain.block import Block, BlockId, BlockRepository
from apps.identity.domain.profile import (
    NicknameTaken,
    Profile,
    ProfileNotFound,
    ProfileRepository,
    nickname_key,
)
from apps.identity.domain.standing import Footing, Standing, StandingNotFound, StandingRepository
from apps.identity.domain.user import (
    Credentials,
    EmailTaken,
    User,
    UserNotFound,
    UserRepository,
    email_key,
)
from apps.identity.domain.vouch import Vouch, VouchId, VouchNotFound, VouchRepository
from apps.shared.domain.errors import Busy
from apps.shared.domain.ids import MemberId
from tests.support.memory import Diary, Memory, fresh


@dataclass
class MemoryDirectory(Directory):
    """Members."""

    diary: Diary
    known: dict[MemberId, MemberCard] = field(default_factory=dict)
    blocks: set[tuple[MemberId, MemberId]] = field(default_factory=set)
    gone: set[MemberId] = field(default_factory=set)

    def welcome(self, *members: MemberId, accepts_proposals: bool = True) -> None:
        for number, id in enumerate(members):
            self.known[id] = MemberCard(
                id=id, nickname=f"member-{number}", accepts_proposals=accepts_proposals
            )

    async def members(
        self, ids: Collection[MemberId], *, to: MemberId
    ) -> Mapping[MemberId, MemberCard]:
        hidden = await self.hidden_from(to)
        return {id: self.known[id] for id in ids if id in self.known and id not in hidden}

    async def hidden_from(self, member: MemberId) -> frozenset[MemberId]:
        pairs = [pair for pair in self.blocks if member in pair]
        return frozenset(id for pair in pairs for id in pair if id != member)

    async def together(self, ids: Collection[MemberId]) -> bool:
        return all([set(await self.members(ids, to=id)) == set(ids) for id in ids])

    async def apart(self, ids: Collection[MemberId]) -> frozenset[frozenset[MemberId]]:
        return frozenset(frozenset(pair) for pair in self.blocks if set(pair) <= set(ids))

    async def removed(self, ids: Collection[MemberId]) -> Collection[MemberId]:
        return self.gone & set(ids)

    async def lock(self, ids: Collection[MemberId]) -> None:
        del ids
        self.diary.note("lock members")


@dataclass
class MemoryRanks(Ranks):
    """Everybody is of level 1 and has a confirmed address, unless said otherwise."""

    ranks: dict[MemberId, Rank] = field(default_factory=dict)

    def rank(
        self,
        id: MemberId,
        *,
        role: Role = Role.USER,
        trust_level: int = 1,
        email_verified: bool = True,
    ) -> None:
        self.ranks[id] = Rank(
            id=id,
            role=role,
            trust_level=trust_level,
            email_verified=email_verified,
            completed_trades=0,
        )

    async def of(self, member: MemberId) -> Rank:
        if member not in self.ranks:
            self.rank(member)
        return self.ranks[member]

    async def among(self, members: Collection[MemberId]) -> Mapping[MemberId, Rank]:
        return {member: await self.of(member) for member in members}


class MemoryUsers(Memory[MemberId, User], UserRepository):
    """Accounts, one to an address."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(diary, UserNotFound)

    def refuse(self, entity: User) -> None:
        if email_key(entity.email) in {email_key(other.email) for other in self.others(entity)}:
            raise EmailTaken

    async def credentials(self, email: str) -> Credentials | None:
        found = [user.id for user in self.kept.values() if user.has_email(email)]
        return await self.credentials_of(found[0]) if found else None

    async def credentials_of(self, id: MemberId) -> Credentials | None:
        user = self.kept.get(id)
        if user is None:
            return None
        return Credentials(
            id=user.id,
            email=user.email,
            email_verified=user.email_verified_at is not None,
            password_hash=user.password_hash,
            status=user.status,
            erase_after=user.erase_after,
        )

    async def to_erase(self, *, at: datetime, limit: int) -> Sequence[MemberId]:
        due = [user for user in self.kept.values() if user.erase_after and user.erase_after <= at]
        return [user.id for user in sorted(due, key=lambda user: str(user.erase_after))][:limit]


class MemoryProfiles(Memory[MemberId, Profile], ProfileRepository):
    """Profiles, one to a nickname."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(diary, ProfileNotFound)

    def refuse(self, entity: Profile) -> None:
        taken = {nickname_key(other.nickname) for other in self.others(entity)}
        if nickname_key(entity.nickname) in taken:
            raise NicknameTaken

    async def lock(self, id: MemberId, /) -> Profile:
        self.diary.note("lock profile")
        return await self.get(id)

    async def is_taken(self, nickname: str) -> bool:
        return nickname_key(nickname) in {
            nickname_key(profile.nickname) for profile in self.kept.values()
        }


class MemoryStandingRepository(Memory[MemberId, Standing], StandingRepository):
    """Standings, beside the accounts that they are of."""

    def __init__(self, diary: Diary, users: MemoryUsers) -> None:
        super().__init__(diary, StandingNotFound)
        self.users = users

    async def lock(self, ids: Collection[MemberId]) -> Sequence[tuple[Standing, Footing]]:
        self.diary.note("lock standings")
        known = sorted({*ids} & {*self.kept})
        found = [(self.users.kept[id], fresh(self.kept[id])) for id in known]
        return [
            (
                standing,
                Footing(
                    email_confirmed=user.email_verified_at is not None,
                    member_since=user.created_at,
                ),
            )
            for user, standing in found
        ]

    async def traded(self, *, after: MemberId | None, limit: int) -> Sequence[MemberId]:
        ids = [id for id, each in self.kept.items() if each.trades.completed_trades]
        return [id for id in sorted(ids) if after is None or id > after][:limit]


class MemoryVouches(Memory[VouchId, Vouch], VouchRepository):
    """Vouch cards."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(diary, VouchNotFound)

    async def count_good(self, *, of: MemberId, at: datetime) -> int:
        return sum(each.expires_at > at for each in self._live(of))

    async def revoke_all(self, *, of: MemberId, at: datetime) -> None:
        for each in self._live(of):
            each.revoked_at = at

    def _live(self, of: MemberId) -> list[Vouch]:
        return [e for e in self.kept.values() if e.member_id == of and e.revoked_at is None]


class MemoryBlocks(Memory[BlockId, Block], BlockRepository):
    """Blocks, one to a pair."""

    def refuse(self, entity: Block) -> None:
        if self._of(entity.blocker_id, entity.blocked_id):
            raise Busy

    async def exists(self, *, by: MemberId, on: MemberId) -> bool:
        return bool(self._of(by, on))

    async def count(self, *, by: MemberId) -> int:
        return sum(block.blocker_id == by for block in self.kept.values())

    async def lift(self, *, by: MemberId, on: MemberId) -> None:
        for id in self._of(by, on):
            del self.kept[id]

    def _of(self, by: MemberId, on: MemberId) -> list[BlockId]:
        return [
            id
            for id, block in self.kept.items()
            if (block.blocker_id, block.blocked_id) == (by, on)
        ]
