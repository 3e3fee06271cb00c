"""Accounts that an operator opens."""

from dataclasses import dataclass

from apps.identity.application.change_email import FindHolder
from apps.identity.application.ports import Passwords
from apps.identity.domain.password import PasswordPolicy
from apps.identity.domain.profile import NicknameTaken, Profile, ProfileRepository
from apps.identity.domain.standing import Standing, StandingRepository
from apps.identity.domain.user import EmailTaken, Role, User, UserRepository, known_of
from apps.shared.application.audit import AuditLog
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, Ids, MemberId


@dataclass(frozen=True, slots=True)
class CreateUser:
    """Open an account whose address the operator vouches for, as that of the first admin."""

    work: UnitOfWork
    users: UserRepository
    profiles: ProfileRepository
    standings: StandingRepository
    holder: FindHolder
    passwords: Passwords
    policy: PasswordPolicy
    audit: AuditLog
    ids: Ids
    clock: Clock

    async def __call__(self, *, email: str, nickname: str, password: str, role: Role) -> MemberId:
        """Raise EmailTaken, NicknameTaken, WeakPassword; the password of staff is longer."""
        about = known_of(email, nickname)
        password = self.policy.check(password, about=about, staff=role.is_staff)
        password_hash = await self.passwords.hash(password)
        member, now = MemberId(self.ids.next()), self.clock.now()
        user = User.register(member, email=email, password_hash=password_hash, at=now)
        user.verify_email(at=now)
        user.change_role(role, at=now)
        async with self.work:
            if await self.profiles.is_taken(nickname):
                raise NicknameTaken
            if await self.holder(email) is not None:
                raise EmailTaken
            await self.users.add(user)
            await self.profiles.add(
                Profile.introduce(member, nickname=nickname, locale=None, at=now)
            )
            await self.standings.add(Standing.begin(member, at=now))
            await self.audit.write("member.create", actor=None, target=member, role=role)
        return member
