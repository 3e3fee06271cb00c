"""People whom the evil provider, for once, tells the truth about."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from httpx import Response

from apps.shared.domain.ids import MemberId
from tests.identity.evil_provider import EvilProvider, jws
from tests.identity.federation import Begun, Visitor
from tests.support.builders import FixedClock
from tests.support.site import API, Member, Site


@dataclass(frozen=True)
class Provided:
    """A site and a provider, with everybody who is known there."""

    site: Site
    evil: EvilProvider
    clock: FixedClock

    @property
    def visitor(self) -> Visitor:
        return Visitor(self.site)

    async def signs_in(self, sub: str, by: Member | None = None, **claims: Any) -> Response:
        """Sign in as this subject or, as a member, link it."""
        return await self.ends(await self.visitor.begins(by), sub, **claims)

    async def ends(self, begun: Begun, sub: str, **claims: Any) -> Response:
        """Bring back a code."""
        token = jws(self.evil.claims(begun.asked("nonce"), self.clock.now(), sub=sub, **claims))
        return await self.visitor.ends(begun, self.evil.code_for(token))

    async def get(self, signed_in: Response, path: str) -> Response:
        bearer = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
        return await self.site.client.get(API + path, headers=bearer)

    async def me(self, signed_in: Response) -> dict[str, Any]:
        """Whose account was opened."""
        assert signed_in.status_code == 200, signed_in.text
        shown = await self.get(signed_in, "/me")
        assert shown.status_code == 200, shown.text
        told: dict[str, Any] = shown.json()
        return told

    async def member(self, signed_in: Response) -> Member:
        """Who was signed in."""
        me = await self.me(signed_in)
        id = MemberId(UUID(me["id"]))
        return Member(self.site, id, me["nickname"], signed_in.json()["access_token"])
