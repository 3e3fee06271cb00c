"""The app of a member who meets another: it keeps the secret, and shows codes without a network."""

from base64 import b32decode
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from uuid_utils.compat import uuid7

from apps.identity.application.ports import SessionTokens
from apps.identity.infrastructure.models import RefreshSessionModel
from apps.trading.domain.handshake import code_of, step_of
from tests.support.site import Member

MINUTE = timedelta(minutes=1)


async def secret_of(member: Member, path: str) -> bytes:
    """Ask for one's own secret of the trade at this path."""
    answer = await member.get(f"{path}/handshake")
    assert answer.status_code == 200, answer.text
    return b32decode(answer.json()["secret"])


def shown(secret: bytes, at: datetime) -> str:
    """The code on the screen at this moment."""
    return code_of(secret, step_of(at))


def not_shown(secret: bytes, at: datetime, *, number: int = 0) -> str:
    """A code that is on the screen at no moment near this one; each number has another one."""
    near = {shown(secret, at + minutes * MINUTE) for minutes in range(-9, 10)}
    wrong = (f"{code:06}" for code in range(1_000) if f"{code:06}" not in near)
    return [code for code, _ in zip(wrong, range(number + 1), strict=False)][-1]


async def awake(member: Member) -> Member:
    """The same member with a token of the present hour: tokens live for minutes only."""
    tokens = await member.site.port(SessionTokens)  # type: ignore[type-abstract]
    at = (await member.site.clock()).now()
    (session,) = await member.site.ask(
        select(RefreshSessionModel.id).where(RefreshSessionModel.user_id == member.id)
    )
    token = tokens.access(
        member=member.id, session=session, generation=0, auth_time=at, at=at, jti=uuid7()
    )
    return replace(member, token=token)
