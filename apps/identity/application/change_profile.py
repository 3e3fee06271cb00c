"""Changing one's profile."""

from dataclasses import dataclass

from apps.identity.domain.profile import NicknameTaken, ProfileChanges, ProfileRepository
from apps.identity.domain.profile import nickname_key as key
from apps.shared.application.work import Precondition, UnitOfWork, unconditional
from apps.shared.domain.ids import Clock, MemberId


@dataclass(frozen=True, slots=True)
class ChangeProfile:
    """Change what others see of you, and what you let them do; what you leave out stays."""

    work: UnitOfWork
    profiles: ProfileRepository
    clock: Clock

    async def __call__(
        self,
        member: MemberId,
        changes: ProfileChanges,
        *,
        unchanged: Precondition = unconditional,
    ) -> None:
        async with self.work:
            profile = await self.profiles.lock(member)
            await unchanged()
            nickname = changes.get("nickname", profile.nickname)
            if key(nickname) != key(profile.nickname) and await self.profiles.is_taken(nickname):
                raise NicknameTaken
            profile.change(changes, at=self.clock.now())
            await self.profiles.save(profile)
