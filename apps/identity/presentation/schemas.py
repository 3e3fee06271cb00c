"""Accounts as JSON."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

from apps.identity.domain.profile import nickname_key
from apps.identity.domain.session import Delivery
from apps.shared.presentation.bodies import Body, Line, Prose, Representation

LONGEST_TOKEN = 4_096
LONGEST_SECRET = 4_096
"""Passwords are refused by the policy, with its reason, long before this; it only bounds work."""


def not_blank(text: str) -> str:
    """Refuse a name that nobody could see or find."""
    if text != text.strip() or not nickname_key(text):
        raise PydanticCustomError("blank", "Begin and end with something visible")
    return text


Email = Annotated[Line, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s.]+$")]
Nickname = Annotated[Line, Field(min_length=2, max_length=30), AfterValidator(not_blank)]
Locale = Annotated[
    str, Field(max_length=35, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", examples=["ko-KR"])
]
Region = Annotated[str, Field(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$", examples=["TW-TPE"])]
Password = Annotated[SecretStr, Field(max_length=LONGEST_SECRET)]
Token = Annotated[SecretStr, Field(max_length=LONGEST_TOKEN)]


class Registration(Body):
    """Who wants an account."""

    email: Email
    password: Password
    nickname: Nickname
    locale: Locale | None = None


class Accepted(Representation):
    """Said whether or not there was an account already."""

    status: Literal["accepted"] = "accepted"


class Login(Body):
    """Who signs in, and on what."""

    email: Email
    password: Password
    delivery: Delivery = Delivery.BODY
    device_name: Annotated[Line, Field(max_length=64)] | None = None


class Refresh(Body):
    """The newest refresh token of a device."""

    refresh_token: Token


class Logout(Body):
    """The device to sign out, unless it is the one that asks."""

    refresh_token: Token | None = None


class TokensOut(Representation):
    """What a device signs its requests with; times in seconds from now."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  the scheme, not a secret
    expires_in: int
    session_id: UUID
    refresh_token: str
    refresh_expires_in: int


class PrivacyPatch(Body):
    """The switches to turn."""

    nearby_visible: bool = False
    show_online: bool = False
    allow_stranger_messages: bool = False
    accepts_proposals: bool = False


class MePatch(Body):
    """A merge patch (RFC 7396): what is left out stays, null empties what may be empty."""

    nickname: Nickname = ""
    bio: Annotated[Prose, Field(max_length=500)] | None = None
    region: Region | None = None
    locale: Locale = ""
    privacy: PrivacyPatch = PrivacyPatch()
