"""Each way in which an expression or a statement can be a little wrong."""

import ast
from collections.abc import Iterator
from enum import StrEnum
from typing import TypeVar

Part = TypeVar("Part")


class Kind(StrEnum):
    """What is wrong."""

    REFUSAL = "a refusal is taken away"
    CHECK = "a step whose result nobody uses is left out"
    MEMORY = "something is not remembered"
    COMPARISON = "a comparison is turned"
    NEGATION = "a negation is left out"
    CONNECTIVE = "`and` and `or` are confused"
    CONDITION = "one condition of several is dropped"
    CHOICE = "a choice is always the same"
    VERDICT = "yes is said in place of no"
    EQUALITY = "a comparison in constant time always says yes"
    CLAIM = "one thing less is told or compared"
    WIDENING = "a list of what is allowed is wider"
    ADDEND = "one side of a sum is dropped"
    CONTEXT = "what a secret or a signature is bound to is dropped"
    BOUND = "the nearest bound is the farthest"
    QUANTIFIER = "`any` and `all` are confused"
    PATTERN = "a pattern has to fit the beginning only"
    MEASURE = "a time, a size or a count is double or half"
    DIGEST = "a weaker digest is taken"


Change = tuple[Kind, ast.AST, str]
"""What is wrong, what stands there instead, and the difference in words."""

TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
CONFUSED = {"min": "max", "max": "min", "any": "all", "all": "any"}
OTHERWISE = {"is_": "is_not", "is_not": "is_", "fullmatch": "match"}
STRANGE = ("HS256", "none", "jku")
"""What no list of ours may allow."""
WEAKER = ast.parse("__import__('hashlib').sha1", mode="eval").body
YES, NO = ast.Constant(value=True), ast.Constant(value=False)


def changes_of(  # noqa: C901  one case for each kind
    node: ast.AST, *, constant: bool
) -> Iterator[Change]:
    """Yield them; `constant` for what is computed once, as the module is loaded."""
    match node:
        case ast.Raise():
            yield Kind.REFUSAL, ast.Pass(), f"without `{told(node)}`"
        case ast.Expr(value=ast.Call() | ast.Await()):
            yield Kind.CHECK, ast.Pass(), f"without `{told(node)}`"
        case ast.Assign(targets=[ast.Name(id="_")]):
            yield Kind.CHECK, ast.Pass(), f"without `{told(node)}`"
        case ast.Assign(targets=[ast.Attribute()]):
            yield Kind.MEMORY, ast.Pass(), f"without `{told(node)}`"
        case ast.Return(value=ast.Constant(value=bool() as said)):
            yield instead(Kind.VERDICT, node, ast.Return(value=ast.Constant(value=not said)))
        case ast.If(test=test, body=[*_, last], orelse=orelse) if not isinstance(last, ast.Raise):
            for always in (YES, NO):
                other = ast.If(test=always, body=node.body, orelse=orelse)
                yield Kind.CHOICE, other, f"`if {told(always)}` in place of `{told(test)}`"
        case ast.comprehension(ifs=[_, *_] as ifs):
            for at, each in enumerate(ifs):
                fewer = ast.comprehension(
                    target=node.target, iter=node.iter, ifs=without(ifs, at), is_async=node.is_async
                )
                yield Kind.CONDITION, fewer, f"without `if {told(each)}`"
        case ast.expr():
            yield from _expressions(node)
            yield from _measures(node, constant=constant)


def _expressions(  # noqa: C901, PLR0912  likewise
    node: ast.expr,
) -> Iterator[Change]:
    match node:
        case ast.Compare(left=left, ops=ops, comparators=others):
            for at, op in enumerate(ops):
                turned: list[ast.cmpop] = [*ops[:at], TURNED[type(op)](), *ops[at + 1 :]]
                other = ast.Compare(left=left, ops=turned, comparators=others)
                yield instead(Kind.COMPARISON, node, other)
        case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
            yield instead(Kind.NEGATION, node, operand)
        case ast.BoolOp(op=op, values=values):
            confused = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield instead(Kind.CONNECTIVE, node, ast.BoolOp(op=confused, values=values))
            for at, each in enumerate(values):
                rest = without(values, at)
                fewer = rest[0] if len(rest) == 1 else ast.BoolOp(op=op, values=rest)
                yield Kind.CONDITION, fewer, f"without `{told(each)}` in `{told(node)}`"
        case ast.IfExp(body=body, orelse=orelse):
            yield instead(Kind.CHOICE, node, body)
            yield instead(Kind.CHOICE, node, orelse)
        case ast.BinOp(left=left, op=ast.Add() | ast.BitOr() | ast.BitAnd(), right=right):
            yield instead(Kind.ADDEND, node, left)
            yield instead(Kind.ADDEND, node, right)
        case ast.BinOp(left=left, op=ast.Sub()):
            yield instead(Kind.ADDEND, node, left)
        case ast.Call():
            yield from _calls(node)
        case ast.Tuple(elts=elts, ctx=ast.Load()) | ast.List(elts=elts, ctx=ast.Load()):
            for at, each in enumerate(elts):
                fewer = type(node)(elts=without(elts, at), ctx=ast.Load())
                yield Kind.CLAIM, fewer, f"without `{told(each)}` in `{told(node)}`"
        case ast.Set(elts=elts):
            for at, each in enumerate(elts):
                fewer = ast.Set(elts=without(elts, at) or [ast.Starred(value=ast.Tuple(elts=[]))])
                yield Kind.CLAIM, fewer, f"without `{told(each)}` in `{told(node)}`"
            wider = ast.Set(elts=[*elts, *(ast.Constant(value=each) for each in STRANGE)])
            yield Kind.WIDENING, wider, f"`{told(node)}` and {', '.join(STRANGE)}"
        case ast.Dict(keys=keys, values=values):
            for at, key in enumerate(keys):
                fewer = ast.Dict(keys=without(keys, at), values=without(values, at))
                named = told(key) if key else "**" + told(values[at])
                yield Kind.CLAIM, fewer, f"without `{named}` in `{told(node)}`"
        case ast.Attribute(attr="sha256") | ast.Name(id="sha256") | ast.Constant(value="sha256"):
            weaker = ast.Constant(value="sha1") if isinstance(node, ast.Constant) else WEAKER
            yield instead(Kind.DIGEST, node, weaker)


def _calls(node: ast.Call) -> Iterator[Change]:
    args = node.args
    match node.func:
        case ast.Attribute(attr="compare_digest"):
            yield instead(Kind.EQUALITY, node, YES)
        case ast.Name(id="min" | "max" | "any" | "all" as name):
            kind = Kind.BOUND if name.startswith("m") else Kind.QUANTIFIER
            func = ast.Name(id=CONFUSED[name], ctx=ast.Load())
            yield instead(kind, node, ast.Call(func=func, args=args, keywords=node.keywords))
        case ast.Attribute(attr="encrypt" | "decrypt"):
            unbound = [*args[:-1], ast.Constant(value=None)]
            yield instead(Kind.CONTEXT, node, ast.Call(func=node.func, args=unbound, keywords=[]))
        case ast.Attribute(attr="where"):
            for at, each in enumerate(args):
                fewer = ast.Call(func=node.func, args=without(args, at), keywords=node.keywords)
                yield Kind.CONDITION, fewer, f"without `where({told(each)})`"
        case ast.Attribute(attr="is_" | "is_not" | "fullmatch" as name, value=value):
            kind = Kind.PATTERN if name == "fullmatch" else Kind.COMPARISON
            func_of = ast.Attribute(value=value, attr=OTHERWISE[name], ctx=ast.Load())
            yield instead(kind, node, ast.Call(func=func_of, args=args, keywords=node.keywords))
    for at, keyword in enumerate(node.keywords):
        if keyword.arg in {"info", "object_pairs_hook", "parse_constant", "validate"}:
            fewer = ast.Call(func=node.func, args=args, keywords=without(node.keywords, at))
            if keyword.arg == "info":
                fewer.keywords.append(ast.keyword(arg="info", value=ast.Constant(value=None)))
            yield Kind.CONTEXT, fewer, f"without `{keyword.arg}=` in `{told(node)}`"


def _measures(node: ast.expr, *, constant: bool) -> Iterator[Change]:
    """Change numbers that are given by name, as `minutes=5`, and all that a module names."""
    match node:
        case ast.Call(func=func, args=args, keywords=keywords) if not constant:
            for at, keyword in enumerate(keywords):
                for other in changed(keyword.value):
                    named = ast.keyword(arg=keyword.arg, value=other)
                    given = [*keywords[:at], named, *keywords[at + 1 :]]
                    yield instead(
                        Kind.MEASURE, node, ast.Call(func=func, args=args, keywords=given)
                    )
        case ast.Constant() if constant:
            for other in changed(node):
                yield instead(Kind.MEASURE, node, other)


def changed(node: ast.expr) -> Iterator[ast.Constant]:
    """Yield twice and half a number."""
    match node:
        case ast.Constant(value=int() | float() as value) if type(value) is not bool and value:
            yield ast.Constant(value=value * 2)
            yield ast.Constant(value=value // 2 if isinstance(value, int) else value / 2)


def instead(kind: Kind, node: ast.AST, other: ast.AST) -> Change:
    return kind, other, f"`{told(other)}` in place of `{told(node)}`"


def without(parts: list[Part], at: int) -> list[Part]:
    return parts[:at] + parts[at + 1 :]


def told(node: ast.AST) -> str:
    """Write a part of a program on one line."""
    return " ".join(ast.unparse(node).split())
