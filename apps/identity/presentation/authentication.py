"""Signing up, in and out over HTTP. These routes open their own units of work."""

from datetime import datetime
from inspect import getdoc

from dishka.integrations.fastapi import FromDishka
from fastapi import Request

from apps.identity.application.open_session import SignedIn
from apps.identity.application.register import Register
from apps.identity.application.second_factor import SecondFactorWanted
from apps.identity.application.sign_in import RefreshSession, SignIn, SignOut
from apps.identity.domain.profile import NicknameTaken
from apps.identity.domain.session import (
    Delivery,
    DeliveryNotAvailable,
    Device,
    InvalidCredentials,
    InvalidRefreshToken,
    RefreshTokenReused,
    SessionExpired,
)
from apps.identity.domain.user import WeakPassword
from apps.identity.presentation.schemas import (
    Accepted,
    Login,
    Logout,
    Refresh,
    Registration,
    SecondFactorAsked,
    TokensOut,
)
from apps.shared.domain.errors import InvalidToken, TokenExpired, Unauthenticated
from apps.shared.domain.ids import Clock
from apps.shared.presentation.networks import network_of
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.routes import StrictRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import current_caller

ACCESS_TTL_SECONDS = 600
LONGEST_USER_AGENT = 256


router = ApiRouter(prefix="/auth", tags=["identity"], route_class=StrictRoute)


@router.post(
    "/register",
    status_code=202,
    description=getdoc(Register),
    openapi_extra=refuses(NicknameTaken, WeakPassword),
)
async def register(body: Registration, register: FromDishka[Register]) -> Accepted:
    """Open an account."""
    await register(
        email=body.email,
        password=body.password.get_secret_value(),
        nickname=body.nickname,
        locale=body.locale,
    )
    return Accepted()


@router.post(
    "/login",
    description=getdoc(SignIn),
    openapi_extra=refuses(InvalidCredentials, DeliveryNotAvailable),
)
async def login(
    body: Login, request: Request, sign_in: FromDishka[SignIn], clock: FromDishka[Clock]
) -> TokensOut | SecondFactorAsked:
    """Sign in."""
    if body.delivery is not Delivery.BODY:
        raise DeliveryNotAvailable
    entry = await sign_in(
        email=body.email,
        password=body.password.get_secret_value(),
        device=device_of(request, name=body.device_name),
    )
    return admitted(entry, at=clock.now())


@router.post(
    "/refresh",
    description=getdoc(RefreshSession),
    openapi_extra=refuses(InvalidRefreshToken, RefreshTokenReused, SessionExpired),
)
async def refresh(
    body: Refresh, refresh: FromDishka[RefreshSession], clock: FromDishka[Clock]
) -> TokensOut:
    """Refresh the tokens of a device."""
    return tokens_out(await refresh(body.refresh_token.get_secret_value()), at=clock.now())


@router.post(
    "/logout",
    status_code=204,
    description=getdoc(SignOut),
    openapi_extra=refuses(Unauthenticated, InvalidToken, TokenExpired),
)
async def logout(
    request: Request, sign_out: FromDishka[SignOut], body: Logout | None = None
) -> None:
    """Sign out."""
    token = body.refresh_token if body else None
    try:
        caller = await current_caller(request) if "Authorization" in request.headers else None
    except Unauthenticated:
        if token is None:
            raise
        caller = None  # the refresh token is enough
    await sign_out(refresh_token=token.get_secret_value() if token else None, caller=caller)


def admitted(
    entry: SignedIn | SecondFactorWanted, *, at: datetime
) -> TokensOut | SecondFactorAsked:
    """Tell what the first factor has led to."""
    if isinstance(entry, SecondFactorWanted):
        return SecondFactorAsked(mfa_token=entry.ticket, methods=entry.methods)
    return tokens_out(entry, at=at)


def tokens_out(signed_in: SignedIn, *, at: datetime) -> TokensOut:
    """Tell moments as seconds from now."""
    return TokensOut(
        access_token=signed_in.access_token,
        expires_in=ACCESS_TTL_SECONDS,
        session_id=signed_in.session_id,
        refresh_token=signed_in.refresh_token,
        refresh_expires_in=int((signed_in.refresh_expires_at - at).total_seconds()),
    )


def device_of(request: Request, *, name: str | None) -> Device:
    """Keep what helps a member to tell devices apart, and of the address only its network."""
    program = request.headers.get("User-Agent", "")[:LONGEST_USER_AGENT]
    return Device(
        name=name,
        user_agent="".join(sign for sign in program if sign.isprintable()) or None,
        ip_trunc=network_of(request.client.host if request.client else ""),
    )
