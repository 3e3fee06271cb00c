"""Providers of OpenID Connect, who tell who somebody is, as use cases see them."""

from dataclasses import dataclass
from typing import Protocol

from apps.shared.domain.errors import (
    DomainError,
    Malformed,
    NotOffered,
    Unauthenticated,
    Unreachable,
)


class UnknownProvider(NotOffered):
    """Nobody signs in here by a provider of this name."""


class RedirectNotAllowed(DomainError):
    """Providers do not send anybody there from here; an operator lists where they may."""


class OidcStateInvalid(Malformed):
    """This attempt to sign in is unknown, over, or was begun elsewhere; begin another one."""


class OidcTokenInvalid(Unauthenticated):
    """The provider's word does not open anything here; begin another attempt."""


class ProviderUnavailable(Unreachable):
    """The provider does not answer as it should; try again later or sign in another way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Who somebody is by a provider's word, at an address that the provider has verified."""

    provider: str
    issuer: str
    subject: str
    email: str


class IdentityProvider(Protocol):
    """One of them. Whatever is wrong with an ID token is one and the same OidcTokenInvalid."""

    async def authorization_url(
        self, *, redirect_uri: str, state: str, nonce: str, verifier: str
    ) -> str:
        """Return where a member agrees; raise ProviderUnavailable."""
        ...

    async def redeem(self, code: str, *, redirect_uri: str, nonce: str, verifier: str) -> Proof:
        """Swap the code for an ID token and read it; raise ProviderUnavailable."""
        ...

    async def read(self, id_token: str, *, nonce: str) -> Proof:
        """Read an ID token that an app was given; raise ProviderUnavailable."""
        ...


class IdentityProviders(Protocol):
    """Those of this installation."""

    def named(self, name: str) -> IdentityProvider:
        """Return one; raise UnknownProvider."""
        ...

    def allows(self, redirect_uri: str) -> bool:
        """Tell whether somebody may be sent there with a code; not a character may differ."""
        ...
