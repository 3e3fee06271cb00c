"""Signing up, in and out over HTTP. These routes open their own units of work."""

from datetime import datetime
from inspect import getdoc

from dishka.integrations.fastapi import FromDishka
from fastapi import Request, Response

from apps.identity.application.open_session import SignedIn
from apps.identity.application.register import Register
from apps.identity.application.second_factor import SecondFactorWanted
from apps.identity.application.sign_in import RefreshSession, SignIn, SignOut
from apps.identity.domain.password import WeakPassword
from apps.identity.domain.profile import NicknameTaken
from apps.identity.domain.session import (
    Delivery,
    Device,
    InvalidCredentials,
    InvalidRefreshToken,
    RefreshTokenReused,
    SessionExpired,
)
from apps.identity.domain.throttle import RateLimited, TooManyAttempts
from apps.identity.domain.user import AccountSuspended
from apps.identity.presentation.cookies import (
    CookieRoute,
    forget,
    is_from_our_page,
    keep,
    presented,
    reads_cookie,
    sets_cookie,
)
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
from apps.shared.presentation.problems import ValidationFailed
from apps.shared.presentation.routes import StrictRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import current_caller

ACCESS_TTL_SECONDS = 600
LONGEST_USER_AGENT = 256
NO_TOKEN = {"pointer": "/refresh_token", "code": "missing", "detail": "Field required"}

router = ApiRouter(prefix="/auth", tags=["identity"], route_class=StrictRoute)
cookie_router = ApiRouter(prefix="/auth", tags=["identity"], route_class=CookieRoute)


@router.post(
    "/register",
    status_code=202,
    description=getdoc(Register),
    openapi_extra=refuses(NicknameTaken, WeakPassword, RateLimited),
)
async def register(
    body: Registration, request: Request, register: FromDishka[Register]
) -> Accepted:
    """Open an account."""
    await register(
        email=body.email,
        password=body.password.get_secret_value(),
        nickname=body.nickname,
        locale=body.locale,
        host=host_of(request),
    )
    return Accepted()


@router.post(
    "/login",
    description=getdoc(SignIn),
    openapi_extra=sets_cookie(InvalidCredentials, AccountSuspended, TooManyAttempts),
)
async def login(
    body: Login,
    request: Request,
    response: Response,
    sign_in: FromDishka[SignIn],
    clock: FromDishka[Clock],
) -> TokensOut | SecondFactorAsked:
    """Sign in."""
    known = body.refresh_token
    entry = await sign_in(
        email=body.email,
        password=body.password.get_secret_value(),
        device=device_of(request, name=body.device_name),
        delivery=body.delivery,
        host=host_of(request),
        refresh_token=known.get_secret_value() if known else None,
    )
    return admitted(entry, response, at=clock.now())


@cookie_router.post(
    "/refresh",
    description=getdoc(RefreshSession),
    openapi_extra=reads_cookie(
        InvalidRefreshToken, RefreshTokenReused, SessionExpired, RateLimited
    ),
)
async def refresh(
    request: Request,
    response: Response,
    refresh: FromDishka[RefreshSession],
    clock: FromDishka[Clock],
    body: Refresh | None = None,
) -> TokensOut:
    """Refresh the tokens of a device."""
    token, delivery = presented(request, body.refresh_token if body else None)
    if token is None:
        if is_from_our_page(request):
            raise InvalidRefreshToken  # the cookie has ended
        raise ValidationFailed(errors=[NO_TOKEN])
    return handed_over(await refresh(token, delivery), response, at=clock.now())


@cookie_router.post(
    "/logout",
    status_code=204,
    description=getdoc(SignOut),
    openapi_extra=reads_cookie(Unauthenticated, InvalidToken, TokenExpired, status=204),
)
async def logout(
    request: Request,
    response: Response,
    sign_out: FromDishka[SignOut],
    body: Logout | None = None,
) -> None:
    """Sign out."""
    token, delivery = presented(request, body.refresh_token if body else None)
    try:
        caller = await current_caller(request) if "Authorization" in request.headers else None
    except Unauthenticated:
        if token is None:
            raise
        caller = None  # the refresh token is enough
    await sign_out(refresh_token=token, delivery=delivery, caller=caller)
    if delivery is Delivery.COOKIE:
        forget(response)


def admitted(
    entry: SignedIn | SecondFactorWanted, response: Response, *, at: datetime
) -> TokensOut | SecondFactorAsked:
    """Tell what the first factor has led to."""
    if isinstance(entry, SecondFactorWanted):
        return SecondFactorAsked(mfa_token=entry.ticket, methods=entry.methods)
    return handed_over(entry, response, at=at)


def handed_over(signed_in: SignedIn, response: Response, *, at: datetime) -> TokensOut:
    """Give a device its tokens, the second in a cookie where that is how it gets it.

    Moments are told as seconds from now.
    """
    seconds = int((signed_in.refresh_expires_at - at).total_seconds())
    in_cookie = signed_in.delivery is Delivery.COOKIE
    if in_cookie:
        keep(response, signed_in.refresh_token, seconds=seconds)
    return TokensOut(
        access_token=signed_in.access_token,
        expires_in=ACCESS_TTL_SECONDS,
        session_id=signed_in.session_id,
        refresh_token=None if in_cookie else signed_in.refresh_token,
        refresh_expires_in=seconds,
    )


def device_of(request: Request, *, name: str | None) -> Device:
    """Keep what helps a member to tell devices apart, and of the address only its network."""
    program = request.headers.get("User-Agent", "")[:LONGEST_USER_AGENT]
    return Device(
        name=name,
        user_agent="".join(sign for sign in program if sign.isprintable()) or None,
        ip_trunc=network_of(host_of(request) or ""),
    )


def host_of(request: Request) -> str | None:
    """Return the address that sent this; a proxy's word for it counts only if it is trusted."""
    return request.client.host if request.client else None
