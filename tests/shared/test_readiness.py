"""Alive is not ready: what machines are told about the service."""

from pathlib import Path
from typing import Any

import pytest
from httpx import Response

from apps.shared.infrastructure.readiness import head
from tests.support.catalog import execute
from tests.support.site import Site

SECRETS = ("planted", "sqlite", "postgres", "asyncpg", "127.0.0.1", "app@", "kcs_", "/tmp", "/dev")


async def answers(url: str, keys: Path, path: str = "/readyz", **settings: Any) -> Response:
    async with Site(url, keys, **settings) as site:
        return await site.client.get(path)


def is_not_ready(answer: Response, reason: str) -> bool:
    told = answer.json()
    return (
        (answer.status_code, told["code"], answer.headers["Retry-After"]) == (503, "not-ready", "1")
        and reason in told["detail"]
        and not any(secret in answer.text for secret in SECRETS)
    )


async def test_a_migrated_database_is_ready(url: str, keys: Path) -> None:
    answer = await answers(url, keys)
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "revision": head()})


async def test_an_empty_database_is_not_ready(empty_url: str, keys: Path) -> None:
    execute(empty_url, "CREATE TABLE strays (id INTEGER)")
    answer = await answers(empty_url, keys)
    assert is_not_ready(answer, "alembic upgrade head")
    assert revisions(answer) == (head(), None)


def revisions(answer: Response) -> tuple[str, str | None]:
    """What is needed, and what was found."""
    told = answer.json()
    return told["expected_revision"], told["found_revision"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE alembic_version SET version_num = 'earlier'", "earlier"),
        ("DELETE FROM alembic_version", None),
    ],
)
async def test_another_revision_is_not_ready(site: Site, change: str, found: str | None) -> None:
    await site.run(change)
    answer = await site.client.get("/readyz")
    assert is_not_ready(answer, f"another revision ({found or 'none'}, not {head()})")
    assert revisions(answer) == (head(), found)


async def test_a_table_that_is_missing_is_named(site: Site) -> None:
    await site.run("ALTER TABLE handshakes RENAME TO elsewhere")
    answer = await site.client.get("/readyz")
    assert is_not_ready(answer, "The schema lacks handshakes.")
    assert answer.json()["missing_tables"] == ["handshakes"]


async def test_a_database_that_is_not_there_is_not_ready(keys: Path, tmp_path: Path) -> None:
    for url, why in (
        (f"sqlite+aiosqlite:///{tmp_path}/missing/kcs.db", "is empty"),
        ("postgresql+asyncpg://planted:planted@127.0.0.1:1/planted", "does not answer"),
    ):
        for path in ("/readyz", "/startupz"):
            assert is_not_ready(await answers(url, keys, path), why)


async def test_the_process_is_alive_whatever_the_database_does(
    keys: Path, empty_url: str, tmp_path: Path
) -> None:
    for url in (empty_url, f"sqlite+aiosqlite:///{tmp_path}/missing/kcs.db"):
        answer = await answers(url, keys, "/healthz")
        assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


async def test_ready_again_as_soon_as_the_schema_is(site: Site) -> None:
    await site.run("UPDATE alembic_version SET version_num = 'earlier'")
    assert (await site.client.get("/readyz")).status_code == 503
    await site.run("UPDATE alembic_version SET version_num = :head", head=head())
    assert (await site.client.get("/readyz")).status_code == 200


async def test_the_service_has_come_up_once_it_was_ready(site: Site) -> None:
    await site.run("UPDATE alembic_version SET version_num = 'earlier'")
    assert is_not_ready(await site.client.get("/startupz"), "another revision")
    await site.run("UPDATE alembic_version SET version_num = :head", head=head())
    for change in ("'earlier'", "'later'"):
        answer = await site.client.get("/startupz")
        assert (answer.status_code, answer.json()) == (200, {"status": "started"})
        await site.run(f"UPDATE alembic_version SET version_num = {change}")
        assert (await site.client.get("/readyz")).status_code == 503
