"""Where spans go, by the SDK of OpenTelemetry; loaded only where its extra is asked for."""

from collections.abc import Sequence
from typing import Any

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind
from opentelemetry.trace.span import TraceState

UNTOLD = frozenset({"url.path", "url.query"})
"""What may hold ids, tokens and what somebody looks for; the route is told instead."""


class Discreet(Sampler):
    """Chooses as another one does, and keeps to itself what is nobody's business."""

    def __init__(self, inner: Sampler) -> None:
        self._inner = inner

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Any = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Leave it to the other one."""
        told = {key: value for key, value in (attributes or {}).items() if key not in UNTOLD}
        return self._inner.should_sample(
            parent_context, trace_id, name, kind, told, links, trace_state
        )

    def get_description(self) -> str:
        """Name both."""
        return f"Discreet({self._inner.get_description()})"


def exporting(processor: SpanProcessor | None = None) -> TracerProvider:
    """Send spans where the standard variables say, unless there is another use for them."""
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: "kcardswap"}))
    provider.sampler = Discreet(provider.sampler)
    provider.add_span_processor(processor or BatchSpanProcessor(OTLPSpanExporter()))
    return provider
