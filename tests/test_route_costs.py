"""Each route of a context that counts statements has its number, and nothing else has one."""

from importlib import import_module
from pathlib import Path

import pytest
from fastapi import FastAPI

from apps.main import create_app
from apps.settings import Settings
from tests.support.costs import Place, miscounted
from tests.support.routes import API

TABLES: dict[str, dict[Place, int]] = {
    path.parent.name: import_module(f"tests.{path.parent.name}.{path.stem}").COSTS
    for path in sorted(Path(__file__).parent.glob("*/test_route_costs.py"))
}
COUNTED_WITH = {"identity": {"shared"}}
"""Routes of the system are counted beside those of identity."""
WITHOUT = {"catalogue", "collection", "matching", "operations", "trading"}
"""Contexts of which each route is counted where its part is tested, and no table tells of all."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    folder = tmp_path_factory.mktemp("costs")
    return create_app(Settings(data_dir=folder, database_url=f"sqlite+aiosqlite:///{folder}/no.db"))


def test_every_context_has_a_table_or_is_known_to_have_none() -> None:
    apps = Path(__file__).parent.parent / "apps"
    contexts = {path.parent.name for path in apps.glob("*/presentation")} - {"shared"}
    assert contexts == TABLES.keys() | WITHOUT
    assert not TABLES.keys() & WITHOUT


@pytest.mark.parametrize("context", TABLES)
def test_every_route_of_it_is_counted(app: FastAPI, context: str) -> None:
    contexts = {context} | COUNTED_WITH.get(context, set())
    assert not miscounted(app, TABLES[context], contexts)


@pytest.mark.parametrize("context", TABLES)
def test_a_route_that_is_not_counted_is_found(app: FastAPI, context: str) -> None:
    contexts, table = {context} | COUNTED_WITH.get(context, set()), TABLES[context]
    for place in table:
        assert miscounted(app, table.keys() - {place}, contexts) == {place}
    gone = ("GET", f"{API}/gone")
    assert miscounted(app, {*table, gone}, contexts) == {gone}
