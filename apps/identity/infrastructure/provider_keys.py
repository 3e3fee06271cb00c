"""Keys of providers: which members of a JWK set can verify an ID token."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from apps.identity.infrastructure.compact import Members, decoded, refuse, require, text
from apps.identity.infrastructure.tokens import Verifier, verifier

MOST_KEYS = 50
LONGEST_KID = 256
NAMELESS = ""
RSA_BITS = range(2048, 8193)
EXPONENTS = range(3, 2**32)
P256_BYTES = 32

ReadKey = Callable[[Members], rsa.RSAPublicKey | ec.EllipticCurvePublicKey]


@dataclass(frozen=True, slots=True)
class ProviderKey:
    """One key, which verifies signatures of one algorithm."""

    algorithm: str
    verify: Verifier


Keys = Mapping[str, ProviderKey]


def chosen(keys: Keys, kid: str | None) -> ProviderKey | None:
    """Return the key that a token names, or the only one where it names none."""
    if kid is None:
        return next(iter(keys.values())) if len(keys) == 1 else None
    return None if kid == NAMELESS else keys.get(kid)


def keys_in(jwks: Members) -> Keys:
    """Return those that can be used, by their `kid`; raise for what is no set of keys.

    A `kid` that stands there twice names nothing. Keys for other uses, of other kinds or with
    faults are left out, as are symmetric ones: whoever may read the set could sign with them.
    """
    listed = jwks["keys"]
    require(type(listed) is list and len(listed) <= MOST_KEYS, "keys")
    times = Counter(str(each.get("kid", NAMELESS)) for each in listed if type(each) is dict)
    found = {}
    for each in listed:
        try:
            kid, key = _key_of(each)
        except Exception:  # noqa: BLE001, S112 - whatever is wrong with it, others may be right
            continue
        if times[kid] == 1:
            found[kid] = key
    return found


def _key_of(told: Any) -> tuple[str, ProviderKey]:
    require(type(told) is dict, "no JSON object")
    kid = text(told, "kid") if "kid" in told else NAMELESS
    require(len(kid) <= LONGEST_KID, "kid")
    require(told.get("use", "sig") == "sig", "use")
    require("verify" in told.get("key_ops", ["verify"]), "key_ops")
    kinds: dict[str, tuple[str, ReadKey]] = {"RSA": ("RS256", _rsa), "EC": ("ES256", _p256)}
    algorithm, read = kinds.get(text(told, "kty")) or refuse("kty")
    require(told.get("alg", algorithm) == algorithm, "alg")
    pem = read(told).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return kid, ProviderKey(algorithm, verifier(pem.decode("ascii"), algorithm))


def _rsa(told: Members) -> rsa.RSAPublicKey:
    modulus, exponent = _number(told, "n"), _number(told, "e")
    require(modulus.bit_length() in RSA_BITS and exponent in EXPONENTS, "size")
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def _p256(told: Members) -> ec.EllipticCurvePublicKey:
    require(text(told, "crv") == "P-256", "crv")
    x, y = (decoded(text(told, name)) for name in ("x", "y"))
    require(len(x) == len(y) == P256_BYTES, "size")
    numbers = ec.EllipticCurvePublicNumbers(
        int.from_bytes(x, "big"), int.from_bytes(y, "big"), ec.SECP256R1()
    )
    return numbers.public_key()  # which holds that the point is on the curve


def _number(told: Members, name: str) -> int:
    return int.from_bytes(decoded(text(told, name)), "big")
