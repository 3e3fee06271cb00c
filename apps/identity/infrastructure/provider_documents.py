"""What a provider publishes of itself, fetched when it is needed and remembered for a time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from apps.identity.infrastructure.compact import Members, reason, require, text
from apps.identity.infrastructure.outgoing import MOST_AT_ONCE, Outgoing, Unanswered, host_of
from apps.identity.infrastructure.provider_keys import Keys, ProviderKey, chosen, keys_in
from apps.shared.domain.ids import Clock

T = TypeVar("T")

GOOD_FOR = timedelta(hours=1)
PAUSE = timedelta(seconds=10)
"""Time in which a provider that did not answer is not asked again."""
UNKNOWN_KEY_PAUSE = timedelta(minutes=1)
"""Time in which no set of keys is fetched again for the sake of a key that is not in it."""
DISCOVERY = "/.well-known/openid-configuration"
OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where a provider is asked, and how a client shows there who it is."""

    authorization: str
    token: str
    jwks: str
    takes_basic: bool
    takes_claims: bool
    hosts: frozenset[str]


class Remembered(Generic[T]):
    """A document, fetched by one for all who wait for it, and its last failure."""

    def __init__(self, fetch: Callable[[], Awaitable[T]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._turn = asyncio.Lock()
        self._room = asyncio.Semaphore(MOST_AT_ONCE)
        self._known: list[tuple[T, datetime]] = []
        self._failed: list[datetime] = []

    async def get(self, *, no_older_than: timedelta, pause: timedelta = PAUSE) -> T:
        """Return it as known, or fetched now; raise Unanswered, for a while without asking."""
        for known in self._younger_than(no_older_than):
            return known
        if self._room.locked():
            return self._as_it_was()
        async with self._room, self._turn:
            for known in self._younger_than(no_older_than):
                return known
            now = self._clock.now()
            if any(now - failed < pause for failed in self._failed):
                raise Unanswered("not asked again so soon")
            try:
                fetched = await self._fetch()
            except Unanswered:
                self._failed[:] = [now]
                raise
            self._known[:] = [(fetched, now)]
            return fetched

    def _younger_than(self, age: timedelta) -> list[T]:
        now = self._clock.now()
        return [known for known, since in self._known if now - since < age]

    def _as_it_was(self) -> T:
        """Return an old one, for enough others wait for a new one; raise Unanswered."""
        for known, _ in self._known:
            return known
        raise Unanswered("too many are waiting")


class Documents:
    """Discovery and keys of one provider."""

    def __init__(self, issuer: str, outgoing: Outgoing, clock: Clock, *, testing: bool) -> None:
        self._issuer = issuer
        self._outgoing = outgoing
        self._testing = testing
        self._endpoints = Remembered(self._discover, clock)
        self._keys = Remembered(self._fetch_keys, clock)

    async def endpoints(self) -> Endpoints:
        """Return where to ask; raise Unanswered."""
        return await self._endpoints.get(no_older_than=GOOD_FOR)

    async def key(self, kid: str | None) -> ProviderKey | None:
        """Return the key of this id; an unknown one is looked for anew at most once a minute."""
        found = chosen(await self._keys.get(no_older_than=GOOD_FOR), kid)
        if found is None:
            keys = await self._keys.get(no_older_than=UNKNOWN_KEY_PAUSE, pause=UNKNOWN_KEY_PAUSE)
            found = chosen(keys, kid)
        return found

    async def _discover(self) -> Endpoints:
        told = await self._document(
            self._issuer.rstrip("/") + DISCOVERY,
            hosts=frozenset({host_of(self._issuer, testing=self._testing)}),
        )
        return fit(lambda: self._read(told))

    def _read(self, told: Members) -> Endpoints:
        require(told["issuer"] == self._issuer, "another issuer")
        authorization, token, jwks = (
            text(told, name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
        )
        asked = (host_of(url, testing=self._testing) for url in (authorization, token, jwks))
        methods = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return Endpoints(
            authorization=authorization,
            token=token,
            jwks=jwks,
            takes_basic="client_secret_basic" in methods,
            takes_claims=told.get("claims_parameter_supported") is True,
            hosts=frozenset(asked),
        )

    async def _fetch_keys(self) -> Keys:
        endpoints = await self.endpoints()
        jwks = await self._document(endpoints.jwks, hosts=endpoints.hosts)
        return fit(lambda: keys_in(jwks))

    async def _document(self, url: str, *, hosts: frozenset[str]) -> Members:
        answer = await self._outgoing.get(url, hosts=hosts)
        if answer.status != OK:
            raise Unanswered(f"status {answer.status}")
        return answer.members()


def fit(read: Callable[[], T]) -> T:
    """Read a document; whatever is wrong with it, its provider does not answer as it should."""
    try:
        return read()
    except Unanswered:
        raise
    except Exception as fault:  # noqa: BLE001 - whatever a document provokes is its own fault
        raise Unanswered(f"unfit document: {reason(fault)}") from None
