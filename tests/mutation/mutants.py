"""Modules with one thing otherwise: which there are, and how a loaded module becomes one."""

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from types import CodeType, FunctionType, ModuleType
from typing import Any

from tests.mutation.changes import Kind, changes_of
from tests.mutation.sources import (
    Function,
    definitions,
    exported,
    file_of,
    imported,
    importers,
    names_in,
    names_of,
    tree_of,
)

SILENT = {"_log", "logger", "file", "os"}
"""What is said to a log, or done so that a file outlives a power cut, decides nothing."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one function, or of one name that a module gives a value to."""

    module: str
    place: str
    kind: Kind | None
    what: str
    lines: range = field(compare=False)
    node: ast.AST = field(compare=False, repr=False)
    other: ast.AST = field(compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.module.removeprefix('apps.')} {self.place}: {self.what}"

    @property
    def is_constant(self) -> bool:
        """Whether it is about a name, and not about a function."""
        return isinstance(definition(self.module, self.place), ast.Assign | ast.AnnAssign)

    def apply(self) -> None:
        """Become it; there is no way back, so a child of this process does."""
        tree = tree_of(self.module)
        Replaced(self.node, self.other).visit(tree)
        ast.fix_missing_locations(tree)
        if self.is_constant:
            rebind(self.module, {self.place})
        else:
            recompile(self.module, None if self.kind is None else {self.place})


class Replaced(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, node: ast.AST, other: ast.AST) -> None:
        self.node = node
        self.other = other

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self.node:
            return ast.copy_location(self.other, node)
        return super().generic_visit(node)


def mutants_of(module: str) -> Iterator[Mutant]:
    """Yield every one, each under a name of its own."""
    names = Counter[str]()
    for mutant in _mutants_of(module):
        names[str(mutant)] += 1
        again = names[str(mutant)]
        what = f"{mutant.what} ({again})" if again > 1 else mutant.what
        yield Mutant(
            module, mutant.place, mutant.kind, what, mutant.lines, mutant.node, mutant.other
        )


def unchanged(module: str) -> Mutant:
    """Return what is no mutant: all functions compiled anew, as they are."""
    return Mutant(module, "*", None, "nothing is otherwise", range(0), ast.Pass(), ast.Pass())


def _mutants_of(module: str) -> Iterator[Mutant]:
    needed = names_in(tree_of(module))
    for place, statement in definitions(tree_of(module)):
        constant = not isinstance(statement, Function)
        if constant and not (needed | exported(module)) & names_of(place):
            continue  # it stands in declarations alone, which are read before there is a mutant
        for part, lines in parts_of(statement):
            for kind, other, what in changes_of(part, constant=constant):
                if kind is Kind.MEMORY and place.endswith("__init__"):
                    continue  # what is built without its parts does not run at all
                yield Mutant(module, place, kind, what, lines, part, other)
        match statement:
            case ast.Assign(value=ast.Constant(value=str() | bytes() as text) as value) if text:
                empty, what = ast.Constant(value=text[:0]), f"nothing in place of {text!r}"
                yield Mutant(module, place, Kind.CONTEXT, what, range(0), value, empty)


def definition(module: str, place: str) -> ast.stmt | None:
    return dict(definitions(tree_of(module))).get(place)


def parts_of(statement: ast.stmt) -> Iterator[tuple[ast.AST, range]]:
    """Yield what can be otherwise in it, each with the lines on which it is computed."""
    if isinstance(statement, Function):
        for each in statement.body:
            yield from _parts_of(each, lines_of(each))
    elif isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value:
        yield from _parts_of(statement.value, range(0))


def _parts_of(node: ast.AST, lines: range) -> Iterator[tuple[ast.AST, range]]:
    if is_silent(node):
        return
    yield node, lines
    if isinstance(node, ast.Raise):
        return
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "args"} and not isinstance(node, ast.Call):
            continue
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, ast.AST):
                inner = isinstance(each, ast.stmt | ast.ExceptHandler)
                yield from _parts_of(each, lines_of(each) if inner else lines)


def lines_of(statement: ast.AST) -> range:
    """Return those of a statement, or of its head where others stand below it."""
    first: int = statement.lineno  # type: ignore[attr-defined]
    body: Any = getattr(statement, "body", None)
    if isinstance(body, list) and body:
        return range(first, max(first + 1, body[0].lineno))
    return range(first, (statement.end_lineno or first) + 1)  # type: ignore[attr-defined]


def is_silent(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Constant()) | ast.JoinedStr() | ast.ClassDef():
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)))):
            return name in SILENT
        case ast.Expr(value=ast.Await(value=ast.Call(func=ast.Attribute(attr="flush")))):
            return True
    return False


def recompile(module: str, places: set[str] | None) -> None:
    """Give functions of a module the code that its tree says now; all of them for None."""
    compiled = compile(tree_of(module), str(file_of(module)), "exec")
    code_of = {code.co_qualname: code for code in codes(compiled)}
    for place, statement in definitions(tree_of(module)):
        if isinstance(statement, Function) and (places is None or place in places):
            target: Any = function(import_module(module), place)
            target.__code__ = code_of[place]


def codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from codes(each)


def function(module: ModuleType, place: str) -> FunctionType:
    """Return it as it runs, below whatever it is wrapped in."""
    found: Any = module
    for name in place.split("."):
        found = vars(found)[name]
    while not isinstance(found, FunctionType):
        found = next(
            inner
            for name in ("fget", "__func__", "__wrapped__")
            if (inner := getattr(found, name, None))
        )
    return found


def rebind(module: str, names: set[str]) -> None:
    """Compute names of a module anew, and what is computed of them, wherever it was imported."""
    loaded, tree = sys.modules[module], tree_of(module)
    changed = names.copy()
    for place, statement in definitions(tree):
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value:
            used = {each.id for each in ast.walk(statement.value) if isinstance(each, ast.Name)}
            if place in names or used & changed:
                changed |= names_of(place)
                wrapped = ast.Module(body=[statement], type_ignores=[])
                exec(compile(wrapped, str(file_of(module)), "exec"), vars(loaded))
        elif isinstance(statement, Function):
            redefault(loaded, place, statement, changed)
    for other in importers(module):
        renamed = imported(other, module)
        theirs = {name: renamed[name] for name in changed & renamed.keys()}
        for name, called in theirs.items():
            setattr(sys.modules[other], called, getattr(loaded, name))
        if theirs:
            rebind_users(other, set(theirs.values()))


def rebind_users(module: str, names: set[str]) -> None:
    """Compute anew what a module computes of names that it has imported."""
    users = set[str]()
    for place, statement in definitions(tree_of(module)):
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value:
            used = {each.id for each in ast.walk(statement.value) if isinstance(each, ast.Name)}
            users |= {place} if used & names else set()
        elif isinstance(statement, Function):
            redefault(sys.modules[module], place, statement, names)
    if users:
        rebind(module, users)


def redefault(module: ModuleType, place: str, statement: Function, names: set[str]) -> None:
    """Compute those defaults of a function anew that are such names."""
    given = [*statement.args.defaults, *statement.args.kw_defaults]
    if not any(isinstance(each, ast.Name) and each.id in names for each in given):
        return

    def now(default: ast.expr) -> Any:
        return eval(compile(ast.Expression(default), "", "eval"), vars(module))

    target = function(module, place)
    target.__defaults__ = tuple(now(each) for each in statement.args.defaults) or None
    target.__kwdefaults__ = {
        each.arg: now(default)
        for each, default in zip(statement.args.kwonlyargs, statement.args.kw_defaults, strict=True)
        if default
    }
