"""Signing in by the word of a provider: begun here, agreed to there, finished here."""

from dataclasses import dataclass

from apps.identity.application.admit import Admit, ClaimAddress, JoinByProof, NoteRefusal
from apps.identity.application.keep_identities import Link, LinkMine, UnlinkIdentity
from apps.identity.application.open_session import SignedIn
from apps.identity.application.ports import OneTimeSecrets
from apps.identity.application.providers import (
    IdentityProviders,
    OidcStateInvalid,
    OidcTokenInvalid,
    RedirectNotAllowed,
)
from apps.identity.application.second_factor import SecondFactorWanted
from apps.identity.application.throttles import Floods
from apps.identity.application.vacate import Vacate
from apps.identity.domain.attempt import Attempt, AttemptRepository, Exchange, Linking
from apps.identity.domain.session import Delivery, Device, SessionId
from apps.identity.domain.throttle import COMING_FROM_A_PROVIDER
from apps.identity.domain.user import EmailNotVerified, UserRepository
from apps.shared.application.access import Caller
from apps.shared.application.jobs import FORGOTTEN_AT_ONCE
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Where the member goes on, and what its beginner has to keep until the end."""

    authorization_url: str
    handle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What the identity has opened, unless the attempt was to link; how tokens are told."""

    entry: SignedIn | SecondFactorWanted | None
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class BeginSignIn:
    """Begin to sign in by a provider, or to link it to the account that asks; for ten minutes."""

    work: UnitOfWork
    attempts: AttemptRepository
    providers: IdentityProviders
    users: UserRepository
    secrets: OneTimeSecrets
    clock: Clock

    async def __call__(
        self, provider: str, *, redirect_uri: str, delivery: Delivery, link_to: Caller | None
    ) -> Begun:
        at_provider = self.providers.named(provider)
        if not self.providers.allows(redirect_uri):
            raise RedirectNotAllowed
        state, handle, nonce, verifier = (self.secrets.draw() for _ in range(4))
        linking = await self._linking(link_to) if link_to else None
        url = await at_provider.authorization_url(
            redirect_uri=redirect_uri, state=state, nonce=nonce, verifier=verifier
        )
        attempt = Attempt(
            digest=self.secrets.digest(state),
            provider=provider,
            nonce=nonce,
            exchange=Exchange(
                holder=self.secrets.digest(handle),
                verifier=verifier,
                redirect_uri=redirect_uri,
                delivery=delivery,
            ),
            linking=linking,
            created_at=self.clock.now(),
        )
        async with self.work:
            await self.attempts.begin(attempt)
        return Begun(authorization_url=url, handle=handle)

    async def _linking(self, caller: Caller) -> Linking:
        known = await self.users.credentials_of(caller.member_id)
        if known is None or not known.email_verified:
            raise EmailNotVerified  # now, not only when they return
        return Linking(member_id=caller.member_id, session_id=SessionId(caller.session_id))


@dataclass(frozen=True, slots=True)
class FinishSignIn:
    """Finish what was begun on this device, by the code that the provider has sent it back with.

    Who is new gets an account with a confirmed address, without a password, and with a nickname
    that can be changed.
    """

    work: UnitOfWork
    attempts: AttemptRepository
    providers: IdentityProviders
    secrets: OneTimeSecrets
    admit: Admit
    link: LinkMine
    note_refusal: NoteRefusal
    floods: Floods
    clock: Clock

    async def __call__(
        self,
        provider: str,
        *,
        code: str,
        state: str,
        handle: str,
        device: Device,
        host: str | None,
    ) -> Finished:
        await self.floods.enter(COMING_FROM_A_PROVIDER, host)
        at_provider = self.providers.named(provider)
        async with self.work:  # over before the provider is asked, whatever comes of that
            attempt = await self.attempts.finish(
                self.secrets.digest(state),
                provider=provider,
                holder=self.secrets.digest(handle),
                at=self.clock.now(),
            )
        if attempt is None or attempt.exchange is None:
            raise OidcStateInvalid
        exchange, entry = attempt.exchange, None
        try:
            proof = await at_provider.redeem(
                code,
                redirect_uri=exchange.redirect_uri,
                nonce=attempt.nonce,
                verifier=exchange.verifier,
            )
        except OidcTokenInvalid:
            await self.note_refusal(provider, None, reason="token-invalid")
            raise
        if attempt.linking:
            await self.link(proof, attempt.linking)
        else:
            entry = await self.admit(proof, device, delivery=exchange.delivery)
        return Finished(entry=entry, delivery=exchange.delivery)


@dataclass(frozen=True, slots=True)
class IssueNonce:
    """Get a nonce that an app asks its provider to put into an ID token; for ten minutes."""

    work: UnitOfWork
    attempts: AttemptRepository
    providers: IdentityProviders
    secrets: OneTimeSecrets
    clock: Clock

    async def __call__(self, provider: str) -> str:
        _ = self.providers.named(provider)
        nonce = self.secrets.draw()
        attempt = Attempt(
            digest=self.secrets.digest(nonce),
            provider=provider,
            nonce=nonce,
            exchange=None,
            linking=None,
            created_at=self.clock.now(),
        )
        async with self.work:
            await self.attempts.begin(attempt)
        return nonce


@dataclass(frozen=True, slots=True)
class SignInByIdToken:
    """Sign in by an ID token that an app was given for a nonce from here, which serves once."""

    work: UnitOfWork
    attempts: AttemptRepository
    providers: IdentityProviders
    secrets: OneTimeSecrets
    admit: Admit
    note_refusal: NoteRefusal
    floods: Floods
    clock: Clock

    async def __call__(
        self,
        provider: str,
        *,
        id_token: str,
        nonce: str,
        device: Device,
        delivery: Delivery,
        host: str | None,
    ) -> SignedIn | SecondFactorWanted:
        await self.floods.enter(COMING_FROM_A_PROVIDER, host)
        at_provider = self.providers.named(provider)
        async with self.work:
            attempt = await self.attempts.finish(
                self.secrets.digest(nonce), provider=provider, holder=None, at=self.clock.now()
            )
        if attempt is None:
            raise OidcTokenInvalid
        try:
            proof = await at_provider.read(id_token, nonce=attempt.nonce)
        except OidcTokenInvalid:
            await self.note_refusal(provider, None, reason="token-invalid")
            raise
        return await self.admit(proof, device, delivery=delivery)


@dataclass(frozen=True, slots=True)
class ForgetSignInAttempts:
    """Delete attempts to sign in that are too old to be finished."""

    work: UnitOfWork
    attempts: AttemptRepository
    clock: Clock

    async def __call__(self) -> int:
        """Return how many were deleted, FORGOTTEN_AT_ONCE where there may be more."""
        async with self.work:
            return await self.attempts.forget(at=self.clock.now(), limit=FORGOTTEN_AT_ONCE)


STEPS_ELSEWHERE = (
    *(Vacate, Link, LinkMine, UnlinkIdentity, JoinByProof, ClaimAddress, NoteRefusal, Admit),
    *(BeginSignIn, FinishSignIn, IssueNonce, SignInByIdToken, ForgetSignInAttempts),
)
"""All that has to do with providers."""
