"""Keys are made once, kept from others, and the same for all who ask."""

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from apps.identity.infrastructure.keys import Keyring, load, load_or_create


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
        "audit.key": 0o600,
        "totp.key": 0o600,
        "data-1.key": 0o600,
        "index.key": 0o600,
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
    assert repr(keys.audit) not in printed
    assert repr(keys.totp) not in printed
    assert repr(keys.data.index) not in printed
    assert repr(keys.data.secrets[1]) not in printed
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
        assert len([*(tmp_path / str(turn)).iterdir()]) == 7


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
