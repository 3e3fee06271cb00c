"""The classes of this application and its request bodies, and what can be asked of them."""

import importlib
import inspect
import pkgutil
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter

import apps
from apps.shared.domain.errors import DomainError
from apps.shared.domain.model import Aggregate, Event
from apps.shared.infrastructure.database import Model
from apps.shared.presentation.problems import code_of

SAFE_FORMATS = {"uuid", "date", "date-time"}
Kinds = Iterable[type[Any]]


def all_classes() -> set[type[Any]]:
    modules = [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(apps.__path__, "apps.")
    ]
    return {
        kind
        for module in modules
        for kind in vars(module).values()
        if inspect.isclass(kind) and kind.__module__.startswith("apps.")
    }


def is_frozen(kind: type[Any]) -> bool:
    """Whether it is a frozen dataclass with all its fields, not only those that it inherits."""
    declared = getattr(kind, "__dataclass_params__", None)
    inherits = "__dataclass_params__" not in vars(kind)
    return bool(declared and declared.frozen) and not (inherits and inspect.get_annotations(kind))


def loose_events(classes: Kinds) -> list[str]:
    return [kind.__name__ for kind in classes if issubclass(kind, Event) and not is_frozen(kind)]


def untold_refusals(classes: Kinds) -> list[str]:
    refusals = [kind for kind in classes if issubclass(kind, DomainError)]
    return [kind.__name__ for kind in refusals if not (vars(kind).get("__doc__") or "").strip()]


def shared_codes(classes: Kinds) -> list[str]:
    codes = Counter(code_of(kind) for kind in classes if issubclass(kind, DomainError))
    return [code for code, times in codes.items() if times > 1 and code != "not-found"]


def entangled_aggregates(classes: Kinds) -> list[str]:
    aggregates = [kind for kind in classes if issubclass(kind, Aggregate)]
    return [
        f"{kind.__name__}.{name}"
        for kind in aggregates
        for name, hint in get_type_hints(kind).items()
        if any(inspect.isclass(part) and issubclass(part, Aggregate) for part in parts(hint))
    ]


def parts(hint: Any) -> Iterator[Any]:
    """Yield a type and all that it is made of."""
    yield hint
    for part in get_args(hint):
        yield from parts(part)


def use_cases(classes: Kinds) -> list[type[Any]]:
    return [
        kind
        for kind in classes
        if ".application." in kind.__module__ and "work" in inspect.get_annotations(kind)
    ]


def sloppy_use_cases(classes: Kinds) -> list[str]:
    return [kind.__name__ for kind in classes if not (is_frozen(kind) and kind.__doc__)]


def misnamed_rows(classes: Kinds) -> list[str]:
    """Find rows whose class is not called a model, and models that are no rows."""
    return [
        kind.__name__
        for kind in classes
        if kind is not Model and issubclass(kind, Model) != kind.__name__.endswith("Model")
    ]


def boundless_text(body: Any) -> list[str]:
    """Find the members of a request body that take text of any length, by their JSON schema."""
    schema = TypeAdapter(body).json_schema()
    places = [("", schema), *schema.get("$defs", {}).items()]
    return [fault for name, part in places for fault in unbounded(part, name)]


def unbounded(schema: Any, place: str) -> Iterator[str]:
    """Yield the place of every string in a schema that nothing keeps short."""
    if isinstance(schema, list):
        for part in schema:
            yield from unbounded(part, place)
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "string" and not is_bounded(schema):
        yield place
    for name, part in schema.get("properties", {}).items():
        yield from unbounded(part, f"{place}.{name}")
    for key in ("anyOf", "oneOf", "allOf", "items", "prefixItems", "additionalProperties"):
        yield from unbounded(schema.get(key), place)


def is_bounded(schema: dict[str, Any]) -> bool:
    if {"maxLength", "enum", "const"} & schema.keys() or schema.get("format") in SAFE_FORMATS:
        return True
    pattern = schema.get("pattern", "")
    return bool(re.fullmatch(r"\^[^*+]*\$", pattern)) and ",}" not in pattern
