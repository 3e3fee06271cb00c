"""Aggregates: what is loaded, changed and saved as one, and tells what happened to it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

Id = TypeVar("Id")
PRIVATE = {"private": True}
"""Marks a field of an event that members have written: it is told, but never kept for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that has happened, at one moment."""

    at: datetime


@dataclass(kw_only=True, eq=False)
class Aggregate(Generic[Id]):
    """Equal by identity; events wait inside until the unit of work asks for them."""

    id: Id
    _told: list[Event] = field(default_factory=list, init=False, repr=False)

    def record(self, event: Event) -> None:
        """Remember what happened, for whoever must hear of it."""
        self._told.append(event)

    def release(self) -> list[Event]:
        """Hand over what happened since the last time."""
        told, self._told = self._told, []
        return told

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and other.id == self.id

    def __hash__(self) -> int:
        return hash((type(self), self.id))
