"""Requests of one network, counted by `limits` in memory or in a Redis that servers share."""

import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError
from redis.asyncio import ConnectionPool

from apps.identity.application.throttles import Floods
from apps.identity.domain.throttle import FAILING, SIGNING_IN, Flow, seconds
from apps.shared.domain.errors import Quota
from apps.shared.infrastructure.clock import SystemClock

PATIENCE = 0.5
"""Seconds that Redis may take; without an answer everybody is let in."""

WHOLE_V4, WHOLE_V6 = 32, 64
"""Bits of an address that tell customers apart: of IPv6 each has many addresses."""

logger = logging.getLogger(__name__)
audit = logging.getLogger("kcs.audit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """Where requests are counted, and whether those from this machine are, too."""

    redis_url: str = ""
    loopback: bool = False


class AddressLimits(Floods):
    """Moving windows; what a window was full for is not counted in it."""

    def __init__(self, counting: Counting) -> None:
        self._loopback = counting.loopback
        self._pool = pool_of(counting.redis_url)
        self._limiter = MovingWindowRateLimiter(storage_of(self._pool))

    async def enter(self, flow: Flow, host: str | None) -> None:
        """Count in each window; who signs in was besides not to fail with too many accounts."""
        network = self._network(host)
        if network is None:
            return
        for count, window in flow.quotas:
            item = item_of(count, window)
            if not await self._asked(self._limiter.hit(item, flow.name, network)):
                raise await self._refusal(flow, item, network)
        if flow is SIGNING_IN:
            await self._ensure_few_fail(network)

    async def fail(self, account: str, host: str | None) -> bool:
        """Count an account the first time; later ones of the same hour are no further account."""
        network = self._network(host)
        if network is None:
            return False
        ((count, window),) = FAILING.quotas
        once, item = item_of(1, window), item_of(count, window)
        if not await self._asked(self._limiter.hit(once, "account", network, account)):
            return False
        _ = await self._asked(self._limiter.hit(item, FAILING.name, network))
        if await self._asked(self._limiter.test(item, FAILING.name, network)):
            return False
        audit.warning("login failed for many accounts from one network")
        return True

    async def close(self) -> None:
        """Give the connections to Redis back."""
        if self._pool:
            await self._pool.aclose()

    async def _ensure_few_fail(self, network: str) -> None:
        ((count, window),) = FAILING.quotas
        item = item_of(count, window)
        if not await self._asked(self._limiter.test(item, FAILING.name, network)):
            raise await self._refusal(FAILING, item, network)

    async def _refusal(self, flow: Flow, item: RateLimitItem, network: str) -> Exception:
        window = timedelta(seconds=item.get_expiry())
        full = await self._limiter.get_window_stats(item, flow.name, network)
        wait = seconds(timedelta(seconds=full.reset_time - SystemClock().now().timestamp()))
        quota = Quota(name=flow.name, count=item.amount, window=window)
        return flow.refusal(quota=quota, retry_after=wait)

    async def _asked(self, answer: Awaitable[bool]) -> bool:
        """Let everybody in while Redis does not answer: accounts are counted elsewhere."""
        try:
            return await answer
        except StorageError:
            logger.warning("Redis does not count requests.", exc_info=True)
            return True

    def _network(self, host: str | None) -> str | None:
        """Return the network to count, None for nobody who could be told apart from others."""
        try:
            address = ip_address(host or "")
        except ValueError:
            return None
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        if address.is_loopback and not self._loopback:
            return None
        whole = WHOLE_V6 if isinstance(address, IPv6Address) else WHOLE_V4
        return str(ip_network((address, whole), strict=False).network_address)


def item_of(count: int, window: timedelta) -> RateLimitItem:
    """Say it in words of the library."""
    return RateLimitItemPerSecond(count, int(window.total_seconds()))


def pool_of(url: str) -> ConnectionPool | None:
    """Return connections that open when they are first asked."""
    if not url:
        return None
    return ConnectionPool.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)


def storage_of(pool: ConnectionPool | None) -> Storage:
    """Count there, or in this process alone."""
    if pool is None:
        return MemoryStorage()
    shared: dict[str, Any] = {"connection_pool": pool}
    return RedisStorage("async+redis://", implementation="redispy", wrap_exceptions=True, **shared)
