"""Who is asking, as every context needs to know it; identity finds it out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from apps.shared.domain.ids import MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A member on one signed-in device, and when they last proved there who they are.

    Of staff, `lacks_second_factor` says that this device was signed in without one.
    """

    member_id: MemberId
    session_id: UUID
    auth_time: datetime
    lacks_second_factor: bool


class Gatekeeper(Protocol):
    """Lets in who holds a good access token of a session that is still open."""

    async def __call__(self, token: str) -> Caller:
        """Raise Unauthenticated, of one kind for every reason but expiry, for any other token."""
        ...
