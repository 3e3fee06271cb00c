"""The rules of the house, each of them checked and each of them shown to be breakable."""

import tomllib
from collections.abc import AsyncIterator
from typing import Annotated

import grimp
import pytest
from fastapi import Depends, FastAPI
from pydantic import Field

from apps.identity.domain.user import User
from apps.main import create_app
from apps.settings import Settings
from apps.shared.domain.errors import DomainError
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate, Event
from apps.shared.presentation.bodies import Body, Line
from apps.shared.presentation.routes import CommandRoute, StrictRoute
from apps.shared.presentation.who import SIGNED_IN
from tests.support.kinds import (
    all_classes,
    boundless_text,
    entangled_aggregates,
    loose_events,
    misnamed_rows,
    shared_codes,
    sloppy_use_cases,
    untold_refusals,
    use_cases,
)
from tests.support.routes import (
    PUBLIC,
    bodies_of,
    doors_left_open,
    lingering_routes,
    loose_routes,
    place_of,
    routes_of,
)
from tests.support.sources import (
    CLIENTS,
    ROOT,
    Rule,
    Source,
    all_files,
    calls,
    has_a_class_with_a_kind_in_its_name,
    has_a_name_without_idea,
    has_no_docstring,
    imports,
    is_long,
    keeps_state,
    lies_astray,
    mentions,
    python_files,
    raises,
    says,
)

EVERYWHERE = ("apps/", "alembic/", "tests/")
WRONG = "apps/trading/application/wrong.py"

RULES = [
    Rule(
        "only the unit of work commits",
        calls("commit"),
        Source(WRONG, "async def f(session): await session.commit()"),
        only=frozenset({"apps/shared/infrastructure/unit_of_work.py"}),
    ),
    Rule(
        "refusals are errors of the domain, HTTPException is raised nowhere",
        raises("HTTPException", "RequestValidationError"),
        Source(WRONG, "def f(): raise fastapi.HTTPException(404)"),
    ),
    Rule(
        "time and ids come from the clock module",
        calls(
            *("datetime.now", "datetime.today", "date.today", "utcnow", "time.time"),
            *("uuid1", "uuid4", "uuid7"),
        ),
        Source(WRONG, "def f(): return uuid.uuid4()"),
        only=frozenset({"apps/shared/infrastructure/clock.py"}),
    ),
    Rule(
        "only migrations make tables",
        calls("create_all", "drop_all"),
        Source(WRONG, "def f(engine): Model.metadata.create_all(engine)"),
        below=EVERYWHERE,
    ),
    Rule(
        "services are built once and do not change after that",
        keeps_state,
        Source(WRONG, "class A:\n    def f(self): self.last = 1"),
        outside=("/domain/", "apps/demo/"),  # a demo plays a member, who remembers
    ),
    Rule(
        "nothing is built for one request only",
        mentions("Scope.REQUEST"),
        Source(WRONG, "import dishka\nclass A:\n    scope = dishka.Scope.REQUEST"),
    ),
    Rule(
        "one module knows jose",
        imports("jose"),
        Source(WRONG, "from jose.jwk import Key"),
        only=frozenset({"apps/identity/infrastructure/tokens.py"}),
    ),
    Rule(
        "an import shows what a module depends on, also at run time",
        mentions("TYPE_CHECKING"),
        Source(WRONG, "if typing.TYPE_CHECKING: import fastapi"),
    ),
    Rule(
        "modules lie in a layer of a context and not deeper",
        lies_astray,
        Source("apps/trading/domain/trades/trade.py", ""),
    ),
    Rule(
        "modules are named after ideas",
        has_a_name_without_idea,
        Source("apps/trading/domain/utils.py", ""),
        below=EVERYWHERE,
    ),
    Rule(
        "every file says in a docstring what it is about",
        has_no_docstring,
        Source(WRONG, ""),
        below=EVERYWHERE,
        outside=("alembic/script.py.mako",),
    ),
    Rule(
        "no file is long",
        is_long,
        Source(WRONG, "pass\n" * 301),
        below=EVERYWHERE,
    ),
    Rule(
        "classes are named after what they are for",
        has_a_class_with_a_kind_in_its_name,
        Source(WRONG, "class ITradeRepository: pass"),
    ),
]

CLASSES = all_classes()
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, list[str]]]:
    """Where each rule is broken, by its sentence and by file; each file is read once."""
    broken: dict[str, dict[str, list[str]]] = {rule.sentence: {} for rule in RULES}
    for source in python_files():
        for rule in RULES:
            if rule.concerns(source) and (faults := [*rule.faults(source)]):
                broken[rule.sentence][source.path] = faults
    return broken


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.sentence)
def test_every_file_keeps_the_rule(rule: Rule, found: dict[str, dict[str, list[str]]]) -> None:
    faults = found[rule.sentence]
    assert not {path: told for path, told in faults.items() if path not in rule.only}
    assert faults.keys() == rule.only, "an exception nobody needs"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.sentence)
def test_a_file_that_breaks_the_rule_is_found(rule: Rule) -> None:
    assert rule.concerns(rule.wrong)
    assert any(rule.faults(rule.wrong))


def test_no_file_names_a_package_registry_or_what_lies_outside_the_repository() -> None:
    named = says(r"pypi[.]org|pythonhosted[.]org|registry[.]npmjs|[.][.]/shared")
    assert not [fault for source in all_files() for fault in named(source)]
    assert any(named(Source("Makefile", "see {}/shared/notes".format(".."))))


def test_events_are_frozen() -> None:
    class Changeable(Event):
        news: str

    assert not loose_events(CLASSES)
    assert loose_events([Changeable]) == ["Changeable"]


def test_every_refusal_has_a_title_and_a_code_of_its_own() -> None:
    class Untold(DomainError):
        pass

    twins = [type("TooLate", (DomainError,), {}) for _ in range(2)]
    assert not untold_refusals(CLASSES)
    assert not shared_codes(CLASSES)
    assert untold_refusals([Untold]) == ["Untold"]
    assert shared_codes(twins) == ["too-late"]


def test_aggregates_hold_ids_not_other_aggregates() -> None:
    class Household(Aggregate[MemberId]):
        people: tuple[User, ...] | None

    assert not entangled_aggregates(CLASSES)
    assert entangled_aggregates([Household]) == ["Household.people"]


def test_use_cases_are_frozen_dataclasses_with_a_docstring() -> None:
    assert len(use_cases(CLASSES)) > 10
    assert not sloppy_use_cases(use_cases(CLASSES))
    assert sloppy_use_cases([type("Careless", (), {})]) == ["Careless"]


def test_rows_and_only_rows_are_called_models() -> None:
    assert not misnamed_rows(CLASSES)
    assert misnamed_rows([type("RoleModel", (), {})]) == ["RoleModel"]


def side_doors(graph: grimp.ImportGraph) -> list[str]:
    """Find imports of another context that go past its contract; whoever wires may see all."""

    def context(module: str) -> str:
        return module.split(".")[1]

    entrances = ("start", "cli", "main", "routers", "outside", "defaults")
    operators = ("checks", "backups", "rehearsal")
    settings = ("settings", "database_settings")
    entries = {"apps", *(f"apps.{name}" for name in (*entrances, *operators, *settings))}
    return [
        f"{importer} -> {imported}"
        for importer in graph.modules - entries
        for imported in graph.find_modules_directly_imported_by(importer)
        if context(imported) not in {context(importer), "shared"}
        and not imported.endswith(".contract")
    ]


def test_a_context_is_entered_only_through_its_contract() -> None:
    graph = grimp.build_graph("apps", cache_dir=None)
    assert not side_doors(graph)
    shortcut = ("apps.trading.infrastructure.queries", "apps.collection.infrastructure.models")
    graph.add_import(importer=shortcut[0], imported=shortcut[1])
    assert side_doors(graph) == [" -> ".join(shortcut)]


def test_the_import_contracts_know_every_context() -> None:
    packages = {path.parent.name for path in (ROOT / "apps").glob("*/__init__.py")}
    contexts = packages - CLIENTS
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    contracts = {contract["id"]: contract for contract in linter["contracts"]}
    layers = " | ".join(contracts["contexts"]["layers"]).split(" | ")
    assert packages <= set(layers)
    assert {f"apps.{context}" for context in contexts} == set(contracts["layers"]["containers"])
    assert all(contracts[id]["exhaustive"] for id in ("contexts", "layers"))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """Nobody ever asks its database."""
    folder = tmp_path_factory.mktemp("architecture")
    return create_app(Settings(data_dir=folder, database_url=f"sqlite+aiosqlite:///{folder}/no.db"))


def test_every_route_asks_who_it_is_or_is_public(app: FastAPI) -> None:
    assert not doors_left_open(app)
    assert {place_of(route) for route in routes_of(app)} >= PUBLIC, "a public route that is gone"
    careless = FastAPI()
    careless.add_api_route("/secrets", answer)
    careless.add_api_route("/diaries", answer, dependencies=SIGNED_IN)
    assert len(doors_left_open(careless)) == 2


def test_changes_run_in_one_unit_of_work_and_all_routes_are_strict(app: FastAPI) -> None:
    assert not loose_routes(app)
    careless = FastAPI()
    careless.router.route_class = StrictRoute
    careless.add_api_route("/trades", answer, methods=["POST"])
    assert loose_routes(careless) == ["('POST', '/trades') is a StrictRoute"]


def test_no_command_has_a_dependency_that_outlives_its_attempt(app: FastAPI) -> None:
    async def linger() -> AsyncIterator[None]:
        yield

    assert not lingering_routes(app)
    careless = FastAPI()
    careless.router.route_class = CommandRoute
    careless.add_api_route("/trades", answer, methods=["POST"], dependencies=[Depends(linger)])
    assert lingering_routes(careless) == ["('POST', '/trades')"]


def test_every_text_in_a_request_has_a_greatest_length(app: FastAPI) -> None:
    class Letter(Body):
        heading: Annotated[Line, Field(max_length=10)]
        lines: list[Line] | None

    assert len(bodies_of(app)) > 10
    assert not [fault for body in bodies_of(app) for fault in boundless_text(body)]
    assert boundless_text(Letter) == [".lines"]


async def answer() -> None:
    """Answer nothing."""
