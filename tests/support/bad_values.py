"""What a schema does not allow: values of a wrong type, size or form for every place in it."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from uuid_utils.compat import uuid7

HUGE_TEXT = "x" * 100_000
HUGE_NUMBER = 10**30
NUL, BELL, LONE_SURROGATE = "a\0b", "a\x07b", "a\ud800b"
NO_JSON = {
    "nothing": b"",
    "half a body": b"{",
    "another language": b"{'a': 1}",
    "not even text": b"\xff\xfe\x00",
    "NUL": b"\0",
    "deeper than can be followed": b"[" * 100_000,
    "a number nobody can count to": b'{"revision": ' + b"1" * 5_000 + b"}",
}
NO_CSV = {
    "nothing": b"",
    "an empty line": b"\n",
    "no line of columns": b"first,mint\n",
    "an unknown column": b"code,condition,colour\n",
    "a column twice": b"code,code,condition\n",
    "not even text": b"\xff\xfe\x00",
    "Hangul as it was written before Unicode": b"code,condition\n\xc7\xcf\xb4\xcf,mint\n",
    "a quote that does not end": b'code,condition\n"first,mint\n',
    "text behind a quote": b'code,condition\n"first"x,mint\n',
    "a cell too few": b"code,condition\nfirst\n",
    "a cell too many": b"code,condition\nfirst,mint,1\n",
    "a huge cell": b"code,condition\n" + b"x" * 140_000 + b",mint\n",
    "a line that names no card": b"code,condition\n,mint\n",
    "too many lines": b"code,condition\n" + b"first,mint\n" * 2_001,
}
BAD_CELLS = {"huge": HUGE_TEXT, "NUL": NUL, "a control character": BELL}
MISSING = object()
Schema = Mapping[str, Any]
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """One departure from a good value, at one place in it."""

    what: str
    at: Path
    value: Any

    def applied_to(self, good: Any) -> Any:
        """Return a copy of the good value with this fault in it."""
        if not self.at:
            return self.value
        bad = copy.deepcopy(good)
        place = bad
        for step in self.at[:-1]:
            place = place[step]
        if self.value is MISSING:
            del place[self.at[-1]]
        else:
            place[self.at[-1]] = self.value
        return bad


class Schemas:
    """The schemas of an OpenAPI document."""

    def __init__(self, document: Schema) -> None:
        self._components = document["components"]["schemas"]

    def resolve(self, schema: Schema) -> list[Schema]:
        """Return the alternatives that a schema stands for."""
        if "$ref" in schema:
            return self.resolve(self._components[schema["$ref"].rpartition("/")[2]])
        if "anyOf" in schema:
            return [each for part in schema["anyOf"] for each in self.resolve(part)]
        return [schema]

    def faults(self, schema: Schema, good: Any, at: Path = ()) -> Iterator[Fault]:
        """Yield every value that this schema refuses, for every place that `good` fills."""
        options = self.resolve(schema)
        kinds = {option.get("type") for option in options}
        for what, value in wrong_types(kinds):
            yield Fault(what, at, value)
        for option in options:
            match option.get("type"):
                case "object":
                    yield from self._faults_of_object(option, good, at)
                case "array":
                    yield from self._faults_of_array(option, good, at)
                case "string":
                    for what, value in bad_texts(option):
                        yield Fault(what, at, value)
                case "integer":
                    for what, value in bad_numbers(option):
                        yield Fault(what, at, value)

    def _faults_of_object(self, schema: Schema, good: Any, at: Path) -> Iterator[Fault]:
        if schema.get("additionalProperties") is not True:
            yield Fault("an unknown member", (*at, "surprise"), 1)
        elif "properties" not in schema:
            return
        for name in schema.get("required", ()):
            yield Fault("missing", (*at, name), MISSING)
        untold = schema["properties"].keys() - good.keys()
        if untold:
            raise LookupError(f"A good value should have all members, not lack {sorted(untold)}.")
        for name, part in schema["properties"].items():
            yield from self.faults(part, good[name], (*at, name))

    def _faults_of_array(self, schema: Schema, good: Any, at: Path) -> Iterator[Fault]:
        if schema.get("minItems"):
            yield Fault("empty", at, [])
        yield Fault("too many", at, good * 1_000)
        yield Fault("twice the same", at, good * 2)
        yield from self.faults(schema["items"], good[0], (*at, 0))


def wrong_types(allowed: set[Any]) -> Iterator[tuple[str, Any]]:
    if "null" not in allowed:
        yield "null", None
    if "object" not in allowed:
        yield "an object", {"a": 1}
    if "array" not in allowed:
        yield "an array", [1]
    if "string" not in allowed:
        yield "text", "first"
        yield "empty text", ""
    if not allowed & {"integer", "number", "boolean"}:
        yield "a number", 7
        yield "a boolean", True
    if "integer" in allowed or "boolean" in allowed:
        yield "a fraction", 1.5
        yield "no number", float("nan")


def bad_texts(schema: Schema) -> Iterator[tuple[str, str]]:
    """Yield text that is too short or long, has the wrong form, or that no database keeps."""
    yield "huge", HUGE_TEXT
    yield "a lone surrogate", LONE_SURROGATE
    formed = {"enum", "const", "format", "pattern"} & schema.keys() - {"password"}
    if schema.get("format") == "password":
        return
    yield "NUL", NUL
    yield "a control character", BELL
    if formed or schema.get("minLength"):
        yield "empty", ""
    if formed:
        yield "of another form", "first"
    if schema.get("format") == "uuid":
        yield "an id nobody has", str(uuid7())
    if schema.get("format") == "date-time":
        yield "a time without zone", "2030-05-24T12:00:00"


def bad_numbers(schema: Schema) -> Iterator[tuple[str, int]]:
    yield "huge", HUGE_NUMBER
    yield "below zero", -1
    yield "hugely below zero", -HUGE_NUMBER
    if "minimum" in schema:
        yield "too small", schema["minimum"] - 1
    if "maximum" in schema:
        yield "too great", schema["maximum"] + 1
