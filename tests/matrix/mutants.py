"""The service with one of its guards taken away: a refusal in its code, or a condition in SQL."""

import ast
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any, cast

import apps
from apps.shared.domain.errors import Forbidden, NotFound, Unauthenticated

ROOT = Path(apps.__file__).parent
REFUSALS = (Forbidden, NotFound, Unauthenticated)


@dataclass(frozen=True)
class Guard:
    """A line that refuses somebody, in the function that it is a line of."""

    module: str
    function: str
    line: int

    def __str__(self) -> str:
        return f"{self.module.removeprefix('apps.')}:{self.line} {self.function}"

    @property
    def target(self) -> FunctionType:
        """The function as it runs."""
        found: Any = import_module(self.module)
        for name in self.function.split("."):
            found = vars(found)[name]
        while not isinstance(found, FunctionType):
            found = getattr(found, "fget", None) or getattr(found, "__func__", None)
        function: FunctionType = found
        return function

    @contextmanager
    def removed(self) -> Iterator[None]:
        """Let the function go on where it would refuse."""
        module, function = import_module(self.module), cast("Any", self.target)
        before = function.__code__
        function.__code__ = self._unguarded(module)
        try:
            yield
        finally:
            function.__code__ = before

    def _unguarded(self, module: ModuleType) -> CodeType:
        file = Path(str(module.__file__))
        tree = Disarmed(self.line).visit(ast.parse(file.read_text()))
        compiled = compile(ast.fix_missing_locations(tree), file, "exec")
        return next(code for code in codes(compiled) if code.co_qualname == self.function)


class Disarmed(ast.NodeTransformer):
    """Replaces what is raised on a line by nothing."""

    def __init__(self, line: int) -> None:
        self.line = line

    def visit_Raise(self, node: ast.Raise) -> ast.stmt:
        return ast.copy_location(ast.Pass(), node) if node.lineno == self.line else node


def codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from codes(each)


def guards() -> Iterator[Guard]:
    """Yield every line of the application that raises what a stranger is refused with."""
    for file in sorted(ROOT.rglob("*.py")):
        name = ".".join(("apps", *file.relative_to(ROOT).with_suffix("").parts))
        yield from _guards(ast.parse(file.read_text()), name, ())


def _guards(tree: ast.AST, module: str, path: tuple[str, ...]) -> Iterator[Guard]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Raise) and path and _refuses(node, module):
            yield Guard(module, ".".join(path), node.lineno)
        nested = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and isinstance(
            tree, ast.FunctionDef | ast.AsyncFunctionDef
        )
        if nested:
            continue  # made anew each time, so that there is nothing to take it away from
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _guards(node, module, (*path, node.name))
        else:
            yield from _guards(node, module, path)


def _refuses(node: ast.Raise, module: str) -> bool:
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    if not isinstance(raised, ast.Name):
        return False
    kind = getattr(import_module(module), raised.id, None)
    return isinstance(kind, type) and issubclass(kind, REFUSALS)


@contextmanager
def noting(fired: set[Guard], among: Mapping[CodeType, Collection[Guard]]) -> Iterator[None]:
    """Note which guards refuse somebody meanwhile."""

    def entered(frame: FrameType, event: str, _: object) -> Any:
        if event != "call" or frame.f_code not in among:
            return None
        frame.f_trace_lines = False
        return refused

    def refused(frame: FrameType, event: str, _: object) -> Any:
        if event == "exception":  # the way out of `async with` bears the line of a raise, too
            fired.update(one for one in among[frame.f_code] if one.line == frame.f_lineno)
        return refused

    before = sys.gettrace()
    sys.settrace(entered)
    try:
        yield
    finally:
        sys.settrace(before)
