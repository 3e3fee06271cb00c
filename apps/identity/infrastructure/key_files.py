"""Files that hold one secret each: how they are laid down, and what they must hold to be one."""

import base64
import binascii
import hashlib
import json
import os
import re
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

SECRET_BYTES = 32

_FEWEST_DISTINCT_BYTES = 8  # 32 random bytes have fewer less than once in 10^36


class KeysMissing(RuntimeError):
    """A file without which no token can be made is not there."""


class KeysUnfit(RuntimeError):
    """A key file is there, but what it holds must not be used."""


def lay_down(path: Path, content: bytes) -> None:
    """Let the file appear complete or not at all; of several makers the first one wins."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")  # made with mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            if os.geteuid() == 0:  # for whom the folder is, though root works on it
                os.fchown(file.fileno(), path.parent.stat().st_uid, path.parent.stat().st_gid)
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Write a key as its file holds it."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def new_secret() -> bytes:
    """Draw one, written as its file holds it."""
    return f"{secrets.token_hex(SECRET_BYTES)}\n".encode("ascii")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise KeysMissing(
            f"The key folder {path.parent} has no {path.name}. A development server makes its"
            " keys by itself; in production lay an ES256 private key in access.pem, and"
            f" {SECRET_BYTES} random bytes as hex in each of refresh-1.key, cursor.key, audit.key,"
            " totp.key, data-1.key and index.key."
        ) from None
    except OSError as fault:
        raise KeysUnfit(f"{path} cannot be read: {fault.strerror}.") from None


def private(path: Path) -> ec.EllipticCurvePrivateKey:
    """Read an ES256 key; raise KeysMissing or KeysUnfit."""
    content = _read(path)
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeysUnfit(f"{path} is not an unencrypted private key in PEM.") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeysUnfit(f"{path} must be a key on the curve P-256, the one ES256 is made of.")
    return key


def public(path: Path) -> ec.EllipticCurvePublicKey:
    """Read a retired key; one may also just rename the private file it was."""
    try:
        key = serialization.load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm):
        return private(path).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeysUnfit(f"{path} must be a key on the curve P-256, the one ES256 is made of.")
    return key


def public_pem(key: ec.EllipticCurvePublicKey) -> str:
    """Write the half that everybody may see."""
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode("ascii")


def thumbprint(key: ec.EllipticCurvePublicKey) -> str:
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


def secret(path: Path) -> bytes:
    """Read random bytes, of which there are enough; raise KeysMissing or KeysUnfit."""
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
