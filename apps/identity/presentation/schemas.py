"""Accounts as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from unicodedata import category
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from apps.identity.domain.profile import nickname_key
from apps.identity.domain.second_factor import Method
from apps.identity.domain.session import Delivery
from apps.identity.domain.user import Role
from apps.shared.presentation.bodies import Body, Flag, Line, Patch, Prose, Representation

LONGEST_TOKEN = 4_096
LONGEST_SECRET = 4_096
"""Passwords are refused by the policy, with its reason, long before this; it only bounds work."""


LONGEST_CODE = 64
LONGEST_EMAIL_BYTES = 254
LONGEST_NICKNAME_KEY = 120


def not_blank(text: str) -> str:
    """Refuse a name that nobody could see or find."""
    key = nickname_key(text)
    visible = any(category(sign)[0] in "LNPS" for sign in key)
    if text != text.strip() or not visible:
        raise PydanticCustomError("blank", "Begin and end with something visible")
    if len(key) > LONGEST_NICKNAME_KEY:
        raise PydanticCustomError("too_long", "Too many of these signs stand for several each")
    return text


def not_unseen(text: str) -> str:
    """Refuse to look for what everything begins with."""
    if not nickname_key(text):
        raise PydanticCustomError("blank", "Something of it has to be visible")
    return text


def transportable(address: str) -> str:
    """Refuse an address longer than mail can carry; it counts bytes (RFC 5321)."""
    if len(address.encode()) > LONGEST_EMAIL_BYTES:
        raise PydanticCustomError("too_long", "An address has at most 254 bytes")
    return address


Email = Annotated[
    Line,
    Field(max_length=LONGEST_EMAIL_BYTES, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"),
    AfterValidator(transportable),
]
Nickname = Annotated[Line, Field(min_length=2, max_length=30), AfterValidator(not_blank)]
Locale = Annotated[
    str, Field(max_length=35, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", examples=["ko-KR"])
]
Region = Annotated[str, Field(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$", examples=["TW-TPE"])]
Password = Annotated[SecretStr, Field(max_length=LONGEST_SECRET)]
Code = Annotated[SecretStr, Field(max_length=LONGEST_CODE, examples=["123456"])]
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
    refresh_token: Token | None = Field(
        None,
        description="One this device had before: others' failures do not keep it out, then.",
    )


class Address(Body):
    """The address of an account, perhaps."""

    email: Email


class NewAddress(Body):
    """Where an account moves to."""

    new_email: Email


class MailedToken(Body):
    """What was mailed: the code of a link."""

    token: Token


class NewPassword(Body):
    """What was mailed, and the password to set."""

    token: Token
    new_password: Password


class PasswordChange(Body):
    """The password as it is, and as it shall be."""

    current_password: Password
    new_password: Password


class Proof(Body):
    """The password of the account, a code of its authenticator, or both."""

    password: Password | None = None
    totp: Code | None = None

    @model_validator(mode="after")
    def _prove_something(self) -> Self:
        if self.password is None and self.totp is None:
            raise PydanticCustomError("missing", "Give the password, or a code")
        return self


class ShownCode(Body):
    """A code of an authenticator."""

    code: Code


class WithReason(Body):
    """Why staff decide something about a member; it is kept."""

    reason: Annotated[Line, Field(min_length=1, max_length=500, examples=["Three reports"])]


class Appointment(Body):
    """What a member shall be."""

    role: Role


class SecondFactor(Body):
    """The ticket that signing in was answered with, and a code."""

    mfa_token: Token
    method: Method
    code: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorAsked:
    """What is needed before there are tokens; the ticket serves for five minutes."""

    status: Literal["mfa_required"] = "mfa_required"
    mfa_token: str
    methods: tuple[Method, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodesOut:
    """Codes for the loss of the authenticator, each of them for one use; shown this once."""

    recovery_codes: Sequence[str]


class Proven(Representation):
    """Since when the password counts as just given; for five minutes."""

    auth_time: datetime


class Refresh(Body):
    """The newest refresh token of a device, unless a cookie holds it."""

    refresh_token: Token | None = None


class Logout(Body):
    """The device to sign out, unless it is the one that asks."""

    refresh_token: Token | None = None


class LogoutAll(Body):
    """Whether the device that asks stays signed in."""

    keep_current: Flag = False


def is_missing(value: object) -> bool:
    """Tell what is left out where it is not there."""
    return value is None


def name_no_default(schema: dict[str, Any]) -> None:
    """Let a description say only that something may be left out."""
    schema.pop("default", None)


InBody = Annotated[
    str | SkipJsonSchema[None], Field(exclude_if=is_missing, json_schema_extra=name_no_default)
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensOut:
    """What a device signs its requests with; times in seconds from now.

    There is no `refresh_token` where a cookie holds it.
    """

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  the scheme, not a secret
    expires_in: int
    session_id: UUID
    refresh_token: InBody = None
    refresh_expires_in: int


class PrivacyPatch(Patch):
    """The switches to turn."""

    nearby_visible: Flag = False
    show_online: Flag = False
    allow_stranger_messages: Flag = False
    accepts_proposals: Flag = False


class MePatch(Patch):
    """A merge patch (RFC 7396): what is left out stays, null empties what may be empty."""

    nickname: Nickname = ""
    bio: Annotated[Prose, Field(max_length=500)] | None = None
    region: Region | None = None
    locale: Locale = ""
    privacy: PrivacyPatch = PrivacyPatch()
