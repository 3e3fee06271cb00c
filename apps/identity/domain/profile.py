"""A profile: what others see of a member, and what the member lets them do."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, Self, TypedDict

from apps.identity.domain.likeness import likeness
from apps.shared.domain.errors import Conflict, NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate

DEFAULT_LOCALE = "en"


class ProfileNotFound(NotFound):
    """There is no such member."""


class NicknameTaken(Conflict):
    """Somebody else has this nickname, or one that differs only in case, width or unseen signs."""


def nickname_key(nickname: str) -> str:
    """Return the form under which a nickname is unique and found."""
    return " ".join(likeness(nickname).split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    """What a member allows; nearby is off until somebody asks for it (N1)."""

    nearby_visible: bool = False
    show_online: bool = True
    allow_stranger_messages: bool = True
    accepts_proposals: bool = True


class PrivacyChanges(TypedDict, total=False):
    """The switches to turn."""

    nearby_visible: bool
    show_online: bool
    allow_stranger_messages: bool
    accepts_proposals: bool


class ProfileChanges(TypedDict, total=False):
    """What to change of a profile; what is left out stays."""

    nickname: str
    bio: str | None
    region: str | None
    locale: str
    privacy: PrivacyChanges


@dataclass(kw_only=True, eq=False)
class Profile(Aggregate[MemberId]):
    """Keyed by its member; `region` is ISO 3166-2, `locale` BCP 47."""

    nickname: str
    bio: str | None
    region: str | None
    locale: str
    avatar_url: str | None
    privacy: Privacy
    created_at: datetime
    updated_at: datetime

    @classmethod
    def introduce(cls, id: MemberId, *, nickname: str, locale: str | None, at: datetime) -> Self:
        """Begin with a name and little else."""
        return cls(
            id=id,
            nickname=nickname,
            bio=None,
            region=None,
            locale=locale or DEFAULT_LOCALE,
            avatar_url=None,
            privacy=Privacy(),
            created_at=at,
            updated_at=at,
        )

    def change(self, changes: ProfileChanges, *, at: datetime) -> None:
        """Take over what is told and leave the rest."""
        self.nickname = changes.get("nickname", self.nickname)
        self.bio = changes.get("bio", self.bio)
        self.region = changes.get("region", self.region)
        self.locale = changes.get("locale", self.locale)
        self.privacy = replace(self.privacy, **changes.get("privacy", {}))
        self.updated_at = at


class ProfileRepository(Protocol):
    """All profiles."""

    async def lock(self, id: MemberId, /) -> Profile:
        """Return the profile for nobody else to change meanwhile; raise ProfileNotFound."""
        ...

    async def add(self, entity: Profile, /) -> None:
        """Keep a new profile; raise NicknameTaken."""
        ...

    async def save(self, entity: Profile, /) -> None:
        """Keep what changed; a nickname that is taken shows at the end of the unit of work."""
        ...

    async def is_taken(self, nickname: str) -> bool:
        """Tell whether a member has this nickname or one that folds to the same key."""
        ...
