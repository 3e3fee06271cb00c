"""Events reach their subscribers in the task, and so in the transaction, that raised them."""

import logging
from asyncio import timeout
from collections.abc import Mapping, Sequence
from typing import Any, NewType

from dishka import AsyncContainer

from apps.shared.application.work import Bus
from apps.shared.domain.model import Event

Subscriptions = NewType("Subscriptions", Mapping[type[Event], Sequence[type[Any]]])
"""Which use cases are called with an event of which class, and may undo it by failing."""

Conclusions = NewType("Conclusions", Mapping[type[Event], Sequence[type[Any]]])
"""Which ones are called with all such events of a transaction at once, at its end but inside it."""

Announcements = NewType("Announcements", Mapping[type[Event], Sequence[type[Any]]])
"""Which ones are called with all such events of a transaction at once, when it is over."""

PATIENCE = 5.0
"""Seconds that an answer waits, at most, for each listener to an announcement."""

_log = logging.getLogger(__name__)


def joined(
    *tables: Mapping[type[Event], Sequence[type[Any]]],
) -> dict[type[Event], tuple[type[Any], ...]]:
    """Return who hears of what in any of these tables, the first table's subscribers first."""
    events = {event for table in tables for event in table}
    return {event: sum((tuple(t.get(event, ())) for t in tables), ()) for event in events}


class ContainerBus(Bus):
    """Finds subscribers and listeners in the container."""

    def __init__(
        self,
        container: AsyncContainer,
        subscriptions: Subscriptions,
        conclusions: Conclusions,
        announcements: Announcements,
    ) -> None:
        self._container = container
        self._subscriptions = subscriptions
        self._conclusions = conclusions
        self._announcements = announcements

    async def publish(self, event: Event) -> None:
        """Call every subscriber in the order in which they are listed."""
        for kind in self._subscriptions.get(type(event), ()):
            subscriber = await self._container.get(kind)
            await subscriber(event)

    async def conclude(self, events: Sequence[Event]) -> None:
        """Call every such subscriber once, with those events that it is listed for."""
        for kind, news in heard_by(self._conclusions, events).items():
            await (await self._container.get(kind))(news)

    async def announce(self, events: Sequence[Event]) -> None:
        """Call every listener once, with those events that it is listed for."""
        for kind, news in heard_by(self._announcements, events).items():
            try:
                async with timeout(PATIENCE):
                    await (await self._container.get(kind))(news)
            except Exception:  # noqa: BLE001 - what is kept stays kept, and the answer says so
                _log.exception("%s failed", kind.__name__)


def heard_by(
    listeners: Mapping[type[Event], Sequence[type[Any]]], events: Sequence[Event]
) -> dict[type[Any], list[Event]]:
    """Return what each of them hears, in order."""
    heard: dict[type[Any], list[Event]] = {}
    for event in events:
        for kind in listeners.get(type(event), ()):
            heard.setdefault(kind, []).append(event)
    return heard
