"""A lottery that anybody can recompute: commit, fix, reveal (G6).

docs/group-orders.md has the recipe, and a test follows it with nothing but the public answer.
"""

import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Self
from uuid import UUID

SEED_BYTES = 32


def commitment_of(seed: str) -> str:
    """Return what is published before anybody claims: SHA-256 of the bytes of the seed."""
    return sha256(bytes.fromhex(seed)).hexdigest()


def digest_of(text: str) -> str:
    """Return SHA-256 of what a draw is made from, in UTF-8."""
    return sha256(text.encode()).hexdigest()


def place_of(seed: str, claim: UUID) -> str:
    """Return what puts a claim in its place: HMAC-SHA256 of its id, keyed by the seed."""
    return hmac.new(bytes.fromhex(seed), str(claim).encode(), sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class DrawInput:
    """What a draw is made from: how much of which thing a claim asks for, and what the slots are.

    It is fixed when the round closes, whatever becomes of claims and cards afterwards.
    """

    claims: Mapping[UUID, tuple[str, int]]
    slots: Mapping[int, str]

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what `text` has written."""
        told = json.loads(text)
        return cls(
            claims={UUID(each["id"]): (each["thing"], each["quantity"]) for each in told["claims"]},
            slots={each["number"]: each["thing"] for each in told["slots"]},
        )

    @property
    def text(self) -> str:
        """Write it in one way only: claims by id, slots by number."""
        claims = [
            {"id": str(id), "quantity": quantity, "thing": thing}
            for id, (thing, quantity) in sorted(self.claims.items())
        ]
        slots = [{"number": number, "thing": thing} for number, thing in sorted(self.slots.items())]
        told: Mapping[str, Iterable[object]] = {"claims": claims, "slots": slots}
        return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


RECIPE = (
    "SHA-256 of the 32 bytes that seed writes in hexadecimal is seed_commitment."
    " SHA-256 of input, in UTF-8, is claims_digest. order has the claims of input by"
    " HMAC-SHA256(key: the bytes of seed, message: the id of the claim as it is written),"
    " ascending. In that order each claim takes up to its quantity of the slots of its thing"
    " that are left, those of lowest numbers first: that is outcome."
)
"""What the public answer says of itself."""
