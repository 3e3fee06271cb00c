"""Headers that keep browsers and caches from doing with an answer what it is not meant for."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

NO_PAGE = "default-src 'none'; frame-ancestors 'none'"
POLICIES: Mapping[str, str] = {
    "docs": f"{NO_PAGE}; connect-src 'self'; img-src 'self' data:;"
    " script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'",
    "problems": f"{NO_PAGE}; style-src 'unsafe-inline'",
    "dev": f"{NO_PAGE}; style-src 'unsafe-inline'",
}
"""What pages may do, by the first segment of their path; all that is no page may do nothing."""

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
HTTPS_ONLY = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}
"""Two years; sent where the service is reached over https, for elsewhere nobody heeds it."""

SIGNING_IN = "/api/v1/auth/"
"""Where tokens are handed out."""

PERSONAL = (SIGNING_IN, "/api/v1/me/", "/api/v1/exports/")
"""Where a secret of its own, in place of an access token, says whose something is."""

NO_STORE = (b"cache-control", b"no-store")


class SafeHeaders:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        always = raw(ALWAYS | (HTTPS_ONLY if https else {}))
        self._others = [*always, *raw({"Content-Security-Policy": NO_PAGE})]
        self._pages = {
            page: [*always, *raw({"Content-Security-Policy": policy})]
            for page, policy in POLICIES.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; what only its sender may see is kept by no cache."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        page = scope["path"].split("/", 2)[1] if scope["path"].startswith("/") else ""
        added = self._pages.get(page, self._others)
        is_private = scope["path"].startswith(PERSONAL) or any(
            name == b"authorization" for name, _ in scope["headers"]
        )

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = message["headers"]
                message["headers"] = [*told, *added]
                if is_private and not any(name.lower() == b"cache-control" for name, _ in told):
                    message["headers"].append(NO_STORE)
            await send(message)

        await self._app(scope, receive, send_safely)


def raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Return headers as ASGI sends them."""
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
