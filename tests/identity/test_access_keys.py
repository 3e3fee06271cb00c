"""Access keys are ES256 keys named by their thumbprints, and nothing else is taken for one."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from apps.identity.infrastructure.key_files import KeysUnfit
from apps.identity.infrastructure.keys import load, load_or_create
from tests.identity.key_files import PEM, PKCS8, PLAIN, private_pem, public_pem, thumbprint


def test_the_kid_is_the_thumbprint_of_the_public_key(folder: Path) -> None:
    keys = load(folder)
    key = serialization.load_pem_private_key(keys.access_pem.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert keys.access_kid == thumbprint(key.public_key())


def test_a_thumbprint_keeps_the_leading_zeros_of_a_coordinate(folder: Path) -> None:
    keys = iter(lambda: ec.generate_private_key(ec.SECP256R1()), None)
    short = next(k for k in keys if k.public_key().public_numbers().x < 2**248)
    (folder / "access.pem").write_bytes(private_pem(short))
    assert load(folder).access_kid == thumbprint(short.public_key())


UNFIT = {
    "P-384": private_pem(ec.generate_private_key(ec.SECP384R1())),
    "secp256k1": private_pem(ec.generate_private_key(ec.SECP256K1())),
    "RSA": private_pem(rsa.generate_private_key(65537, 2048)),
    "public": public_pem(ec.generate_private_key(ec.SECP256R1())),
    "encrypted": ec.generate_private_key(ec.SECP256R1()).private_bytes(
        PEM, PKCS8, serialization.BestAvailableEncryption(b"secret")
    ),
    "text": b"not a key",
    "empty": b"",
}


@pytest.mark.parametrize("kind", UNFIT)
def test_an_access_key_that_is_no_es256_key_is_refused(folder: Path, kind: str) -> None:
    (folder / "access.pem").write_bytes(UNFIT[kind])
    for read in (load, load_or_create):
        with pytest.raises(KeysUnfit, match=r"access\.pem"):
            read(folder)


@pytest.mark.parametrize("kind", ["P-384", "RSA", "encrypted", "text", "empty"])
def test_so_is_a_retired_one(folder: Path, kind: str) -> None:
    (folder / "access-retired-1.pem").write_bytes(UNFIT[kind])
    with pytest.raises(KeysUnfit, match=r"access-retired-1\.pem"):
        load(folder)


def test_an_access_key_may_come_from_openssl(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    traditional = serialization.PrivateFormat.TraditionalOpenSSL
    (folder / "access.pem").write_bytes(key.private_bytes(PEM, traditional, PLAIN))
    keys = load(folder)
    assert keys.access_pem.encode() == private_pem(key)
    assert keys.access_kid == thumbprint(key.public_key())


@pytest.mark.parametrize("write", [private_pem, public_pem])
def test_retired_keys_are_public_under_their_thumbprints(
    folder: Path, write: Callable[[ec.EllipticCurvePrivateKey], bytes]
) -> None:
    retired = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    for number, key in enumerate(retired):
        (folder / f"access-retired-{number}.pem").write_bytes(write(key))
    assert load(folder).retired == {
        thumbprint(key.public_key()): public_pem(key).decode() for key in retired
    }


def test_the_thumbprint_of_a_key_everybody_knows(folder: Path) -> None:
    """The private key one; its public point is the generator printed in the standard."""
    members = (
        '{"crv":"P-256","kty":"EC","x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",'
        '"y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"}'
    )
    digest = hashlib.sha256(members.encode()).digest()
    (folder / "access.pem").write_bytes(private_pem(ec.derive_private_key(1, ec.SECP256R1())))
    assert load(folder).access_kid == base64.urlsafe_b64encode(digest).decode().strip("=")
