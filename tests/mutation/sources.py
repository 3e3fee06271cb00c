"""Modules as they are written: what they define, and which names they take of each other."""

import ast
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

from tests.mutation.changes import told

OF_TYPES = {"NewType", "TypeVar"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(file_of(module).read_text())


def file_of(module: str) -> Path:
    return Path(str(import_module(module).__file__))


def definitions(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """Yield functions, methods, and names that are given a value, but no types."""
    for statement in tree.body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield statement.name, statement
            case ast.ClassDef():
                for each in statement.body:
                    if isinstance(each, Function):
                        yield f"{statement.name}.{each.name}", each
            case (
                ast.Assign(targets=[target, *_], value=value)
                | ast.AnnAssign(target=target, value=ast.expr() as value)
            ):
                if not is_type(value):
                    yield told(target), statement


def names_in(tree: ast.Module) -> set[str]:
    """Return the names that are read when something is computed, not where it is declared."""
    return {
        each.id
        for _, statement in definitions(tree)
        for part in (
            [*statement.body, *statement.args.defaults, *statement.args.kw_defaults]
            if isinstance(statement, Function)
            else [statement]
        )
        for each in (ast.walk(part) if part else ())
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)
    }


def names_of(place: str) -> set[str]:
    """Return the names that a definition gives a value to."""
    return {each.strip() for each in place.strip("()").split(",")}


def is_type(value: ast.expr) -> bool:
    match value:
        case ast.Subscript() | ast.BinOp(op=ast.BitOr(), left=ast.Name() | ast.Subscript()):
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in OF_TYPES
    return False


@cache
def importers(module: str) -> Sequence[str]:
    """Return the loaded modules that take names of it, tests among them."""
    return [
        name
        for name, loaded in sorted(sys.modules.items())
        if name.startswith(("apps.", "tests."))
        and getattr(loaded, "__file__", None)
        and imported(name, module)
    ]


def exported(module: str) -> set[str]:
    """Return the names that other modules of the application take of it."""
    others = (other for other in importers(module) if other.startswith("apps."))
    return {name for other in others for name in imported(other, module)}


@cache
def imported(by: str, module: str) -> dict[str, str]:
    """Return which names of a module another one takes, and what it calls them."""
    return {
        each.name: each.asname or each.name
        for statement in tree_of(by).body
        if isinstance(statement, ast.ImportFrom) and statement.module == module
        for each in statement.names
    }
