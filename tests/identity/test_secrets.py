"""Secrets are refused where they are missing, weak, or used twice."""

import base64
from pathlib import Path

import pytest

from apps.identity.infrastructure.key_files import KeysMissing, KeysUnfit
from apps.identity.infrastructure.keys import load, load_or_create
from tests.identity.key_files import RANDOM


@pytest.mark.parametrize(
    "name",
    [
        "access.pem",
        "refresh-1.key",
        "cursor.key",
        "audit.key",
        "totp.key",
        "data-1.key",
        "index.key",
    ],
)
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
@pytest.mark.parametrize(
    "name",
    [
        "refresh-1.key",
        "refresh-2.key",
        "cursor.key",
        "audit.key",
        "totp.key",
        "data-1.key",
        "index.key",
    ],
)
def test_a_weak_or_unreadable_secret_is_refused(folder: Path, name: str, content: str) -> None:
    (folder / name).write_bytes(SHORT[content])
    for read in (load, load_or_create):
        with pytest.raises(KeysUnfit, match=name) as caught:
            read(folder)
        assert content == "empty" or SHORT[content].decode("latin-1") not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("cursor.key", "refresh-1.key"),
        ("audit.key", "cursor.key"),
        ("data-1.key", "totp.key"),
        ("data-1.key", "refresh-1.key"),
        ("index.key", "data-1.key"),
    ],
)
def test_one_secret_does_not_serve_two_purposes(folder: Path, name: str, other: str) -> None:
    (folder / name).write_bytes((folder / other).read_bytes())
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


def test_a_secret_has_eight_different_bytes_at_least(folder: Path) -> None:
    (folder / "cursor.key").write_text((bytes(range(8)) * 4).hex())
    assert load(folder).cursor == bytes(range(8)) * 4
    (folder / "cursor.key").write_text((bytes(range(7)) * 5).hex())
    with pytest.raises(KeysUnfit, match="pattern"):
        load(folder)
