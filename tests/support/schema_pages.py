"""Writes the pages about the schema anew, with a PostgreSQL of its own: `make schema`."""

import os
from pathlib import Path

from tests.support.postgres import a_cluster
from tests.support.served import ROOT, environment, typed

COMMANDS = {
    "schema.postgresql.sql": "kcs db export-schema --dialect postgresql",
    "schema.sqlite.sql": "kcs db export-schema --dialect sqlite",
    "erd.md": "kcs docs erd",
}


def write(server: str) -> int:
    """Write all pages, then hold them against each other."""
    env = environment(f"{server}/postgres", Path(os.devnull))
    for name, command in COMMANDS.items():
        done = typed(command, env)
        if done.returncode:
            raise SystemExit(done.stderr)
        (ROOT / "docs" / name).write_text(done.stdout, encoding="utf-8")
    verified = typed("kcs db verify", env)
    print(verified.stdout + verified.stderr, end="")  # noqa: T201
    return verified.returncode


if __name__ == "__main__":
    with a_cluster() as cluster:
        raise SystemExit(write(cluster))
