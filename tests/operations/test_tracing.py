"""Spans tell which route a request took and what it asked the database, and nobody's secrets."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, format_trace_id

from apps.outside import TracingUnfit, tracing_of
from apps.shared.application.jobs import Worker
from apps.shared.infrastructure.span_export import exporting
from apps.shared.presentation.logs import access, writing
from tests.support.served import environment, typed
from tests.support.site import API, Site

PARENT = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{PARENT}-00f067aa0ba902b7-01"
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


class Spans:
    """What was exported."""

    def __init__(self) -> None:
        self.kept = InMemorySpanExporter()
        self.provider = exporting(SimpleSpanProcessor(self.kept))

    def of(self, kind: SpanKind) -> list[ReadableSpan]:
        return [span for span in self.kept.get_finished_spans() if span.kind is kind]

    def text(self) -> str:
        return "".join(span.to_json() for span in self.kept.get_finished_spans())


@pytest.fixture
def spans() -> Spans:
    return Spans()


def told(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


async def test_a_request_leaves_a_span_and_below_it_one_for_each_statement(
    url: str, keys: Path, spans: Spans
) -> None:
    async with Site(url, keys, tracing=spans.provider) as site:
        ann = await site.join("planted-nickname")
        assert spans.kept.get_finished_spans() == ()  # nothing was asked for by a request
        await ann.hold()
        spans.kept.clear()
        body = {"card_id": str((await site.some_cards(1))[0]), "condition": "mint"}
        note = {"for_trade": True, "note": "planted note"}
        assert (await ann.post("/me/copies", body | note)).status_code == 201
        (served,) = spans.of(SpanKind.SERVER)
        assert served.name == f"POST {API}/me/copies"
        assert told(served)["http.route"] == f"{API}/me/copies"
        assert told(served)["http.response.status_code"] == 201
        statements = spans.of(SpanKind.CLIENT)
        assert {span.name for span in statements} >= {"SELECT", "INSERT"}
        assert {told(span)["db.system.name"] for span in statements} == {await site.dialect()}
        assert "INSERT INTO copies" in spans.text()
        assert served.context
        for span in statements:
            assert span.parent
            assert span.context
            assert span.context.trace_id == served.context.trace_id
        for secret in ("planted", str(ann.id), ann.id.hex, ann.token):
            assert secret not in spans.text()


async def test_paths_and_queries_are_not_told(sqlite: str, keys: Path, spans: Spans) -> None:
    async with Site(sqlite, keys, tracing=spans.provider) as site:
        await site.client.get(f"{API}/vouches/planted-token")
        await site.client.get(f"{API}/cards", params={"q": "planted"})
        names = [span.name for span in spans.of(SpanKind.SERVER)]
        assert names == [f"GET {API}/vouches/{{token}}", f"GET {API}/cards"]
        assert "planted" not in spans.text()


async def test_a_fault_of_the_database_is_told_by_its_kind(
    url: str, keys: Path, spans: Spans
) -> None:
    async with Site(url, keys, tracing=spans.provider) as site:
        ann = await site.join("ann")
        (card,) = await site.some_cards(1)
        await site.run("ALTER TABLE copies RENAME TO planted_copies")
        body = {"card_id": str(card), "condition": "mint", "for_trade": True, "note": "planted"}
        assert (await ann.post("/me/copies", body)).status_code >= 500
        failed = [span for span in spans.of(SpanKind.CLIENT) if "error.type" in told(span)]
        assert failed
        assert not [event for span in failed for event in span.events]
        assert "planted" not in spans.text()


async def test_jobs_leave_spans_and_looking_for_them_does_not(
    sqlite: str, keys: Path, spans: Spans
) -> None:
    async with Site(sqlite, keys, tracing=spans.provider) as site:
        worker = await site.port(Worker)  # type: ignore[type-abstract]
        await worker.run(asyncio.Event(), once=True)
        jobs = spans.of(SpanKind.INTERNAL)
        assert "job jobs.forget" in {span.name for span in jobs}
        parents = {span.parent and span.parent.span_id for span in spans.of(SpanKind.CLIENT)}
        assert parents
        assert parents <= {span.context and span.context.span_id for span in jobs}


@contextmanager
def access_lines() -> Iterator[list[dict[str, Any]]]:
    """The lines of the access log, as machines read them."""
    out, lines = io.StringIO(), list[dict[str, Any]]()
    handler = writing("json", out)
    access.addHandler(handler)
    before = access.level
    access.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        access.removeHandler(handler)
        access.setLevel(before)
        lines += [json.loads(line) for line in out.getvalue().splitlines()]


async def test_a_trace_goes_on_and_stands_in_logs_and_problems(
    sqlite: str, keys: Path, spans: Spans
) -> None:
    for tracing in (spans.provider, None):
        async with Site(sqlite, keys, tracing=tracing) as site:
            with access_lines() as lines:
                refused = await site.client.get(f"{API}/me", headers={"traceparent": TRACEPARENT})
            assert refused.json()["trace_id"] == PARENT
            assert [line["trace_id"] for line in lines] == [PARENT]
    (served,) = spans.of(SpanKind.SERVER)
    assert served.context
    assert format_trace_id(served.context.trace_id) == PARENT


@pytest.mark.parametrize(
    "header",
    [
        "",
        "planted",
        TRACEPARENT.upper(),
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        "ff" + TRACEPARENT[2:],
    ],
)
async def test_without_a_trace_there_is_none_to_tell(sqlite: str, keys: Path, header: str) -> None:
    async with Site(sqlite, keys) as site:
        with access_lines() as lines:
            refused = await site.client.get(f"{API}/me", headers={"traceparent": header})
        assert "trace_id" not in refused.json()
        assert [line.get("trace_id") for line in lines] == [None]


def test_where_nobody_wants_spans_there_are_none() -> None:
    for told_by in (
        {},
        {ENDPOINT: "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "true"},
        {ENDPOINT: "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": "none"},
    ):
        assert tracing_of(told_by) is None


def test_what_cannot_be_sent_is_told_at_the_start(
    sqlite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {ENDPOINT: "http://127.0.0.1:4318"}
    with pytest.raises(TracingUnfit, match="not by grpc"):
        tracing_of(wanted | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})
    monkeypatch.delitem(sys.modules, "apps.shared.infrastructure.span_export")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    for command in ("kcs serve --port 0", "kcs worker --once"):
        refused = typed(command, environment(sqlite, tmp_path, **wanted))
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr.splitlines()[-1] == (
            f"{ENDPOINT} is set, but OpenTelemetry is not installed:"
            " `poetry install --extras otel`."
        )


@contextmanager
def a_collector() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Yield the address of a server that takes spans, and what it was sent."""
    sent: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", sent
        finally:
            server.shutdown()
            thread.join()


def test_spans_arrive_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    with a_collector() as (address, sent):
        monkeypatch.setenv(ENDPOINT, address)
        provider: Any = tracing_of({ENDPOINT: address})
        with provider.get_tracer("test").start_as_current_span("GET /somewhere"):
            pass
        provider.shutdown()
    ((path, body),) = sent
    assert path == "/v1/traces"
    assert b"GET /somewhere" in body
    assert b"kcardswap" in body
