"""The compact form of a JWT, read as if every character were meant to deceive."""

import base64
import json
from typing import Any, NoReturn
from uuid import UUID

LARGEST = 4096  # characters; a token of ours has about 550
LATEST = 2**40  # seconds since 1970, far beyond any calendar of ours

Members = dict[str, Any]


class Flaw(ValueError):
    """What is wrong with a token; the text goes to the log and quotes nothing of the token."""


def refuse(flaw: str) -> NoReturn:
    """Give up on a token."""
    raise Flaw(flaw)


def require(condition: bool, flaw: str) -> None:  # noqa: FBT001 - reads like `assert`
    """Give up on a token unless the condition holds."""
    if not condition:
        refuse(flaw)


def reason(error: Exception) -> str:
    """Say why a token was refused; messages of libraries may quote it, so only ours are told."""
    return str(error) if isinstance(error, Flaw) else type(error).__name__


def taken_apart(token: str, *, largest: int = LARGEST) -> tuple[Members, Members, bytes]:
    """Return header, claims and signature; what they say is still to be checked."""
    require(len(token) <= largest, "size")
    require(token.isascii(), "alphabet")
    require(token.count(".") == 2, "segments")  # noqa: PLR2004 - header.claims.signature
    header, claims, signature = (decoded(segment) for segment in token.split("."))
    return object_in(header), object_in(claims), signature


def object_in(raw: bytes) -> Members:
    """Return a JSON object that says everything once."""
    # Given bytes, json.loads would guess the encoding and accept UTF-16 as well.
    parsed = READER.decode(raw.decode())
    return parsed if type(parsed) is dict else refuse("no JSON object")


def written(members: Members) -> str:
    """Return a header or claims as a segment, each time spelt alike."""
    return encoded(WRITER.encode(members).encode())


def encoded(raw: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decoded(segment: str) -> bytes:
    """Undo `encoded`, and refuse every spelling but the one it would have chosen."""
    raw = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    require(encoded(raw) == segment, "base64")
    return raw


def text(members: Members, name: str) -> str:
    """Return a member that is a string."""
    value = members[name]
    return value if type(value) is str else refuse(f"type of {name}")


def number(members: Members, name: str, *, below: int = LATEST) -> int:
    """Return a member that is a whole number, and no larger than it can honestly be."""
    value = members[name]
    if type(value) is not int or not 0 <= value < below:  # isinstance takes `True` for an int
        refuse(f"type or range of {name}")
    return value


def uuid(members: Members, name: str) -> UUID:
    """Return a member that is an UUID, spelled as Python spells it."""
    value = UUID(text(members, name))
    require(str(value) == members[name], f"spelling of {name}")
    return value


def _once(pairs: list[tuple[str, Any]]) -> Members:
    members = dict(pairs)
    require(len(members) == len(pairs), "duplicate member")
    return members


def _no_number(_: str) -> NoReturn:
    refuse("NaN or Infinity")


WRITER = json.JSONEncoder(separators=(",", ":"))
READER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number)
"""Built once; `json.dumps` and `json.loads` would build them anew for each token."""
