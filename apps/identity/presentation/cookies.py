"""Refresh tokens in a cookie: for pages in browsers, whose scripts must not hold one."""

from collections.abc import Collection
from copy import deepcopy
from typing import Any

from fastapi import Request, Response
from pydantic import SecretStr

from apps.identity.domain.session import Delivery
from apps.shared.domain.errors import DomainError, Forbidden
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.plain import Handler
from apps.shared.presentation.routes import JSON, StrictRoute

COOKIE = "__Secure-kcs_rt"
KEPT = "Path=/api/v1/auth; HttpOnly; Secure; SameSite=Strict"
"""Browsers send it over https only, to the routes of signing in only, and for our pages only."""

CLIENT = "X-KCS-Client"


class CsrfFailed(Forbidden):
    """The cookie counts only where a page of this service sends it, and says so."""


TEXT = {"type": "string"}
READ = {
    "parameters": [
        {
            "name": COOKIE,
            "in": "cookie",
            "description": "The refresh token of a page, where the body holds none.",
            "schema": TEXT,
        },
        {
            "name": CLIENT,
            "in": "header",
            "description": "`web`; needed beside the cookie. So is `Origin`, one of those that"
            " the installation lets in, or else `Sec-Fetch-Site: same-origin`.",
            "schema": TEXT | {"examples": ["web"]},
        },
    ]
}
SET = {
    "headers": {
        "Set-Cookie": {
            "description": "The refresh token, where a page gets it in a cookie.",
            "schema": TEXT,
            "example": f"{COOKIE}=eyJ; Max-Age=1209600; {KEPT}",
        }
    }
}


def sets_cookie(*kinds: type[DomainError], status: int = 200) -> dict[str, Any]:
    """Describe, as a route's `openapi_extra`, that it may set the cookie, and what it refuses."""
    return refuses(*kinds) | {"responses": {str(status): deepcopy(SET)}}


def reads_cookie(*kinds: type[DomainError], status: int = 200) -> dict[str, Any]:
    """Describe that it reads the cookie as well."""
    return sets_cookie(CsrfFailed, *kinds, status=status) | deepcopy(READ)


class CookieRoute(StrictRoute):
    """Where the cookie is read; what a foreign page can send along with it is no JSON."""

    def get_route_handler(self) -> Handler:
        """Look at cookies only where there are some."""
        endpoint = super().get_route_handler()

        async def handle(request: Request) -> Response:
            if "Cookie" in request.headers and COOKIE in request.cookies and not is_json(request):
                raise CsrfFailed(f"Send `Content-Type: {JSON}`.")
            return await endpoint(request)

        return handle


def presented(request: Request, in_body: SecretStr | None) -> tuple[str | None, Delivery]:
    """Return the refresh token of a request and how it came; raise CsrfFailed.

    One in the body is the one that is meant. No other page than ours can put it there.
    """
    if in_body is not None or "Cookie" not in request.headers:
        token = None if in_body is None else in_body.get_secret_value()
        return token, Delivery.BODY
    token = request.cookies.get(COOKIE)
    if token is None:
        return None, Delivery.BODY
    hold_that_our_page_asks(request, request.app.state.origins)
    return token, Delivery.COOKIE


def hold_that_our_page_asks(request: Request, origins: Collection[str]) -> None:
    """Raise CsrfFailed; browsers let no other page send these headers."""
    if not is_from_our_page(request):
        raise CsrfFailed(f"Send `{CLIENT}: web`.")
    told = request.headers.getlist("Origin")
    if told:
        is_ours = len(told) == 1 and told[0] in origins
    else:
        is_ours = request.headers.getlist("Sec-Fetch-Site") == ["same-origin"]
    if not is_ours:
        raise CsrfFailed("The page is of no origin in CORS_ORIGINS.")


def is_from_our_page(request: Request) -> bool:
    """Tell whether it says so; to send this header, other pages would have to ask us first."""
    return request.headers.getlist(CLIENT) == ["web"]


def is_json(request: Request) -> bool:
    """Tell whether the request says that its body is JSON, even if it has none."""
    kind = request.headers.get("Content-Type", "").partition(";")[0]
    return kind.strip().lower() == JSON


def keep(response: Response, token: str, *, seconds: int) -> None:
    """Have the browser keep a refresh token for as long as it may serve."""
    response.headers.append("Set-Cookie", f"{COOKIE}={token}; Max-Age={seconds}; {KEPT}")


def forget(response: Response) -> None:
    """Have the browser forget it."""
    response.headers.append("Set-Cookie", f"{COOKIE}=; Max-Age=0; {KEPT}")
