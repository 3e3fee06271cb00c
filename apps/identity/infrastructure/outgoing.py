"""The one way out to providers: over TLS, to hosts that are named, at public addresses, briefly."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

import httpcore
from httpcore import AnyIOBackend, AsyncConnectionPool, AsyncNetworkBackend, AsyncNetworkStream

from apps.identity.infrastructure.compact import object_in

PATIENCE = 5.0
"""Seconds for all of it: names, connections, questions and answers."""
LONGEST_ANSWER = 1024 * 1024
MOST_AT_ONCE = 8
"""Requests that may wait for providers; the others keep their places for who needs none."""
LOOPBACK = "127.0.0.1"
GLOBAL_UNICAST = IPv6Network("2000::/3")
TUNNELS = (IPv6Network("2001::/32"), IPv6Network("2002::/16"))
"""Teredo and 6to4, which lead to IPv4 addresses inside the address."""

Resolve = Callable[[str, int], Awaitable[Collection[str]]]


class Unanswered(Exception):
    """Why there is no answer that could be used; for the log, and without what was sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes

    def members(self) -> dict[str, Any]:
        """Return the JSON object; raise Unanswered where there is none."""
        try:
            return object_in(self.body)
        except (ValueError, RecursionError):
            raise Unanswered("no JSON object") from None


class Outgoing:
    """Speaks HTTP for nobody's but our own purposes; proxies and redirects are not followed."""

    def __init__(self, *, testing: bool, resolve: Resolve | None = None) -> None:
        """Let tests, and nobody else, ask 127.0.0.1 without TLS."""
        self._testing = testing
        self._room = asyncio.Semaphore(MOST_AT_ONCE)
        self._pool = AsyncConnectionPool(
            ssl_context=httpcore.default_ssl_context(),
            max_keepalive_connections=0,
            network_backend=PublicNetwork(resolve or resolved, testing=testing),
        )

    async def get(self, url: str, *, hosts: Collection[str]) -> Answer:
        """Ask for a document at one of these hosts; raise Unanswered."""
        return await self._ask("GET", url, hosts, {}, None)

    async def post(
        self,
        url: str,
        form: dict[str, str],
        *,
        headers: dict[str, str],
        hosts: Collection[str],
    ) -> Answer:
        """Send a form likewise."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return await self._ask("POST", url, hosts, kind | headers, urlencode(form).encode())

    async def _ask(
        self,
        method: str,
        url: str,
        hosts: Collection[str],
        headers: dict[str, str],
        content: bytes | None,
    ) -> Answer:
        if host_of(url, testing=self._testing) not in hosts:
            raise Unanswered("a host that is not named")
        if self._room.locked():
            raise Unanswered("too many are waiting")
        told = {"Accept": "application/json", "User-Agent": "kcardswap"} | headers
        try:
            async with self._room, asyncio.timeout(PATIENCE):
                return await self._answer(method, url, told, content)
        except Unanswered:
            raise
        except Exception as fault:  # noqa: BLE001 - whatever happens out there is not our fault
            raise Unanswered(type(fault).__name__) from None

    async def _answer(
        self, method: str, url: str, headers: dict[str, str], content: bytes | None
    ) -> Answer:
        told = [*headers.items()]
        async with self._pool.stream(method, url, headers=told, content=content) as response:
            body = bytearray()
            async for part in response.aiter_stream():
                body += part
                if len(body) > LONGEST_ANSWER:
                    raise Unanswered("longer than is read")
        return Answer(response.status, bytes(body))


class PublicNetwork(AsyncNetworkBackend):
    """Connects to the very address that was looked at, so that no name can lead elsewhere."""

    def __init__(self, resolve: Resolve, *, testing: bool) -> None:
        self._resolve = resolve
        self._testing = testing
        self._backend = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        """Look the name up; one address that is not public makes it suspicious as a whole."""
        addresses = await self._resolve(host, port)
        if not addresses or not all(map(self._is_allowed, addresses)):
            raise Unanswered("an address that is not public")
        for address in sorted(addresses, key=lambda each: ":" in each):
            try:
                return await self._backend.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except httpcore.ConnectError:
                continue
        raise Unanswered("no connection")

    def _is_allowed(self, address: str) -> bool:
        return is_public(address) or (self._testing and address == LOOPBACK)


async def resolved(host: str, port: int) -> Collection[str]:
    """Ask the system's resolver."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return {str(address[0]) for *_, address in found}


def is_public(address: str) -> bool:
    """Tell whether it is an address on the internet, not in a network of ours or of nobody's."""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and (
        parsed not in GLOBAL_UNICAST or any(parsed in tunnel for tunnel in TUNNELS)
    ):
        return False
    return parsed.is_global and not parsed.is_multicast


def host_of(url: str, *, testing: bool) -> str:
    """Return host and port of a URL that may be asked at all; raise Unanswered."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Unanswered("no URL") from None
    by_tls = parts.scheme == "https"
    if not (by_tls or (testing and parts.scheme == "http" and parts.hostname == LOOPBACK)):
        raise Unanswered("no https")
    if not is_plain(url, parts):
        raise Unanswered("an odd URL")
    return f"{parts.hostname}:{port or (443 if by_tls else 80)}"


def is_plain(url: str, parts: SplitResult) -> bool:
    """Tell whether all who read it take the same part of it for the host."""
    return (
        bool(parts.hostname) and url.isascii() and url.isprintable() and not set(url) & set(" \\#@")
    )
