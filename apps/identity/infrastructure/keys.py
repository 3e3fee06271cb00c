"""Where the secrets of an installation lie, and what a file must hold to be one."""

import base64
import binascii
import hashlib
import json
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

ACCESS = "access.pem"
RETIRED = "access-retired-*.pem"
REFRESH = "refresh-1.key"
CURSOR = "cursor.key"
AUDIT = "audit.key"
TOTP = "totp.key"
PLAIN = (CURSOR, AUDIT, TOTP)
"""Secrets of which there is one each."""
SECRET_BYTES = 32

_REFRESH_NAME = re.compile(r"refresh-([1-9][0-9]{0,4})\.key")
_LARGEST_MAC_KID = 2**15 - 1  # the session row keeps the number in a SMALLINT
_FEWEST_DISTINCT_BYTES = 8  # 32 random bytes have fewer less than once in 10^36


class KeysMissing(RuntimeError):
    """A file without which no token can be made is not there."""


class KeysUnfit(RuntimeError):
    """A key file is there, but what it holds must not be used."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The secrets of one installation."""

    access_pem: str = field(repr=False)
    access_kid: str
    retired: Mapping[str, str]
    refresh: Mapping[int, bytes] = field(repr=False)
    refresh_kid: int
    cursor: bytes = field(repr=False)
    audit: bytes = field(repr=False)
    totp: bytes = field(repr=False)


def load(folder: Path) -> Keyring:
    """Read the keys an operator has laid down; nothing is ever made up."""
    active = _private(folder / ACCESS)
    refresh = _refresh_secrets(folder)
    plain = {name: _secret(folder / name) for name in PLAIN}
    for name, secret in plain.items():
        others = [*refresh.values(), *(plain[other] for other in PLAIN if other != name)]
        if secret in others:
            raise KeysUnfit(f"{folder / name} repeats another key; one secret serves one purpose.")
    return Keyring(
        access_pem=_private_pem(active).decode("ascii"),
        access_kid=_thumbprint(active.public_key()),
        retired={
            _thumbprint(key): _public_pem(key) for key in map(_public, sorted(folder.glob(RETIRED)))
        },
        refresh=refresh,
        refresh_kid=max(refresh),
        cursor=plain[CURSOR],
        audit=plain[AUDIT],
        totp=plain[TOTP],
    )


def load_or_create(folder: Path) -> Keyring:
    """Read the keys, making those that are missing; for machines where people develop."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if stat.S_IMODE(folder.stat().st_mode) != stat.S_IRWXU:
        folder.chmod(stat.S_IRWXU)
    if not (folder / ACCESS).exists():
        _lay_down(folder / ACCESS, _private_pem(ec.generate_private_key(ec.SECP256R1())))
    if not any(folder.glob("refresh-*.key")):
        _lay_down(folder / REFRESH, _new_secret())
    for name in PLAIN:
        if not (folder / name).exists():
            _lay_down(folder / name, _new_secret())
    return load(folder)


def _lay_down(path: Path, content: bytes) -> None:
    """Let the file appear complete or not at all; of several makers the first one wins."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")  # made with mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _new_secret() -> bytes:
    return f"{secrets.token_hex(SECRET_BYTES)}\n".encode("ascii")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise KeysMissing(
            f"The key folder {path.parent} has no {path.name}. A development server makes its"
            " keys by itself; in production lay an ES256 private key in access.pem, and"
            f" {SECRET_BYTES} random bytes as hex in {REFRESH} and in each of {', '.join(PLAIN)}."
        ) from None
    except OSError as fault:
        raise KeysUnfit(f"{path} cannot be read: {fault.strerror}.") from None


def _private(path: Path) -> ec.EllipticCurvePrivateKey:
    content = _read(path)
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeysUnfit(f"{path} is not an unencrypted private key in PEM.") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeysUnfit(f"{path} must be a key on the curve P-256, the one ES256 is made of.")
    return key


def _public(path: Path) -> ec.EllipticCurvePublicKey:
    """Read a retired key; one may also just rename the private file it was."""
    try:
        key = serialization.load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm):
        return _private(path).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeysUnfit(f"{path} must be a key on the curve P-256, the one ES256 is made of.")
    return key


def _public_pem(key: ec.EllipticCurvePublicKey) -> str:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode("ascii")


def _thumbprint(key: ec.EllipticCurvePublicKey) -> str:
    """Name a key by what it is (RFC 7638), so that no two ever share a name."""
    point = key.public_numbers()
    members = {
        "crv": "P-256",
        "kty": "EC",
        "x": _unpadded(point.x.to_bytes(32, "big")),
        "y": _unpadded(point.y.to_bytes(32, "big")),
    }
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return _unpadded(hashlib.sha256(canonical.encode("ascii")).digest())


def _unpadded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _refresh_secrets(folder: Path) -> dict[int, bytes]:
    found = {_number(path): _secret(path) for path in folder.glob("refresh-*.key")}
    return found or {1: _secret(folder / REFRESH)}


def _number(path: Path) -> int:
    named = _REFRESH_NAME.fullmatch(path.name)
    if named is None or int(named[1]) > _LARGEST_MAC_KID:
        raise KeysUnfit(f"{path} must be named refresh-<1 to {_LARGEST_MAC_KID}>.key.")
    return int(named[1])


def _secret(path: Path) -> bytes:
    raw = _plain(path, _read(path).strip())
    if len(raw) < SECRET_BYTES:
        raise KeysUnfit(f"{path} holds {len(raw)} bytes; a key has at least {SECRET_BYTES}.")
    if len(set(raw)) < _FEWEST_DISTINCT_BYTES:
        raise KeysUnfit(f"{path} holds a pattern, not chance; make a random key.")
    return raw


def _plain(path: Path, text: bytes) -> bytes:
    """Undo hex, or else either alphabet of base64, padded or not."""
    try:
        if re.fullmatch(rb"(?:[0-9a-fA-F]{2})+", text):
            return binascii.unhexlify(text)
        padded = text.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        return base64.b64decode(padded + b"=" * (-len(padded) % 4), validate=True)
    except binascii.Error:
        raise KeysUnfit(f"{path} is neither hex nor base64 text.") from None
