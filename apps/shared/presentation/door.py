"""What every request passes, whatever becomes of it inside."""

from collections.abc import Callable, Collection

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from opentelemetry.trace import TracerProvider
from starlette.types import ASGIApp

from apps.shared.application.meters import Meters
from apps.shared.domain.ids import Ids
from apps.shared.presentation.logs import AccessLog
from apps.shared.presentation.measuring import Measured
from apps.shared.presentation.origins import CrossOrigins, KnownHosts
from apps.shared.presentation.request_id import RequestId
from apps.shared.presentation.safe_headers import SafeHeaders


def at_the_door(
    app: ASGIApp,
    *,
    names: Collection[str],
    origins: Collection[str],
    https: bool,
    ids: Ids,
    meters: Meters | None,
) -> ASGIApp:
    """Wrap what answers requests, faults included; without meters they are not counted."""
    app = KnownHosts(app, names=names)
    app = CrossOrigins(app, origins=origins)
    app = SafeHeaders(app, https=https)
    app = AccessLog(app)
    if meters:
        app = Measured(app, meters=meters)
    return RequestId(app, ids=ids)


def put_around(app: FastAPI, wrap: Callable[[ASGIApp], ASGIApp]) -> None:
    """Let something stand outside of what answers faults, where no middleware can be added."""
    build = app.build_middleware_stack
    vars(app)["build_middleware_stack"] = lambda: wrap(build())


def telemetry(provider: TracerProvider | None) -> TelemetryConfig:
    """Have FastAPI leave a span for each request, if anybody wants it, and do no more than that.

    Where nothing is wanted, it would still look for providers at every request.
    """
    return {
        "tracing": provider is not None,
        "tracer_provider": provider,
        "metrics": False,
        "logs": False,
        "operation_spans": False,
        "auto_configure": False,
    }
