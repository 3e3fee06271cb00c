"""Events as JSON: every field of their dataclass that is not private, whatever event it is."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import Any
from uuid import UUID

from apps.shared.domain.model import Event


def payload_of(event: Event) -> dict[str, Any]:
    """Return the fields by name; raise TypeError for what JSON has no agreed form of."""
    told = [each.name for each in fields(event) if not each.metadata.get("private")]
    return {name: plain(getattr(event, name)) for name in told}


def plain(value: Any) -> Any:
    """Return a value as JSON has it: ids and decimals as text, moments in UTC with microseconds."""
    for kinds, write in FORMS:
        if isinstance(value, kinds):
            return write(value)
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    raise TypeError(f"How is {value!r} written in JSON?")


def instant(moment: datetime) -> str:
    """Return a moment as in 2026-05-24T12:00:00.000000Z."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


FORMS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (Enum, lambda value: plain(value.value)),
    ((NoneType, int, str), lambda value: value),
    ((UUID, Decimal), str),
    (datetime, instant),
    (date, date.isoformat),
    (Mapping, lambda value: {str(plain(name)): plain(each) for name, each in value.items()}),
    (AbstractSet, lambda value: sorted(map(plain, value))),
    ((tuple, list), lambda value: [plain(each) for each in value]),
)
"""How each kind of value is written; the first that fits counts."""
