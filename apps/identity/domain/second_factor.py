"""A second factor: codes of an authenticator (RFC 6238), or one of ten codes kept on paper."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from apps.identity.domain.session import Delivery
from apps.shared.domain.errors import Conflict, Unauthenticated
from apps.shared.domain.ids import MemberId

RECOVERY_CODES = 10
TICKET_LIFETIME = timedelta(minutes=5)
MOST_ATTEMPTS = 5
SECOND_FACTOR = "otp"
"""What stands in the `amr` of a session that was opened with one (RFC 8176)."""


def is_strong(amr: str) -> bool:
    """Tell whether a session was opened with a second factor."""
    return SECOND_FACTOR in amr.split()


class InvalidMfaCode(Unauthenticated):
    """This code is not right, or was used before."""


class TotpEnrolled(Conflict):
    """You have an authenticator; remove it before you set another one up."""


class TotpNotEnrolled(Conflict):
    """You have no authenticator that this could be done with."""


class Method(StrEnum):
    """Where a code comes from."""

    TOTP = "totp"
    RECOVERY_CODE = "recovery_code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticator:
    """What is kept of an authenticator; its secret, sealed for this member alone."""

    member_id: MemberId
    sealed: str
    confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """That somebody has shown the first factor, and what the session will be like."""

    digest: str
    member_id: MemberId
    amr: str
    device_name: str | None
    delivery: Delivery
    expires_at: datetime

    @classmethod
    def issue(
        cls,
        digest: str,
        *,
        member_id: MemberId,
        amr: str,
        device_name: str | None,
        delivery: Delivery,
        at: datetime,
    ) -> Self:
        """Let it serve for five minutes, and for as many attempts."""
        return cls(
            digest=digest,
            member_id=member_id,
            amr=amr,
            device_name=device_name,
            delivery=delivery,
            expires_at=at + TICKET_LIFETIME,
        )
