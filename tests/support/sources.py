"""The source files of this repository, and what can be seen in them without running them."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
LAYERS = {"domain", "application", "infrastructure", "presentation"}
NO_IDEAS = {"utils", "helpers", "common", "base", "services", "impl", "types_", "misc", "constants"}
CLIENTS = {"demo"}
"""Packages that use the service from outside, as members do: no contexts, and without layers."""

LONGEST = 300
NOT_OURS = {"__pycache__", "docs", "generated", "node_modules", "var", "poetry.lock"}

Check = Callable[["Source"], Iterator[str]]
"""Tells every place where a file breaks a rule."""


@dataclass(frozen=True)
class Source:
    """A file by its path below the repository."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return [*ast.walk(self.tree)]

    @property
    def steps(self) -> tuple[str, ...]:
        return Path(self.path).with_suffix("").parts


@dataclass(frozen=True)
class Rule:
    """A sentence about files, and a file that breaks it, which shows that it can be broken."""

    sentence: str
    faults: Check
    wrong: Source
    below: tuple[str, ...] = ("apps/",)
    outside: tuple[str, ...] = ()
    only: frozenset[str] = frozenset()
    """The files which alone may do it, and do."""

    def concerns(self, source: Source) -> bool:
        return source.path.startswith(self.below) and not any(
            part in source.path for part in self.outside
        )


def read(path: Path) -> Source:
    return Source(path.relative_to(ROOT).as_posix(), path.read_text())


def python_files() -> Iterator[Source]:
    """Yield them one after the other, for the trees of all together fill the memory."""
    for folder in ("apps", "alembic", "tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield read(path)


def all_files() -> list[Source]:
    """Return whatever of this repository people read: not the environments, not what is built."""
    found = (path for path in ROOT.rglob("*") if path.is_file() and is_ours(path))
    return [read(path) for path in sorted(found) if b"\0" not in path.read_bytes()[:1024]]


def is_ours(path: Path) -> bool:
    steps = path.relative_to(ROOT).parts
    hidden = any(step.startswith(".") and step not in {".ci", ".gitignore"} for step in steps)
    return not hidden and NOT_OURS.isdisjoint(steps)


def calls(*functions: str) -> Check:
    """Find calls of functions or methods of these names."""

    def faults(source: Source) -> Iterator[str]:
        for node in source.nodes:
            if isinstance(node, ast.Call):
                called = f".{ast.unparse(node.func)}"
                if any(called.endswith(f".{name}") for name in functions):
                    yield f"{source.path}:{node.lineno} calls {called[1:]}"

    return faults


def raises(*errors: str) -> Check:
    """Find errors of these names being raised."""

    def faults(source: Source) -> Iterator[str]:
        for node in source.nodes:
            if isinstance(node, ast.Raise) and node.exc:
                raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
                if ast.unparse(raised).rpartition(".")[2] in errors:
                    yield f"{source.path}:{node.lineno} raises {ast.unparse(raised)}"

    return faults


def imports(package: str) -> Check:
    """Find imports of a package or of what is in it."""

    def faults(source: Source) -> Iterator[str]:
        for node in source.nodes:
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            if any(name.partition(".")[0] == package for name in names):
                yield f"{source.path} imports {package}"

    return faults


def mentions(name: str) -> Check:
    """Find a name in use, however it is qualified."""

    def faults(source: Source) -> Iterator[str]:
        for node in source.nodes:
            if isinstance(node, ast.Attribute | ast.Name):
                seen = ast.unparse(node)
                if f".{seen}".endswith(f".{name}"):
                    yield f"{source.path}:{node.lineno} uses {seen}"

    return faults


def says(pattern: str) -> Check:
    """Find words, in code and prose alike."""

    def faults(source: Source) -> Iterator[str]:
        for found in re.finditer(pattern, source.text):
            yield f"{source.path} says {found.group()}"

    return faults


def keeps_state(source: Source) -> Iterator[str]:
    """Find assignments to `self` behind its construction, and to globals."""
    for method in source.nodes:
        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) and method.name != "__init__":
            for node in ast.walk(method):
                match node:
                    case ast.Attribute(value=ast.Name("self"), ctx=ast.Store()) | ast.Global():
                        yield f"{source.path}:{node.lineno} changes {ast.unparse(node)}"


def has_no_docstring(source: Source) -> Iterator[str]:
    if not ast.get_docstring(source.tree):
        yield f"{source.path} does not say what it is about"


def is_long(source: Source) -> Iterator[str]:
    lines = len(source.text.splitlines())
    if lines > LONGEST:
        yield f"{source.path} has {lines} lines"


def has_a_name_without_idea(source: Source) -> Iterator[str]:
    if not NO_IDEAS.isdisjoint(source.steps):
        yield f"{source.path} is named after a kind"


def lies_astray(source: Source) -> Iterator[str]:
    """Find modules that are not `apps/<context>/<layer>/<module>` or one of the few beside it."""
    match source.steps[1:]:
        case (
            "__init__"
            | "cli"
            | "start"
            | "main"
            | "outside"
            | "routers"
            | "database_settings"
            | "settings"
            | "defaults"
            | "checks"
            | "backups"
            | "rehearsal",
        ):
            return
        case (_, "__init__" | "contract" | "wiring"):
            return
        case (_, layer, _) if layer in LAYERS:
            return
        case (client, _) if client in CLIENTS:
            return
    yield f"{source.path} lies outside of the layers"


def has_a_class_with_a_kind_in_its_name(source: Source) -> Iterator[str]:
    for node in source.nodes:
        if isinstance(node, ast.ClassDef) and re.search(
            r"^I[A-Z][a-z]|^Abstract|(Impl|UseCase|Entity|DTO|Dto|Interface)$", node.name
        ):
            yield f"{source.path}:{node.lineno} calls a class {node.name}"
