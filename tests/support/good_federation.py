"""Good requests about providers, of a site where one vouches for everybody who asks."""

from typing import Any

from dishka import Provider, Scope
from uuid_utils.compat import uuid7

from apps.identity.application.keep_identities import Link
from apps.identity.application.providers import (
    IdentityProvider,
    IdentityProviders,
    Proof,
    UnknownProvider,
)
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId
from tests.support.good import Good, Row, somebody
from tests.support.routes import API
from tests.support.site import Site

WAY_BACK = "https://app.kcs.test/signed-in"
OIDC = f"{API}/auth/oidc/{{provider}}"
IDS = {"provider": "obliging"}


def a_proof() -> Proof:
    """Somebody who was never here."""
    name = uuid7().hex
    return Proof(
        provider="obliging", issuer="https://obliging.test", subject=name, email=f"{name}@kcs.test"
    )


class ObligingProvider(IdentityProvider):
    """Takes whatever it is given for the word of somebody new."""

    async def authorization_url(self, **asked: str) -> str:
        return f"https://obliging.test/?state={asked['state']}"

    async def redeem(self, code: str, **asked: str) -> Proof:
        del code, asked
        return a_proof()

    async def read(self, id_token: str, *, nonce: str) -> Proof:
        del id_token, nonce
        return a_proof()


class ObligingProviders(IdentityProviders):
    """One provider."""

    def named(self, name: str) -> IdentityProvider:
        if name != IDS["provider"]:
            raise UnknownProvider
        return ObligingProvider()

    def allows(self, redirect_uri: str) -> bool:
        return redirect_uri == WAY_BACK


def obliging_providers() -> Provider:
    """Let it serve in place of those that are set up."""
    provider = Provider(scope=Scope.APP)
    provider.provide(ObligingProviders, provides=IdentityProviders)
    return provider


def beginning() -> dict[str, Any]:
    return {"redirect_uri": WAY_BACK, "delivery": "body", "intent": "login"}


async def begin(_: Site) -> Good:
    return Good(ids=IDS, body=beginning())


async def finish(site: Site) -> Good:
    answer = await site.client.post(OIDC.format(**IDS) + "/start", json=beginning())
    assert answer.status_code == 200, answer.text
    begun = answer.json()
    state = begun["authorization_url"].partition("state=")[2]
    return Good(ids=IDS, body={"code": "c", "state": state, "handle": begun["handle"]})


async def nonce(_: Site) -> Good:
    return Good(ids=IDS)


async def id_token(site: Site) -> Good:
    answer = await site.client.post(OIDC.format(**IDS) + "/nonce")
    body = {"id_token": "a.b.c", "nonce": answer.json()["nonce"], "delivery": "body"}
    return Good(ids=IDS, body=body)


async def link_two(site: Site, member: MemberId) -> None:
    """Let two identities open an account, so that one can be unlinked."""
    link, at = await site.port(Link), (await site.port(Clock)).now()  # type: ignore[type-abstract]
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        for _ in range(2):
            await link(a_proof(), to=member, at=at)


async def identities(site: Site) -> Good:
    member = await somebody(site)
    await link_two(site, member.id)
    return Good(by=member)


async def identity(site: Site) -> Good:
    me, other = [await identities(site) for _ in range(2)]
    ids = []
    for good in (me, other):
        shown = await good.by.get("/auth/identities") if good.by else None
        assert shown, shown
        ids.append({"identity_id": shown.json()["items"][0]["id"]})
    return Good(by=me.by, ids=ids[0], foreign=ids[1], status=204)


FEDERATION: dict[tuple[str, str], Row] = {
    ("POST", f"{OIDC}/start"): begin,
    ("POST", f"{OIDC}/callback"): finish,
    ("POST", f"{OIDC}/nonce"): nonce,
    ("POST", f"{OIDC}/id-token"): id_token,
    ("GET", f"{API}/auth/identities"): identities,
    ("DELETE", f"{API}/auth/identities/{{identity_id}}"): identity,
}
