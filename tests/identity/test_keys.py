"""Keys are made once, kept from others, and refused where they would not protect."""

import base64
import hashlib
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from apps.identity.infrastructure.keys import (
    Keyring,
    KeysMissing,
    KeysUnfit,
    load,
    load_or_create,
)

PEM = serialization.Encoding.PEM
PKCS8 = serialization.PrivateFormat.PKCS8
PLAIN = serialization.NoEncryption()
RANDOM = bytes(range(100, 132))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one good set of keys."""
    folder = tmp_path / "data" / "keys"
    load_or_create(folder)
    return folder


def private_pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(PEM, PKCS8, PLAIN)


def public_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def thumbprint(key: ec.EllipticCurvePublicKey) -> str:
    """Compute it from the encoded point, where the module uses the numbers."""
    point = key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    x, y = (
        base64.urlsafe_b64encode(half).decode().strip("=") for half in (point[1:33], point[33:])
    )
    members = f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'
    return base64.urlsafe_b64encode(hashlib.sha256(members.encode()).digest()).decode().strip("=")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_made_once_is_read_from_then_on(folder: Path) -> None:
    first = load(folder)
    assert load_or_create(folder) == first
    assert first.refresh_kid == 1
    assert [*first.refresh] == [1]
    assert len(first.refresh[1]) == len(first.cursor) == 32
    assert first.refresh[1] != first.cursor
    assert first.retired == {}


def test_two_installations_share_nothing(tmp_path: Path) -> None:
    one, other = (load_or_create(tmp_path / name) for name in ("one", "other"))
    assert one.access_kid != other.access_kid
    assert one.refresh != other.refresh
    assert one.cursor != other.cursor


def test_only_the_owner_may_look(folder: Path) -> None:
    assert mode(folder) == 0o700
    assert {file.name: mode(file) for file in folder.iterdir()} == {
        "access.pem": 0o600,
        "refresh-1.key": 0o600,
        "cursor.key": 0o600,
    }


def test_a_folder_left_open_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    load_or_create(tmp_path)
    assert mode(tmp_path) == 0o700


def test_the_secrets_are_not_printed(folder: Path) -> None:
    keys = load(folder)
    printed = repr(keys)
    assert "PRIVATE" not in printed
    assert repr(keys.cursor) not in printed
    assert repr(keys.refresh[1]) not in printed


def test_missing_files_are_made_and_the_others_kept(folder: Path) -> None:
    first = load(folder)
    (folder / "cursor.key").unlink()
    again = load_or_create(folder)
    assert (again.access_kid, again.refresh) == (first.access_kid, first.refresh)
    assert again.cursor != first.cursor


def test_eight_threads_at_once_end_up_with_one_keyring(tmp_path: Path) -> None:
    for turn in range(10):
        barrier = Barrier(8)

        def start(folder: Path, barrier: Barrier = barrier) -> Keyring:
            barrier.wait()
            return load_or_create(folder)

        with ThreadPoolExecutor(8) as threads:
            rings = [*threads.map(start, [tmp_path / str(turn)] * 8)]
        assert all(ring == rings[0] for ring in rings)
        assert len([*(tmp_path / str(turn)).iterdir()]) == 3


CHILD = """
import hashlib, pathlib, sys
from apps.identity.infrastructure.keys import load_or_create
print("ready", flush=True)
sys.stdin.readline()
keys = load_or_create(pathlib.Path(sys.argv[1]))
told = (keys.access_pem, keys.access_kid, keys.refresh, keys.cursor)
print(hashlib.sha256(repr(told).encode()).hexdigest())
"""


def test_eight_processes_at_once_end_up_with_one_keyring(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CHILD, str(tmp_path / "keys")]
    root = Path(__file__).parents[2]
    children = [
        subprocess.Popen(
            command, cwd=root, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(8)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    told = [child.communicate(timeout=60)[0] for child in children]
    assert {child.returncode for child in children} == {0}
    assert len(set(told)) == 1
    assert len(told[0].strip()) == 64


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


@pytest.mark.parametrize("name", ["access.pem", "refresh-1.key", "cursor.key"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(KeysMissing) as caught:
        load(folder)
    assert str(folder) in str(caught.value)
    assert name in str(caught.value)


def test_a_missing_folder_is_named_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(KeysMissing, match=r"nowhere has no access\.pem"):
        load(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


SPELLINGS = {
    "hex": RANDOM.hex(),
    "capitals": RANDOM.hex().upper(),
    "base64": base64.b64encode(RANDOM).decode(),
    "base64url": base64.urlsafe_b64encode(RANDOM).decode(),
    "unpadded": base64.urlsafe_b64encode(RANDOM).decode().strip("="),
    "spaced": f"  {RANDOM.hex()}\r\n",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_secret_may_be_written_as_hex_or_base64(folder: Path, spelling: str) -> None:
    (folder / "refresh-1.key").write_text(SPELLINGS[spelling])
    assert load(folder).refresh == {1: RANDOM}


SHORT = {
    "empty": b"",
    "hex": RANDOM[:31].hex().encode(),
    "base64": base64.b64encode(RANDOM[:31]),
    "words": b"changeme",
    "zeros": b"0" * 64,
    "pattern": b"ab" * 40,
    "letters": b"z" * 80,
    "not base64": b"!" * 64,
    "base64 with an accident": base64.b64encode(RANDOM) + b"!!!!",
    "raw": b"\xff\xfe" * 32,
    "cut": b"A" * 45,
}


@pytest.mark.parametrize("content", SHORT)
@pytest.mark.parametrize("name", ["refresh-1.key", "refresh-2.key", "cursor.key"])
def test_a_weak_or_unreadable_secret_is_refused(folder: Path, name: str, content: str) -> None:
    (folder / name).write_bytes(SHORT[content])
    for read in (load, load_or_create):
        with pytest.raises(KeysUnfit, match=name) as caught:
            read(folder)
        assert content == "empty" or SHORT[content].decode("latin-1") not in str(caught.value)


def test_one_secret_does_not_serve_two_purposes(folder: Path) -> None:
    (folder / "cursor.key").write_bytes((folder / "refresh-1.key").read_bytes())
    with pytest.raises(KeysUnfit, match="one purpose"):
        load(folder)


def test_the_highest_refresh_key_is_for_new_tokens(folder: Path) -> None:
    (folder / "refresh-2.key").write_text(bytes(range(32)).hex())
    (folder / "refresh-10.key").write_text(RANDOM.hex())
    keys = load_or_create(folder)
    assert sorted(keys.refresh) == [1, 2, 10]
    assert keys.refresh_kid == 10
    assert keys.refresh[10] == RANDOM


def test_the_first_refresh_key_may_go_when_a_later_one_is_there(folder: Path) -> None:
    (folder / "refresh-1.key").rename(folder / "refresh-2.key")
    assert [*load_or_create(folder).refresh] == [2]


@pytest.mark.parametrize("name", ["refresh-0.key", "refresh-01.key", "refresh-32768.key"])
def test_a_refresh_key_whose_number_no_row_can_hold_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_text(RANDOM.hex())
    with pytest.raises(KeysUnfit, match=name):
        load(folder)


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
