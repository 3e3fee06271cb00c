"""The dashboard and the alerts ask for nothing that is not told."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from apps.operations.infrastructure.invariants import INVARIANTS
from apps.operations.infrastructure.servers import SCRATCH
from apps.shared.infrastructure.privileges import OWNER, SERVING
from tests.support.catalog import execute
from tests.support.planted import Stage
from tests.support.scraping import known_names
from tests.support.served import ROOT, environment, typed
from tests.support.site import Site

MONITORING = ROOT / "docs" / "monitoring"
ALERTS = yaml.safe_load((MONITORING / "alerts.yml").read_text())
DASHBOARD = json.loads((MONITORING / "grafana.json").read_text())

TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
MATCHED = re.compile(r"([a-z_]+)\s*(?:=~|!~|!=|=)")
GROUPED = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
SPAN = re.compile(r"\[[^\]]*\]|\boffset\s+\w+")
NAME = re.compile(r"\b[a-zA-Z_:][a-zA-Z0-9_:]*\b(?!\s*\()")
WORDS = {"and", "or", "unless", "bool", "by", "without", "on", "ignoring"}
SET_BY_PROMETHEUS = {"job", "instance"}
BY_PROMETHEUS = "up"

Names = Mapping[str, set[str]]


def unknown(expression: str, known: Names) -> list[str]:
    """The metrics and labels of an expression that nobody tells; raise ValueError for nonsense."""
    bare = TEXT.sub('""', expression)
    if bare.count("(") != bare.count(")") or bare.count("{") != bare.count("}"):
        raise ValueError(expression)
    labels = {label for part in re.findall(r"\{([^}]*)\}", bare) for label in MATCHED.findall(part)}
    for group in GROUPED.findall(bare):
        labels |= {label.strip() for label in group.split(",")}
    rest = SPAN.sub("", GROUPED.sub("", re.sub(r"\{[^}]*\}", "", bare)))
    metrics = set(NAME.findall(rest)) - WORDS
    if not metrics:
        raise ValueError(expression)
    told = set().union(*(known.get(metric, set()) for metric in metrics)) | SET_BY_PROMETHEUS
    return sorted((metrics - known.keys() - {BY_PROMETHEUS}) | (labels - told))


def expressions() -> Iterator[tuple[str, str]]:
    for group in ALERTS["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


@pytest.fixture
async def known(postgresql: str, keys: Path) -> Names:
    async with Site(postgresql, keys, metrics_port=9_100) as site:
        stage = await Stage.set_up(site)
        for statement in stage.job(state="dead"):
            await site.change(statement)
        return await known_names(site)


async def test_every_metric_and_label_exists(known: Names) -> None:
    asked = [*expressions()]
    assert len(asked) > 30
    assert {title: unknown(told, known) for title, told in asked if unknown(told, known)} == {}


async def test_a_name_that_nobody_tells_is_found(known: Names) -> None:
    """The control."""
    for expression, wrong in (
        ("sum(rate(kcs_http_request_total[5m]))", ["kcs_http_request_total"]),
        ("max by (queue) (kcs_jobs)", ["queue"]),
        ('kcs_jobs{status="dead"} > 0', ["status"]),
        ("max(kcs_database_bytes offset 7d) > kcs_ready", []),
    ):
        assert unknown(expression, known) == wrong
    for nonsense in ("sum(kcs_ready", "1 + 2"):
        with pytest.raises(ValueError, match=re.escape(nonsense)):
            unknown(nonsense, known)


def test_each_alert_says_what_is_wrong_and_how_bad_it_is() -> None:
    rules: list[dict[str, Any]] = [rule for group in ALERTS["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["labels"]["severity"] in {"page", "warn"}
        assert rule["annotations"]["summary"].endswith(".")


def test_each_panel_has_a_place_of_its_own() -> None:
    panels = DASHBOARD["panels"]
    for name in ("id", "title"):
        assert len({panel[name] for panel in panels}) == len(panels)
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(places) == len(panels)


async def test_the_page_for_operators_names_every_metric_of_ours(known: Names) -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    ours = {re.sub(r"_(bucket|sum|count|created)$", "", name) for name in known}
    named = set(re.findall(r"`(kcs_\w+)", page)) - {OWNER, SERVING, SCRATCH}
    missing = {name for name in ours if name.startswith("kcs_")} - named
    assert not missing
    assert not named - ours


def test_what_is_found_broken_is_told_in_a_file_too(sqlite: str, tmp_path: Path) -> None:
    file = tmp_path / "kcs.prom"
    env = environment(sqlite, tmp_path)
    execute(sqlite, "INSERT INTO outbox_positions VALUES ('nobody', 9, 9, NULL)")
    found = typed(f"kcs check-invariants --textfile {file}", env)
    assert found.returncode == 1
    lines = file.read_text().splitlines()
    rule = "nobody has read further in the outbox than it goes"
    assert f'kcs_invariant_broken_rows{{invariant="{rule}"}} 1.0' in lines
    assert (
        sum(line.startswith("kcs_invariant_broken_rows{") for line in lines) == len(INVARIANTS) + 1
    )
    assert lines[-1].startswith("kcs_invariants_checked_timestamp_seconds 1.")
