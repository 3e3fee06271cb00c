"""Spans of what is sent to the database: the words, never the values.

There are none but below a span of a request or of a job, so that what a worker asks each second
leaves no trace.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from dishka import Provider, Scope
from opentelemetry.trace import (
    INVALID_SPAN,
    Span,
    SpanKind,
    StatusCode,
    Tracer,
    TracerProvider,
    get_current_span,
    use_span,
)
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from apps.shared.infrastructure.reads import Driver

SCOPE = "kcardswap"


def traced(provider: TracerProvider | None) -> Sequence[Provider]:
    """Return what lets services leave spans there, which is nothing where nobody wants them."""
    if provider is None:
        return ()
    tracer = provider.get_tracer(SCOPE)
    services = Provider(scope=Scope.APP)

    def driver(plain: Driver) -> Driver:
        return TracedDriver(plain, tracer)

    def engine(plain: AsyncEngine) -> AsyncEngine:
        return traced_engine(plain, tracer)

    services.provide(lambda: tracer, provides=Tracer)
    services.decorate(driver, provides=Driver)
    services.decorate(engine, provides=AsyncEngine)
    return (services,)


def begin(tracer: Tracer, sql: str, system: str) -> Span:
    """Begin the span of a statement, if it is part of anything."""
    if not get_current_span().is_recording():
        return INVALID_SPAN
    words = sql.split(maxsplit=1)
    told = {"db.system.name": system, "db.query.text": sql}
    return tracer.start_span(words[0] if words else "SQL", kind=SpanKind.CLIENT, attributes=told)


def fail(span: Span, fault: BaseException) -> None:
    """Say which kind of fault it was; its text may hold values."""
    span.set_attribute("error.type", type(fault).__name__)
    span.set_status(StatusCode.ERROR)


@contextmanager
def spanning(tracer: Tracer, name: str) -> Iterator[None]:
    """Leave a span of whatever is done inside."""
    with tracer.start_as_current_span(
        name, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield
        except Exception as fault:
            fail(span, fault)
            raise


class TracedDriver(Driver):
    """Leaves a span for each question."""

    def __init__(self, driver: Driver, tracer: Tracer) -> None:
        self.dialect = driver.dialect
        self._driver = driver
        self._tracer = tracer

    async def fetch(self, sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        """Pass it on."""
        with self._span(sql):
            return await self._driver.fetch(sql, values)

    async def change(self, sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        """Pass it on."""
        with self._span(sql):
            return await self._driver.change(sql, values)

    async def fetch_on(
        self, connection: Any, sql: str, values: Sequence[Any]
    ) -> Iterable[Iterable[Any]]:
        """Pass it on."""
        with self._span(sql):
            return await self._driver.fetch_on(connection, sql, values)

    def pools(self) -> Mapping[str, tuple[int, int]]:
        """Pass it on."""
        return self._driver.pools()

    async def close(self) -> None:
        """Pass it on."""
        await self._driver.close()

    @contextmanager
    def _span(self, sql: str) -> Iterator[None]:
        span = begin(self._tracer, sql, self.dialect.name)
        try:
            with use_span(span, record_exception=False, set_status_on_exception=False):
                yield
        except Exception as fault:
            fail(span, fault)
            raise
        finally:
            span.end()


def traced_engine(engine: AsyncEngine, tracer: Tracer) -> AsyncEngine:
    """Have its connections leave a span for each statement."""
    spans: dict[Any, Span] = {}

    def before(*call: Any) -> None:
        spans[call[4]] = begin(tracer, call[2], engine.dialect.name)

    def after(*call: Any) -> None:
        spans.pop(call[4]).end()

    def failed(context: Any) -> None:
        if span := spans.pop(context.execution_context, None):
            fail(span, context.original_exception)
            span.end()

    event.listen(engine.sync_engine, "before_cursor_execute", before)
    event.listen(engine.sync_engine, "after_cursor_execute", after)
    event.listen(engine.sync_engine, "handle_error", failed)
    return engine
