"""Examples, made from a schema: what its fields name themselves, or else what they are called."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

TEXTS = {
    "access_token": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2lnbmF0dXJl",
    "refresh_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6InJ0K2p3dCJ9.e30.c2lnbmF0dXJl",
    "bio": "Collecting since debut; Sunday meet-ups only.",
    "code": "letters-first-ver-haneul",
    "cursor": "Vmx0c1oyVjBjM1J2ZEc5eQ",
    "next_cursor": "Vmx0c1oyVjBjM1J2ZEc5eQ",
    "device_name": "Haneul's phone",
    "email": "haneul@mail.example",
    "avatar_url": "https://kcardswap.example/avatars/haneul.webp",
    "image_url": "https://kcardswap.example/cards/letters-haneul.webp",
    "If-Match": '"5f0c6a1d2b3e4f5a6b7c8d9e"',
    "locale": "ko-KR",
    "region": "TW-TPE",
    "message": "Would you take the other version?",
    "name": "Haneul",
    "nickname": "haneul",
    "note": "A tiny dent in one corner.",
    "number": "03",
    "password": "four words that rhyme",
    "place": "Taipei, Ximen exit 6",
    "q": "haneul",
    "reason": "I found it elsewhere.",
    "retailer": "Music Korea",
    "revision": "0006",
    "text": "Shall we meet at noon?",
    "title": "Letters",
    "token": "k3Jv0qkX3m1b5Yw2mJt8nq7Zr4sVd6Gh9Lp0Ac1Ef2I",
    "new_email": "haneul@home.example",
    "new_password": "five words that do not rhyme",
    "current_password": "four words that rhyme",
    "version": "First ver.",
}
"""What texts of these names look like where their schema does not say it."""

FORMATS = {
    "date": "2026-05-24",
    "date-time": "2026-05-24T12:00:00Z",
    "uri": "https://cards.example/letters.jpg",
}
NUMBERS = {"expires_in": 600, "refresh_expires_in": 1_209_600, "limit": 20}
FOLDED = 3
"""How deep a schema may stand in itself before its example ends."""


def example_of(
    schema: Mapping[str, Any], schemas: Mapping[str, Any], *, name: str = "", depth: int = 0
) -> Any:
    """Return a value that fits the schema; its references lead into `schemas`."""
    if "$ref" in schema:
        target = schema["$ref"].rpartition("/")[2]
        return example_of(schemas[target], schemas, name=name, depth=depth)
    for told in ("examples", "enum"):
        if told in schema:
            return schema[told][0]
    if "const" in schema:
        return schema["const"]
    for kinds in ("anyOf", "oneOf", "allOf"):
        if kinds in schema:
            return example_of(schema[kinds][0], schemas, name=name, depth=depth)
    return _plain(schema, schemas, name, depth)


def _plain(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str, depth: int) -> Any:
    match schema.get("type"):
        case "object":
            return {
                key: example_of(each, schemas, name=key, depth=depth + 1)
                for key, each in schema.get("properties", {}).items()
            }
        case "array":
            singular = name.removesuffix("s")
            few = depth < FOLDED or schema.get("minItems")
            items = schema.get("items", {})
            return [example_of(items, schemas, name=singular, depth=depth + 1)] if few else []
        case "boolean":
            return True
        case "integer":
            return NUMBERS.get(name, int(schema.get("minimum", 1)))
        case "string":
            return _text(schema, name)
    return None


def _text(schema: Mapping[str, Any], name: str) -> str:
    kind = schema.get("format")
    if kind == "uuid":
        return identify(name)
    return FORMATS.get(kind or "") or TEXTS.get(name) or name.replace("_", " ")


def identify(name: str) -> str:
    """Return a UUID (version 7) of its own for each name."""
    tail = blake2b(name.encode(), digest_size=8).hexdigest()
    return f"0197062e-8c00-7{tail[:3]}-9{tail[3:6]}-{tail[4:]}"
