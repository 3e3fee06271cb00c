"""Opening an account."""

from dataclasses import dataclass

from apps.identity.application.change_email import FindHolder
from apps.identity.application.letters import REGISTRATION
from apps.identity.application.ports import Passwords
from apps.identity.application.throttles import Floods
from apps.identity.domain.password import PasswordPolicy
from apps.identity.domain.profile import NicknameTaken, Profile, ProfileRepository
from apps.identity.domain.standing import Standing, StandingRepository
from apps.identity.domain.throttle import ASKING_FOR_LETTERS
from apps.identity.domain.user import EmailTaken, User, UserRepository, known_of
from apps.shared.application.jobs import Jobs
from apps.shared.application.work import Trial, UnitOfWork
from apps.shared.domain.ids import Clock, Ids, MemberId


@dataclass(frozen=True, slots=True)
class Register:
    """Open an account; who has one already is told so by mail, and by nothing in the answer.

    Where the address is taken, the rows of an account are written all the same, and undone: so
    the work tells nothing, either.
    """

    work: UnitOfWork
    trial: Trial
    users: UserRepository
    profiles: ProfileRepository
    standings: StandingRepository
    holder: FindHolder
    passwords: Passwords
    policy: PasswordPolicy
    floods: Floods
    jobs: Jobs
    ids: Ids
    clock: Clock

    async def __call__(
        self,
        *,
        email: str,
        password: str,
        nickname: str,
        locale: str | None = None,
        host: str | None = None,
    ) -> None:
        password = self.policy.check(password, about=known_of(email, nickname))
        await self.floods.enter(ASKING_FOR_LETTERS, host)
        password_hash = await self.passwords.hash(password)
        member, now = MemberId(self.ids.next()), self.clock.now()
        user = User.register(member, email=email, password_hash=password_hash, at=now)
        profile = Profile.introduce(member, nickname=nickname, locale=locale, at=now)
        try:
            async with self.work:
                await self._open(user, profile)
                await self._have_told(email, member)
        except EmailTaken:  # by somebody who was faster
            async with self.work:
                await self._have_told(email, member)

    async def _open(self, user: User, profile: Profile) -> None:
        if await self.profiles.is_taken(profile.nickname):
            raise NicknameTaken
        free = await self.holder(user.email) is None
        if not free:
            user.email = f"{user.id}@taken.invalid"  # or it could not be written at all
        async with self.trial(kept=free):
            await self.users.add(user)
            await self.profiles.add(profile)
            await self.standings.add(Standing.begin(user.id, at=user.created_at))

    async def _have_told(self, email: str, member: MemberId) -> None:
        await self.jobs.enqueue(REGISTRATION, {"email": email, "member": str(member)})
