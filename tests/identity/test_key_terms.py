"""When keys begin and end, to the microsecond, and how often a folder is looked at."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from apps.identity.application.keep_keys import KeyFollows, KeyKind, KeyState
from apps.identity.infrastructure import key_folder
from apps.identity.infrastructure.key_files import (
    KeysMissing,
    KeysUnfit,
    lay_down,
    new_secret,
    private_pem,
)
from apps.identity.infrastructure.key_folder import FolderChest, KeyFolder
from apps.identity.infrastructure.keys import Keyring, load, load_or_create
from tests.identity.key_files import RANDOM
from tests.support.builders import NOON, FixedClock

TICK, SECOND, DAY = timedelta(microseconds=1), timedelta(seconds=1), timedelta(days=1)
BOTH = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def add_access(folder: Path, since: str = "20260524T120000Z") -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    lay_down(folder / f"access-{since}.pem", private_pem(key))


def names(keys: Keyring, old: str) -> tuple[bool, bool]:
    """Whether the old key verifies access tokens, and vouch cards alone."""
    return old in keys.retired, old in keys.outlived


def test_a_key_verifies_as_long_as_what_it_has_signed(folder: Path) -> None:
    old = load(folder).access_kid
    add_access(folder)
    before = load(folder, NOON - TICK)
    assert (before.access_kid, before.changes_at) == (old, NOON)
    assert (len(before.upcoming), before.retired, before.outlived) == (1, {}, {})
    ends, gone = NOON + 605 * SECOND, NOON + 30 * DAY
    for at, told, changes_at in (
        (NOON, (True, False), ends),
        (ends - TICK, (True, False), ends),
        (ends, (False, True), gone),
        (gone - TICK, (False, True), gone),
        (gone, (False, False), None),
    ):
        keys = load(folder, at)
        assert keys.access_kid != old
        assert (names(keys, old), keys.changes_at) == (told, changes_at), at
        assert keys.access_kid not in {*keys.retired, *keys.outlived, *keys.upcoming}


def test_a_refresh_key_is_kept_for_fourteen_days_and_an_hour(folder: Path) -> None:
    clock = FixedClock(NOON)
    lay_down(folder / "refresh-2-20260524T120000Z.key", new_secret())
    for at, state in (
        (NOON + 14 * DAY + timedelta(hours=1) - TICK, KeyState.RETIRED),
        (NOON + 14 * DAY + timedelta(hours=1), KeyState.ENDED),
    ):
        clock.at = at
        shown = {each.name: each.state for each in FolderChest(folder, clock).shown()}
        assert (shown["refresh-1"], shown["refresh-2"]) == (state, KeyState.ACTIVE)


def test_of_a_key_without_a_time_nobody_knows_when_it_ended(folder: Path) -> None:
    lay_down(folder / "refresh-2.key", new_secret())
    shown = {each.name: each.state for each in FolderChest(folder, FixedClock(NOON)).shown()}
    assert (shown["refresh-1"], shown["refresh-2"]) == (KeyState.RETIRED, KeyState.ACTIVE)


@pytest.mark.parametrize("name", ["refresh-1.key.key", "access-20260524T120000Z.pem.pem"])
def test_a_name_is_read_to_its_end(folder: Path, name: str) -> None:
    (folder / name).write_text(RANDOM.hex())
    with pytest.raises(KeysUnfit, match="must be named"):
        load(folder)


def test_the_largest_number_is_that_of_a_column(folder: Path) -> None:
    lay_down(folder / "refresh-32767.key", new_secret())
    assert load(folder).refresh_kid == 32_767


def test_base64_may_begin_as_hex_does(folder: Path) -> None:
    (folder / "cursor.key").write_text(f"abcd{RANDOM.hex()[:40]}zz")
    assert len(load(folder).cursor) == 34


@pytest.mark.parametrize(
    "make",
    [
        lambda: ec.generate_private_key(ec.SECP384R1()),
        lambda: rsa.generate_private_key(65537, 2048),
    ],
)
def test_a_retired_key_that_is_public_is_of_our_curve(
    folder: Path, make: Callable[[], ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey]
) -> None:
    (folder / "access-retired-1.pem").write_bytes(make().public_key().public_bytes(*BOTH))
    with pytest.raises(KeysUnfit, match=r"access-retired-1\.pem"):
        load(folder)


def test_what_cannot_be_read_is_said(folder: Path) -> None:
    (folder / "cursor.key").unlink()
    (folder / "cursor.key").mkdir()
    with pytest.raises(KeysUnfit, match="cannot be read"):
        load(folder)


def test_where_there_is_a_later_key_no_first_one_is_made(folder: Path) -> None:
    (folder / "access.pem").unlink()
    add_access(folder, "20200101T000000Z")
    load_or_create(folder)
    assert not (folder / "access.pem").exists()


class Looking:
    """A key folder over a clock of our own, and how often it was listed and read."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.now, self.listed, self.loaded = 100.0, 0, 0
        self.clock = FixedClock(NOON)
        listed = KeyFolder._listed  # noqa: SLF001

        def listing(keys: KeyFolder) -> object:
            self.listed += 1
            return listed(keys)

        def loading(*given: object) -> Keyring:
            self.loaded += 1
            return load(*given)  # type: ignore[arg-type]

        patch.setattr(key_folder, "monotonic", lambda: self.now)
        patch.setattr(KeyFolder, "_listed", listing)
        patch.setattr(key_folder, "load", loading)
        self.keys = KeyFolder(folder, self.clock)

    def after(self, seconds: float) -> tuple[int, int]:
        self.now += seconds
        self.clock.at += timedelta(seconds=seconds)
        _ = self.keys()
        return self.listed, self.loaded


def test_a_folder_is_listed_each_ten_seconds_and_read_when_it_has_changed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_access(folder, "20300101T000000Z")  # so that something will change one day
    looking = Looking(folder, monkeypatch)
    told = [looking.after(seconds) for seconds in (0, 9.5, 0.5, 0.5, 9, 0.5, 0.5)]
    assert told == [(1, 1), (1, 1), (2, 1), (2, 1), (2, 1), (3, 1), (3, 1)]
    lay_down(folder / "refresh-2.key", new_secret())
    assert [looking.after(seconds) for seconds in (9.5, 0.5, 10)] == [(4, 2), (4, 2), (5, 2)]
    assert looking.keys().refresh_kid == 2


def test_a_key_takes_over_at_its_moment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_access(folder, "20260524T120004Z")
    looking = Looking(folder, monkeypatch)
    old = looking.keys().access_kid
    looking.after(3.5)
    assert looking.keys().access_kid == old
    looking.after(0.5)
    assert looking.keys().access_kid != old


def test_keys_that_are_gone_change_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looking = Looking(folder, monkeypatch)
    before = looking.keys()
    (folder / "access.pem").unlink()
    looking.after(10)
    assert looking.keys() is before


def test_what_is_shown_of_a_key_is_from_when_until_when_it_signs(folder: Path) -> None:
    add_access(folder)
    lay_down(folder / "refresh-2.key", new_secret())
    lay_down(folder / "refresh-3-20260524T120000Z.key", new_secret())
    shown = FolderChest(folder, FixedClock(NOON)).shown()
    assert [(each.since, each.until) for each in shown] == [
        *((None, NOON), (NOON, None)),
        *((None, None), (None, NOON), (NOON, None)),
        (None, None),
    ]


def test_a_folder_that_nobody_could_serve_by_is_not_shown(folder: Path) -> None:
    (folder / "cursor.key").unlink()
    with pytest.raises(KeysMissing):
        FolderChest(folder, FixedClock(NOON)).shown()


def test_a_key_that_begins_now_is_followed_by_another(folder: Path) -> None:
    add_access(folder)
    chest = FolderChest(folder, FixedClock(NOON))
    assert chest.rotate(KeyKind.ACCESS, ahead=10 * SECOND).since == NOON + 10 * SECOND
    with pytest.raises(KeyFollows):
        chest.rotate(KeyKind.ACCESS, ahead=10 * SECOND)
