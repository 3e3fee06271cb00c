"""Signing in by providers of OpenID Connect over HTTP.

These routes open their own units of work, like signing in.
"""

from enum import StrEnum
from inspect import getdoc
from typing import Annotated, Literal

from dishka.integrations.fastapi import FromDishka
from fastapi import Path, Request, Response
from pydantic import Field

from apps.identity.application.keep_identities import (
    IdentityView,
    ListIdentities,
    UnlinkIdentity,
)
from apps.identity.application.providers import (
    OidcStateInvalid,
    OidcTokenInvalid,
    ProviderUnavailable,
    RedirectNotAllowed,
    UnknownProvider,
)
from apps.identity.application.sign_in_elsewhere import (
    BeginSignIn,
    FinishSignIn,
    IssueNonce,
    SignInByIdToken,
)
from apps.identity.domain.attempt import LIFETIME
from apps.identity.domain.linked_identity import (
    AccountLinkRequired,
    IdentityTaken,
    LastCredential,
    LinkedIdentityId,
)
from apps.identity.domain.session import Delivery
from apps.identity.domain.throttle import RateLimited
from apps.identity.domain.user import AccountSuspended, EmailNotVerified
from apps.identity.presentation.authentication import admitted, device_of, host_of
from apps.identity.presentation.cookies import sets_cookie
from apps.identity.presentation.schemas import SecondFactorAsked, Token, TokensOut
from apps.shared.domain.errors import (
    InvalidToken,
    LimitExceeded,
    ReauthRequired,
    TokenExpired,
    Unauthenticated,
)
from apps.shared.domain.ids import Clock
from apps.shared.presentation.bodies import Body, Line, Representation
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.routes import StrictRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, Me, ProvenDevice, proven_caller

router = ApiRouter(prefix="/auth/oidc", tags=["identity"], route_class=StrictRoute)
own = ApiRouter(
    prefix="/auth/identities", tags=["identity"], route_class=StrictRoute, dependencies=SIGNED_IN
)

COOKIE = "__Secure-kcs_oidc"
COOKIE_PATH = "/api/v1/auth/oidc"
SECONDS = int(LIFETIME.total_seconds())
LONGEST_URI = 2_048
LONGEST_ID_TOKEN = 32 * 1024
"""Longer ones than are read; those are refused by the reader, this only bounds work."""

Provider = Annotated[str, Path(description="`google` or `generic`, where they are set up.")]
Opaque = Annotated[Line, Field(min_length=1, max_length=2_048)]
ADMITTING = (
    *(OidcTokenInvalid, ProviderUnavailable, UnknownProvider),
    *(AccountLinkRequired, AccountSuspended, RateLimited),
)


class Intent(StrEnum):
    """What a member wants of a provider."""

    LOGIN = "login"
    LINK = "link"


class Beginning(Body):
    """Where to be sent back to, and what for."""

    redirect_uri: Annotated[Line, Field(min_length=1, max_length=LONGEST_URI)]
    delivery: Delivery = Delivery.BODY
    intent: Intent = Intent.LOGIN


class BegunOut(Representation):
    """Where to go on. An app keeps the handle and sends it along at the end; browsers a cookie."""

    authorization_url: str
    handle: str | None
    expires_in: int


class Ending(Body):
    """What the provider has sent back, and the handle, unless a cookie holds it."""

    code: Opaque
    state: Opaque
    handle: Token | None = None


class LinkedOut(Representation):
    """Told in place of tokens where the intent was to link: the device is signed in already."""

    status: Literal["linked"] = "linked"


class NonceOut(Representation):
    """What to have put into the ID token."""

    nonce: str
    expires_in: int


class TokenOfProvider(Body):
    """What the provider has given to an app, and the nonce that was issued for it."""

    id_token: Annotated[Line, Field(min_length=1, max_length=LONGEST_ID_TOKEN)]
    nonce: Opaque
    delivery: Delivery = Delivery.BODY


@router.post(
    "/{provider}/start",
    description=getdoc(BeginSignIn),
    openapi_extra=refuses(
        *(UnknownProvider, RedirectNotAllowed, ProviderUnavailable, EmailNotVerified),
        *(Unauthenticated, InvalidToken, TokenExpired, ReauthRequired),
    ),
)
async def begin_sign_in(
    provider: Provider,
    body: Beginning,
    request: Request,
    response: Response,
    begin: FromDishka[BeginSignIn],
) -> BegunOut:
    """Begin to sign in by a provider."""
    begun = await begin(
        provider,
        redirect_uri=body.redirect_uri,
        delivery=body.delivery,
        link_to=await proven_caller(request) if body.intent is Intent.LINK else None,
    )
    by_cookie = body.delivery is Delivery.COOKIE
    if by_cookie:
        response.set_cookie(
            COOKIE,
            begun.handle,
            max_age=SECONDS,
            path=COOKIE_PATH,
            secure=True,
            httponly=True,
            samesite="strict",
        )
    return BegunOut(
        authorization_url=begun.authorization_url,
        handle=None if by_cookie else begun.handle,
        expires_in=SECONDS,
    )


@router.post(
    "/{provider}/callback",
    description=getdoc(FinishSignIn),
    openapi_extra=sets_cookie(
        *ADMITTING, OidcStateInvalid, IdentityTaken, EmailNotVerified, LimitExceeded
    ),
)
async def finish_sign_in(
    provider: Provider,
    body: Ending,
    request: Request,
    response: Response,
    finish: FromDishka[FinishSignIn],
    clock: FromDishka[Clock],
) -> TokensOut | SecondFactorAsked | LinkedOut:
    """Finish signing in by a provider."""
    handle = body.handle.get_secret_value() if body.handle else request.cookies.get(COOKIE, "")
    finished = await finish(
        provider,
        code=body.code,
        state=body.state,
        handle=handle,
        device=device_of(request, name=None),
        host=host_of(request),
    )
    if finished.delivery is Delivery.COOKIE:
        response.delete_cookie(
            COOKIE, path=COOKIE_PATH, secure=True, httponly=True, samesite="strict"
        )
    if finished.entry is None:
        return LinkedOut()
    return admitted(finished.entry, response, at=clock.now())


@router.post(
    "/{provider}/nonce", description=getdoc(IssueNonce), openapi_extra=refuses(UnknownProvider)
)
async def issue_nonce(provider: Provider, issue: FromDishka[IssueNonce]) -> NonceOut:
    """Get a nonce for an ID token."""
    return NonceOut(nonce=await issue(provider), expires_in=SECONDS)


@router.post(
    "/{provider}/id-token",
    description=getdoc(SignInByIdToken),
    openapi_extra=sets_cookie(*ADMITTING),
)
async def sign_in_by_id_token(
    provider: Provider,
    body: TokenOfProvider,
    request: Request,
    response: Response,
    sign_in: FromDishka[SignInByIdToken],
    clock: FromDishka[Clock],
) -> TokensOut | SecondFactorAsked:
    """Sign in by an ID token."""
    entry = await sign_in(
        provider,
        id_token=body.id_token,
        nonce=body.nonce,
        device=device_of(request, name=None),
        delivery=body.delivery,
        host=host_of(request),
    )
    return admitted(entry, response, at=clock.now())


@own.get("", description=getdoc(ListIdentities))
async def list_identities(
    me: Me, page: PageAsked, identities: FromDishka[ListIdentities]
) -> Listed[IdentityView]:
    """List the providers I sign in by."""
    return page.show(await identities(me, after=page.after, limit=page.limit))


@own.delete(
    "/{identity_id}",
    status_code=204,
    description=getdoc(UnlinkIdentity),
    openapi_extra=refuses(LastCredential, ReauthRequired),
)
async def unlink_identity(
    identity_id: LinkedIdentityId, caller: ProvenDevice, unlink: FromDishka[UnlinkIdentity]
) -> None:
    """Unlink a provider."""
    await unlink(identity_id, of=caller.member_id)
