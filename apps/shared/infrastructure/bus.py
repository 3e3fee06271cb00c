"""Events reach their subscribers in the task, and so in the transaction, that raised them."""

from collections.abc import Mapping, Sequence
from typing import Any, NewType

from dishka import AsyncContainer

from apps.shared.application.work import Bus
from apps.shared.domain.model import Event

Subscriptions = NewType("Subscriptions", Mapping[type[Event], Sequence[type[Any]]])
"""Which use cases are called with an event of which class."""


class ContainerBus(Bus):
    """Finds subscribers in the container."""

    def __init__(self, container: AsyncContainer, subscriptions: Subscriptions) -> None:
        self._container = container
        self._subscriptions = subscriptions

    async def publish(self, event: Event) -> None:
        """Call every subscriber in the order in which they are listed."""
        for kind in self._subscriptions.get(type(event), ()):
            subscriber = await self._container.get(kind)
            await subscriber(event)
