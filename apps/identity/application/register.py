"""Opening an account."""

from dataclasses import dataclass

from apps.identity.application.ports import Mail, Mailer, Passwords
from apps.identity.domain.profile import NicknameTaken, Profile, ProfileRepository
from apps.identity.domain.standing import Standing, StandingRepository
from apps.identity.domain.user import EmailTaken, PasswordPolicy, User, UserRepository
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, Ids, MemberId


@dataclass(frozen=True, slots=True)
class Register:
    """Open an account; who has one already is told so by mail, and by nothing in the answer."""

    work: UnitOfWork
    users: UserRepository
    profiles: ProfileRepository
    standings: StandingRepository
    passwords: Passwords
    policy: PasswordPolicy
    mailer: Mailer
    ids: Ids
    clock: Clock

    async def __call__(
        self, *, email: str, password: str, nickname: str, locale: str | None = None
    ) -> None:
        password_hash = await self.passwords.hash(self.policy.check(password))
        try:
            await self._open(email, password_hash, nickname, locale)
        except EmailTaken:
            await self.mailer.send(already_registered(email))
        else:
            await self.mailer.send(welcome(email, nickname))

    async def _open(
        self, email: str, password_hash: str, nickname: str, locale: str | None
    ) -> None:
        member, now = MemberId(self.ids.next()), self.clock.now()
        async with self.work:
            if await self.profiles.is_taken(nickname):
                raise NicknameTaken
            if await self.users.is_registered(email):
                raise EmailTaken
            user = User.register(member, email=email, password_hash=password_hash, at=now)
            await self.users.add(user)
            await self.profiles.add(
                Profile.introduce(member, nickname=nickname, locale=locale, at=now)
            )
            await self.standings.add(Standing.begin(member, at=now))


def welcome(email: str, nickname: str) -> Mail:
    """Return what a new member reads first."""
    text = f"Hello {nickname},\n\nyour account is open: sign in and list your first card.\n"
    return Mail(to=email, subject="Welcome to KCardSwap", text=text)


def already_registered(email: str) -> Mail:
    """Return what somebody reads who has, or whose address has, an account already."""
    text = (
        "Somebody, perhaps you, tried to open an account with this address. It has one already:"
        " sign in with it. If it was not you, there is nothing to do.\n"
    )
    return Mail(to=email, subject="You already have an account", text=text)
