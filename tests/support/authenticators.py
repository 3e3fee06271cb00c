"""Authenticators in the hands of members, and staff who have one."""

import base64
import hmac
import struct
from dataclasses import dataclass, replace
from typing import Any

from httpx import Response
from sqlalchemy import func, update

from apps.identity.application.second_factor import AuthenticatorCodes, SecondFactors
from apps.identity.domain.second_factor import SECOND_FACTOR, Authenticator
from apps.identity.domain.user import Role
from apps.identity.infrastructure.models import RefreshSessionModel, UserModel
from apps.shared.application.work import UnitOfWork
from tests.support.site import API, Member, Site

WRONG = (401, "invalid-mfa-code")
DEAD = (400, "invalid-or-expired-token")


def code_of(secret: str, step: int, digits: int = 6) -> str:
    """What RFC 6238 says, written down anew."""
    mac = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), "sha1")
    (number,) = struct.unpack_from(">I", mac, mac[-1] & 15)
    return str((number & 0x7FFFFFFF) % 10**digits).zfill(digits)


@dataclass(slots=True)
class App:
    """An authenticator that was told a secret, on a clock like that of the site."""

    site: Site
    secret: str

    async def code(self, later: int = 0) -> str:
        """What it shows so many steps from now."""
        now = int((await self.site.clock()).now().timestamp())
        return code_of(self.secret, now // 30 + later)


async def enroll(member: Member) -> App:
    answer = await member.post("/auth/totp/enroll")
    assert answer.status_code == 200, answer.text
    return App(member.site, answer.json()["secret"])


async def set_up(member: Member) -> tuple[App, list[str]]:
    """An authenticator that counts, whose code of just now is still good, and codes on paper."""
    app = await enroll(member)
    answer = await member.post("/auth/totp/confirm", {"code": await app.code(-1)})
    if answer.status_code == 401:  # the step was over meanwhile, if the clock goes on
        answer = await member.post("/auth/totp/confirm", {"code": await app.code(-1)})
    assert answer.status_code == 200, answer.text
    codes: list[str] = answer.json()["recovery_codes"]
    return app, codes


def wrong(code: str) -> str:
    """Another code."""
    return str((int(code) + 1) % 10**6).zfill(6)


async def asked(site: Site, **more: str) -> Response:
    """Show the first factor of Ann."""
    known = {"email": "ann@kcs.test", "password": "correct horse battery"}
    answer = await site.client.post(f"{API}/auth/login", json=known | more)
    assert answer.status_code == 200, answer.text
    return answer


async def verify(
    site: Site, asked: Response, code: str, method: str = "totp", **headers: Any
) -> Response:
    """Answer to a login that asks for a second factor."""
    assert asked.json()["status"] == "mfa_required", asked.text
    body = {"mfa_token": asked.json()["mfa_token"], "method": method, "code": code}
    return await site.client.post(f"{API}/auth/mfa/verify", json=body, headers=headers)


async def strong(member: Member, code: str, method: str = "totp") -> Member:
    """Ann on a device that she signs in with her second factor."""
    answer = await verify(member.site, await asked(member.site), code, method)
    assert answer.status_code == 200, answer.text
    return replace(member, token=answer.json()["access_token"])


async def employ(member: Member, role: Role | str) -> None:
    """Give a role; of staff, have the device signed in with an authenticator that is theirs."""
    site, id = member.site, member.id
    await site.change(update(UserModel).where(UserModel.id == id).values(role=Role(role)))
    if not Role(role).is_staff:
        return
    now = (await site.clock()).now()
    codes = await site.port(AuthenticatorCodes)  # type: ignore[type-abstract]
    factors = await site.port(SecondFactors)  # type: ignore[type-abstract]
    _, sealed = codes.draw(id)
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        new = Authenticator(member_id=id, sealed=sealed, confirmed=False)
        if await factors.enroll(new, at=now):
            await factors.confirm(id, at=now)
    await strengthen(member)


async def strengthen(member: Member) -> None:
    """Let all devices of a member count as signed in with a second factor."""
    row = RefreshSessionModel
    stronger = func.replace(row.amr, f" {SECOND_FACTOR}", "") + f" {SECOND_FACTOR}"
    await member.site.change(update(row).where(row.user_id == member.id).values(amr=stronger))
