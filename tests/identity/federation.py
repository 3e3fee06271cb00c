"""A site that knows a provider, and somebody who signs in there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dishka import Provider
from httpx import AsyncClient, Response

from apps.identity.application.ports import Mailer, Passwords
from apps.shared.domain.ids import Clock
from tests.identity.stage import PlainPasswords, Postbox, post, serving
from tests.support.builders import FixedClock
from tests.support.site import API, Member, Site

CALLBACK = "https://app.kcs.test/signed-in"
CLIENT, NATIVE, SECRET = "kcs-web", "kcs-phone", "hunter2 hunter2"
OIDC = "/auth/oidc/generic"


@asynccontextmanager
async def a_federated_site(
    url: str, keys: Path, issuer: str, *overrides: Provider, **settings: Any
) -> AsyncIterator[Site]:
    """The application where members can sign in by this provider, and by Google elsewhere."""
    known = {
        "env": "test",
        "oidc_generic_issuer": issuer,
        "oidc_generic_client_ids": (CLIENT, NATIVE),
        "oidc_generic_client_secret": SECRET,
        "oidc_google_client_ids": ("kcs.apps.googleusercontent.com",),
        "oidc_redirect_uris": (CALLBACK, "app.kcs:/signed-in"),
        "max_concurrency": 100,
    }
    async with Site(url, keys, *overrides, **(known | settings)) as site:
        yield site


def quickly(clock: FixedClock, postbox: Postbox | None = None) -> list[Provider]:
    """A clock that stands still, quick passwords and a mail box."""
    services = {Clock: clock, Mailer: postbox or Postbox(), Passwords: PlainPasswords()}
    return [serving(kind, service) for kind, service in services.items()]


@dataclass(frozen=True)
class Begun:
    """An attempt under way: where it went on, its state, and what its beginner keeps."""

    url: str
    state: str
    handle: str | None

    @classmethod
    def of(cls, answer: Response) -> "Begun":
        assert answer.status_code == 200, answer.text
        told = answer.json()
        asked = parse_qs(urlsplit(told["authorization_url"]).query)
        return cls(told["authorization_url"], asked["state"][0], told["handle"])

    def asked(self, name: str) -> str:
        """A parameter that the provider is asked with."""
        return parse_qs(urlsplit(self.url).query)[name][0]


@dataclass(frozen=True)
class Visitor:
    """Somebody at a browser or with an app."""

    site: Site

    async def begins(self, by: Member | None = None, **more: Any) -> Begun:
        """Ask to sign in, or, as a member, to link."""
        return Begun.of(await self.asks(by, **more))

    async def asks(self, by: Member | None = None, **more: Any) -> Response:
        body = {"redirect_uri": CALLBACK} | ({"intent": "link"} if by else {}) | more
        return await (
            by.post(f"{OIDC}/start", body) if by else post(self.site, f"{OIDC}/start", body)
        )

    async def agrees(self, begun: Begun, sub: str) -> str:
        """Say yes at the provider; return the code that it sends back."""
        async with AsyncClient() as browser:
            answer = await browser.post(begun.url, data={"sub": sub})
        assert answer.status_code in {302, 303}, answer.text
        sent = parse_qs(urlsplit(answer.headers["Location"]).query)
        assert answer.headers["Location"].startswith(CALLBACK)
        assert sent["state"] == [begun.state]
        return sent["code"][0]

    async def ends(self, begun: Begun, code: str, **more: Any) -> Response:
        """Bring the code back."""
        body = {"code": code, "state": begun.state, "handle": begun.handle} | more
        return await post(self.site, f"{OIDC}/callback", body)

    async def signs_in(self, sub: str, by: Member | None = None) -> Response:
        """All of it."""
        begun = await self.begins(by)
        return await self.ends(begun, await self.agrees(begun, sub))

    async def me(self, answer: Response) -> dict[str, Any]:
        """What the account shows that these tokens open."""
        bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        shown = await self.site.client.get(f"{API}/me", headers=bearer)
        assert shown.status_code == 200, shown.text
        told: dict[str, Any] = shown.json()
        return told
