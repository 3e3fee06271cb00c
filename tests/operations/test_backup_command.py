"""`kcs backup`, as an operator or a timer types it."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from subprocess import CompletedProcess
from unittest.mock import patch

import pytest
from sqlalchemy import make_url
from typer.testing import CliRunner

from apps.backups import open_backups
from apps.operations.presentation.backups import commands
from tests.support.backups import an_empty_place
from tests.support.postgres import the_binaries
from tests.support.seeds import harvest, sow
from tests.support.served import ROOT, environment, typed


@pytest.fixture
def env(url: str, tmp_path: Path) -> dict[str, str]:
    """An installation with the migrations' own rows, and a folder for backups."""
    return environment(url, tmp_path / "data", PG_BIN_DIR=str(the_binaries()))


@pytest.fixture
def small(sqlite: str, tmp_path: Path) -> dict[str, str]:
    """One where the kind of database makes no difference."""
    return environment(sqlite, tmp_path / "data")


def done(command: str, env: dict[str, str]) -> CompletedProcess[str]:
    """What went well."""
    ended = typed(f"kcs backup {command}", env)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stderr == ""
    return ended


def test_a_backup_is_made_listed_verified_and_restored(
    env: dict[str, str], url: str, tmp_path: Path
) -> None:
    made = re.fullmatch(
        r"(\S+\.backup): (\w+) [\d.]+, revision \d+, \d+ rows in \d+ tables, .*\n",
        done("create", env).stdout,
    )
    assert made
    file = Path(made[1])
    assert file.parent == tmp_path / "data" / "backups"
    (line,) = done("list", env).stdout.splitlines()
    assert line.split()[-2:] == ["whole", file.name]
    assert f"{file} is sound: {made[2]}" in done(f"verify {file}", env).stdout
    with an_empty_place(url, tmp_path) as place:
        restored = done(f"restore {file} --to {place}", env).stdout.splitlines()
        assert restored[0].startswith("Restored: ")
        assert (
            restored[-1]
            == "Next: `kcs db verify`, `kcs check-invariants` and `kcs audit verify`, then serve."
        )
        again = typed(f"kcs backup restore {file} --to {place}", env)
        assert (again.returncode, again.stdout) == (1, "")
        assert again.stderr.count("\n") == 1
    refused = typed(f"kcs backup restore {file}", env)
    assert refused.returncode == 1


def test_machines_are_told_the_same(small: dict[str, str], tmp_path: Path) -> None:
    env = small
    made = json.loads(done("create --json", env).stdout)
    verified = json.loads(done(f"verify {made['file']} --json", env).stdout)
    assert verified.items() >= {"sound": True, "faults": [], "complete": True}.items()
    (listed,) = json.loads(done("list --json", env).stdout)["backups"]
    assert listed == {**made, "whole": True}
    (tmp_path / "data" / "backups" / "kcs-0.backup").write_bytes(b"kcs-backup 1")
    ended = typed("kcs backup list --json", env)
    assert ended.returncode == 1
    harmed, sound = json.loads(ended.stdout)["backups"]  # it is the newer one
    assert (sound, harmed["whole"]) == (listed, False)


def test_exit_codes_tell_damage_from_not_knowing(small: dict[str, str], tmp_path: Path) -> None:
    file = Path(json.loads(done("create --json", small).stdout)["file"])
    harmed = tmp_path / "harmed.backup"
    harmed.write_bytes(file.read_bytes()[:-1])
    damaged = typed(f"kcs backup verify {harmed}", small)
    assert (damaged.returncode, damaged.stdout) == (1, "")
    assert damaged.stderr == f"{harmed} is cut off or changed: its checksum does not fit.\n"
    missing = typed(f"kcs backup verify {tmp_path}/none", small)
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "No such file or directory" in missing.stderr


def test_a_backup_that_is_not_as_it_ought_to_be_is_not_sound(
    small: dict[str, str], sqlite: str
) -> None:
    sow(sqlite)
    with closing(sqlite3.connect(make_url(sqlite).database or "")) as connection:
        connection.execute("DROP INDEX uq_copy_promises_live")
    file = json.loads(done("create --json", small).stdout)["file"]
    ended = typed(f"kcs backup verify {file}", small)
    assert ended.returncode == 1
    assert "index copy_promises.uq_copy_promises_live: none where the migrations" in ended.stdout
    assert "rows break: " in ended.stdout
    assert f"{file} is NOT sound" in ended.stdout


def test_no_command_tells_the_password(tmp_path: Path) -> None:
    url = "postgresql://app:hunter2@127.0.0.1:1/kcs"
    env = environment(url, tmp_path)
    (tmp_path / "none").touch()
    for command in ("create", f"verify {tmp_path}/none", f"restore {tmp_path}/none --to {url}"):
        ended = typed(f"kcs backup {command}", env)
        assert ended.returncode
        assert "hunter2" not in ended.stdout + ended.stderr
        assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_breaks_it_off_and_nothing_is_left(
    small: dict[str, str], tmp_path: Path, told: signal.Signals
) -> None:
    real = os.fsync

    def interrupted(descriptor: int) -> None:
        os.kill(os.getpid(), told)
        time.sleep(0.2)
        real(descriptor)

    app = commands(open_backups)
    with patch.dict(os.environ, small), patch("os.fsync", interrupted):
        ended = CliRunner().invoke(app, ["create", str(tmp_path / "backups")])
    assert ended.exit_code == 130
    assert ended.stderr == "Broken off; nothing was left behind.\n"
    assert not [*(tmp_path / "backups").iterdir()]


def scripts(page: str, heading: str) -> list[str]:
    """What a section of a page tells operators to type."""
    text = (ROOT / "docs" / page).read_text()
    section = text[text.index(f"\n## {heading}\n") :]
    return re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


def test_what_operators_are_told_to_type_works(
    small: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = scripts("operations.md", "Backups")[0].splitlines()
    assert len(lines) == 4
    for line in lines:
        named = next(Path("backups").glob("kcs-*.backup"), None)
        told = line.replace("backups/kcs-*.backup", str(named))
        told = told.replace('"$EMPTY_DATABASE_URL"', f"sqlite:///{tmp_path}/restored.db")
        ended = typed(told, small)
        assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "restored.db").exists()


def test_a_backup_can_be_read_with_nothing_of_ours(
    env: dict[str, str], url: str, tmp_path: Path
) -> None:
    file = json.loads(done("create --json", env).stdout)["file"]
    head, by_gunzip, by_restore = scripts("backup.md", "The file")[0].splitlines()
    with an_empty_place(url, tmp_path) as place:
        where = make_url(place)
        script = (
            f"{head}\n{by_gunzip if where.database and url.startswith('sqlite') else by_restore}"
        )
        known = {"PGHOST": where.host or "", "PGPORT": str(where.port), "PGUSER": "app"}
        script = script.replace("kcs-20261129T120000Z.backup", file)
        for name, instead in (("> kcs.db", f"> {where.database}"), ("=kcs", f"={where.database}")):
            script = script.replace(name, instead)
        typed_in = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            env={"PATH": f"{the_binaries()}:{os.environ['PATH']}", **known},
            text=True,
            capture_output=True,
            check=False,
        )
        assert typed_in.returncode == 0, typed_in.stderr
        first, manifest = typed_in.stdout.splitlines()
        assert first.startswith("kcs-backup 1 sha256:")
        assert json.loads(manifest)["contents"]["dialect"] == where.get_backend_name()
        assert harvest(place) == harvest(url)


def test_the_page_says_of_each_key_what_its_loss_means() -> None:
    made = re.findall(r"(\w+)[-\d]*\.(?:key|pem)", scripts("operations.md", "Keys")[0])
    page = (ROOT / "docs" / "backup.md").read_text()
    assert len(made) >= 5
    assert made == re.findall(r"^\| `(\w+)\*?\.(?:key|pem)` \|", page, re.MULTILINE)
