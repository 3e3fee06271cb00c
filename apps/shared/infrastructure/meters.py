"""Meters as Prometheus reads them; docs/operations.md lists their names."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from apps.shared.application.meters import Meters, Served
from apps.shared.infrastructure.readiness import head

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
OTHER = "OTHER"
"""Whatever else a client calls its method."""

ANSWERS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15)
RUNS = (0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 900)
LAGS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
"""Seconds up to which each bucket reaches; from what is usual to where patience ends."""

Ended = tuple[Counter, Histogram]

# When each counter was made would be as many series again.
disable_created_metrics()  # type: ignore[no-untyped-call]


class PrometheusMeters(Meters):
    """A registry of its own for each container, with the process and the version besides."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)
        self._children: dict[tuple[str, str, int | None], Ended] = {}
        self._requests = Counter(
            "kcs_http_requests",
            "Requests that are over; `status` is 2xx to 5xx, or none where nobody was answered.",
            ["method", "route", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "kcs_http_request_duration_seconds",
            "How long they took, from their head to the end of the answer.",
            ["method", "route"],
            buckets=ANSWERS,
            registry=registry,
        )
        self._under_way = Gauge(
            "kcs_http_requests_in_progress",
            "Requests under way, waiting or not.",
            registry=registry,
        )
        self._waiting = Gauge(
            "kcs_waiting",
            "Who waits for room: requests at the admission, units of work at the turnstile.",
            ["where"],
            registry=registry,
        )
        self._refusals = Counter(
            "kcs_http_refusals",
            "Refused requests by the code of their problem, as clients read it.",
            ["route", "code"],
            registry=registry,
        )
        self._unavailable = Counter(
            "kcs_http_unavailable",
            "Requests answered 503, by what was not to be had.",
            ["reason"],
            registry=registry,
        )
        self._retries = Counter(
            "kcs_transaction_retries", "Further attempts at a unit of work.", registry=registry
        )
        self._replays = Counter(
            "kcs_idempotency_replays",
            "Answers that were kept under an Idempotency-Key and given again.",
            registry=registry,
        )
        self._lag = Histogram(
            "kcs_event_loop_lag_seconds",
            "By how much the event loop of this process was late, looked at twice a second.",
            buckets=LAGS,
            registry=registry,
        )
        self._runs = Counter(
            "kcs_worker_runs",
            "Attempts at jobs: done, failed, dead (given up) or handed_back.",
            ["kind", "outcome"],
            registry=registry,
        )
        self._run_seconds = Histogram(
            "kcs_worker_run_duration_seconds",
            "How long an attempt took.",
            ["kind"],
            buckets=RUNS,
            registry=registry,
        )
        about = Gauge(
            "kcs_build_info",
            "1; the version, and the revision of the schema that it needs.",
            ["version", "revision"],
            registry=registry,
        )
        about.labels(version("kcardswap"), head()).set(1)
        for where in ("admission", "turnstile"):
            self._waiting.labels(where)

    def begin(self) -> None:
        """Count one more."""
        self._under_way.inc()

    def end(self, served: Served) -> None:
        """Look the two meters of its route up, which are made once."""
        self._under_way.dec()
        key = (served.method, served.route, served.status and served.status // 100)
        counter, histogram = self._children.get(key) or self._make(key)
        counter.inc()
        histogram.observe(served.seconds)
        if served.refusal:
            self._refusals.labels(served.route, served.refusal).inc()
        if served.reason:
            self._unavailable.labels(served.reason).inc()
        if served.retries:
            self._retries.inc(served.retries)
        if served.replayed:
            self._replays.inc()

    @contextmanager
    def waiting(self, where: str) -> Iterator[None]:
        """Count one more for as long as this lasts."""
        line = self._waiting.labels(where)
        line.inc()
        try:
            yield
        finally:
            line.dec()

    def ran(self, kind: str, outcome: str, seconds: float) -> None:
        """Count it."""
        self._runs.labels(kind, outcome).inc()
        self._run_seconds.labels(kind).observe(seconds)

    def lagged(self, seconds: float) -> None:
        """Note it."""
        self._lag.observe(seconds)

    def _make(self, key: tuple[str, str, int | None]) -> Ended:
        told, route, kind = key
        method = told if told in METHODS else OTHER
        status = f"{kind}xx" if kind else "none"
        made = (self._requests.labels(method, route, status), self._seconds.labels(method, route))
        if method != OTHER:  # others are as many as clients think of
            self._children[key] = made
        return made
