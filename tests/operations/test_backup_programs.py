"""pg_dump and pg_restore: which ones are run, and what they are told."""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from apps.backups import backups_of
from apps.operations.application.backups import BackupImpossible
from apps.operations.infrastructure.postgresql_programs import Programs
from apps.settings import Settings
from tests.support.backups import keeping, silent
from tests.support.databases import at
from tests.support.postgres import the_binaries


async def test_where_there_is_no_program_it_is_said_what_to_install(
    postgresql: str, tmp_path: Path
) -> None:
    settings = Settings(database_url=postgresql, data_dir=tmp_path, pg_bin_dir=str(tmp_path))
    with pytest.raises(BackupImpossible, match=f"no pg_dump in {tmp_path}.*PG_BIN_DIR"):
        await backups_of(settings).create(tmp_path / "backups", tell=silent)


def a_program(folder: Path, name: str, script: str) -> Programs:
    """Lay down something else under the name of a program."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o700)
    return Programs(str(folder))


async def test_a_program_that_is_older_than_the_server_is_not_run(tmp_path: Path) -> None:
    old = a_program(tmp_path / "bin", "pg_dump", "echo 'pg_dump (PostgreSQL) 9.6.24'")
    with pytest.raises(BackupImpossible, match="is of version 9, and the server of version 17"):
        await old.ensure_as_new("pg_dump", 17)
    await old.ensure_as_new("pg_dump", 9)
    await Programs(str(the_binaries())).ensure_as_new("pg_dump", 15)


async def test_a_password_is_no_argument_of_a_program(tmp_path: Path) -> None:
    url = make_url("postgresql+asyncpg://app:hun%40ter2@db.kcs.test:5433/kcs?ssl=require")
    programs = a_program(
        tmp_path / "bin", "pg_dump", 'echo "$*|$PGPASSWORD|$PGHOST|$PGPORT|$PGSSLMODE|$PGDATABASE"'
    )
    told = bytearray()

    async def put(piece: bytes) -> None:
        told.extend(piece)

    await programs.dump(url, "00000003-1", put)
    arguments, *rest = told.decode().strip().split("|")
    assert "hun@ter2" not in arguments
    assert rest == ["hun@ter2", "db.kcs.test", "5433", "require", "kcs"]


async def test_a_database_that_is_away_is_told(cluster: str, tmp_path: Path) -> None:
    for gone in (at(cluster, "nobodys"), "postgresql+asyncpg://a@127.0.0.1:1/b"):
        with pytest.raises(BackupImpossible):
            await keeping(gone, tmp_path).create(tmp_path / "backups", tell=silent)
