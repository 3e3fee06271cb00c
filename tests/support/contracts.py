"""Which repositories the domains ask for, and which of their methods a contract test uses."""

import ast
import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_type_hints

from apps.shared.domain.model import Aggregate
from tests.support.kinds import Kinds, parts
from tests.support.sources import Source

HOLDER = "Shelves"
"""The class whose fields are the repositories that the contract tests of a context use."""


def asked_for(classes: Kinds) -> set[type[Any]]:
    """Find what the domains want kept: their Protocols, but for those that others are made of.

    What is only called, as a solver is, keeps nothing.
    """
    return {
        kind
        for kind in classes
        if getattr(kind, "_is_protocol", False)
        and ".domain." in kind.__module__
        and not kind.__module__.startswith("apps.shared.")
        and not getattr(kind, "__parameters__", ())
        and promises(kind) - {"__call__"}
    }


KEEPING = {"add", "add_all", "save", "keep"}


def misplaced(classes: Kinds) -> set[type[Any]]:
    """Find Protocols outside of a domain that keep aggregates; `asked_for` does not see them."""
    return {
        kind
        for kind in classes
        if getattr(kind, "_is_protocol", False)
        and ".domain." not in kind.__module__
        and any(takes_an_aggregate(getattr(kind, name)) for name in promises(kind) & KEEPING)
    }


def takes_an_aggregate(method: Any) -> bool:
    return any(
        inspect.isclass(part) and issubclass(part, Aggregate)
        for hint in get_type_hints(method).values()
        for part in parts(hint)
    )


def promises(protocol: type[Any]) -> set[str]:
    """The methods of a Protocol, also those that it has from another one."""
    return {
        name
        for base in protocol.__mro__
        if getattr(base, "_is_protocol", False)
        for name, member in vars(base).items()
        if inspect.iscoroutinefunction(member)
    }


def is_contract(source: Source) -> bool:
    """Whether it is `tests/<context>/test_…repositor….py`, or holds what such tests use."""
    path = Path(source.path)
    tests = path.name.startswith("test_") and "repositor" in path.name
    return (
        path.parts[0] == "tests" and len(path.parts) == 3 and (tests or path.name == "shelves.py")
    )


def fields_of(sources: Iterable[Source]) -> Iterator[tuple[str, str]]:
    """Yield the fields of the holders, each with the name of its type."""
    for source in sources:
        for node in source.nodes:
            if isinstance(node, ast.ClassDef) and node.name == HOLDER:
                for each in node.body:
                    if isinstance(each, ast.AnnAssign):
                        yield ast.unparse(each.target), ast.unparse(each.annotation)


def used(sources: Iterable[Source]) -> set[tuple[str, str]]:
    """Find `….field.method`, as pairs of field and method."""
    return {
        (node.value.attr, node.attr)
        for source in sources
        for node in source.nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute)
    }


def untested(protocols: Kinds, sources: Iterable[Source]) -> list[str]:
    """Find the methods of repositories that no contract test of their context uses."""
    contracts = [source for source in sources if is_contract(source)]
    missing = []
    for protocol in protocols:
        context = protocol.__module__.split(".")[1]
        here = [source for source in contracts if source.steps[1] == context]
        names = {name for name, kind in fields_of(here) if kind == protocol.__name__}
        calls = {method for field, method in used(here) if field in names}
        missing += [f"{protocol.__name__}.{each}" for each in promises(protocol) - calls]
    return sorted(missing)
