"""Providers of OpenID Connect: asked by the book, and believed only where that is in order."""

import hashlib
import json
import logging
from base64 import b64encode
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import quote, urlencode, urlsplit

from apps.identity.application.providers import (
    IdentityProvider,
    IdentityProviders,
    OidcTokenInvalid,
    Proof,
    ProviderUnavailable,
    UnknownProvider,
)
from apps.identity.infrastructure.compact import encoded, reason
from apps.identity.infrastructure.id_tokens import Expected, believed
from apps.identity.infrastructure.outgoing import Answer, Outgoing, Unanswered, host_of
from apps.identity.infrastructure.provider_documents import OK, Documents, Endpoints
from apps.shared.domain.ids import Clock

BAD_REQUEST = 400
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """How this installation is known to a provider; the first client id asks for codes."""

    name: str
    issuer: str
    client_ids: tuple[str, ...]
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Federation:
    """By whom members sign in here, and where they may be sent back to."""

    registrations: tuple[Registration, ...] = ()
    redirect_uris: frozenset[str] = frozenset()
    testing: bool = False


class OidcProvider(IdentityProvider):
    """One provider."""

    def __init__(
        self, registration: Registration, outgoing: Outgoing, clock: Clock, *, testing: bool
    ) -> None:
        self._its = registration
        self._outgoing = outgoing
        self._clock = clock
        self._documents = Documents(registration.issuer, outgoing, clock, testing=testing)

    async def authorization_url(
        self, *, redirect_uri: str, state: str, nonce: str, verifier: str
    ) -> str:
        """Ask for a code that only who knows the verifier can swap."""
        try:
            endpoints = await self._documents.endpoints()
        except Unanswered as why:
            self._is_unavailable(why)
        asked = {
            "response_type": "code",
            "client_id": self._its.client_ids[0],
            "redirect_uri": redirect_uri,
            "scope": "openid email",
            "state": state,
            "nonce": nonce,
            "code_challenge": encoded(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        if endpoints.takes_claims:
            wanted = {"email": {"essential": True}, "email_verified": {"essential": True}}
            asked["claims"] = json.dumps({"id_token": wanted})
        separator = "&" if "?" in endpoints.authorization else "?"
        return f"{endpoints.authorization}{separator}{urlencode(asked)}"

    async def redeem(self, code: str, *, redirect_uri: str, nonce: str, verifier: str) -> Proof:
        """Show who asks, the code, and the verifier."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        try:
            endpoints = await self._documents.endpoints()
            identified, headers = self._identified(endpoints)
            answer = await self._outgoing.post(
                endpoints.token, form | identified, headers=headers, hosts=endpoints.hosts
            )
            id_token = id_token_in(answer)
        except Unanswered as why:
            self._is_unavailable(why)
        return await self.read(id_token, nonce=nonce)

    async def read(self, id_token: str, *, nonce: str) -> Proof:
        """Check all of it."""
        its = self._its
        expected = Expected(issuer=its.issuer, client_ids=its.client_ids, nonce=nonce)
        try:
            found = await believed(
                id_token, expected, find_key=self._documents.key, at=self._clock.now()
            )
        except Unanswered as why:
            self._is_unavailable(why)
        except Exception as fault:  # noqa: BLE001 - whatever a token provokes is its own fault
            _log.info("ID token of %s refused: %s", its.name, reason(fault))
            raise OidcTokenInvalid from None
        return Proof(provider=its.name, issuer=its.issuer, subject=found.subject, email=found.email)

    def _identified(self, endpoints: Endpoints) -> tuple[dict[str, str], dict[str, str]]:
        """Return what goes into the form and into the headers (RFC 6749, 2.3.1)."""
        client, secret = self._its.client_ids[0], self._its.client_secret
        if not secret:
            return {"client_id": client}, {}
        if not endpoints.takes_basic:
            return {"client_id": client, "client_secret": secret}, {}
        pair = f"{quote(client, safe='')}:{quote(secret, safe='')}"
        return {}, {"Authorization": f"Basic {b64encode(pair.encode()).decode('ascii')}"}

    def _is_unavailable(self, why: Unanswered) -> NoReturn:
        _log.warning("provider %s is unavailable: %s", self._its.name, why)
        raise ProviderUnavailable from None


class OidcProviders(IdentityProviders):
    """Those that an operator has registered this installation with."""

    def __init__(self, federation: Federation, clock: Clock, outgoing: Outgoing) -> None:
        self._redirect_uris: Collection[str] = federation.redirect_uris
        self._by_name = {
            each.name: OidcProvider(each, outgoing, clock, testing=federation.testing)
            for each in federation.registrations
        }

    def named(self, name: str) -> IdentityProvider:
        """Look it up."""
        found = self._by_name.get(name)
        if found is None:
            raise UnknownProvider
        return found

    def allows(self, redirect_uri: str) -> bool:
        """Compare all of it."""
        return redirect_uri in self._redirect_uris


def is_issuer(url: str, *, testing: bool) -> bool:
    """Tell whether a provider can be this; tests may run one on this machine."""
    try:
        _ = host_of(url, testing=testing)
    except Unanswered:
        return False
    return "?" not in url


def is_way_back(uri: str) -> bool:
    """Tell whether members can be sent here with a code: by TLS, to an app or to this machine."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    if not (uri.isascii() and uri.isprintable()) or set(uri) & set(" \\#@*"):
        return False
    if parts.scheme in {"http", "https"}:
        return parts.scheme == "https" or parts.hostname in {"127.0.0.1", "localhost"}
    return "." in parts.scheme  # that of an app; `javascript:` and the like have none


def id_token_in(answer: Answer) -> str:
    """Return what a code was swapped for; a code that is not taken is nobody's failure."""
    told = answer.members() if answer.status in {OK, BAD_REQUEST} else {}
    if answer.status == BAD_REQUEST and told.get("error") == "invalid_grant":
        _log.info("a code was not taken")
        raise OidcTokenInvalid
    id_token = told.get("id_token")
    if answer.status != OK or type(id_token) is not str:
        raise Unanswered(f"no ID token, status {answer.status}")
    return id_token
