"""What counting a request costs, in the process that serves it."""

from time import process_time

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apps.shared.infrastructure.meters import PrometheusMeters
from apps.shared.presentation.measuring import Measured
from tests.support.budget import Budget

pytestmark = pytest.mark.soak


class Route:
    path = "/api/v1/members/{member_id}"


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Do nothing but answer."""
    del receive
    scope["route"] = Route
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def nowhere(message: Message) -> None:
    """Send it nowhere."""


async def nothing() -> Message:
    return {"type": "http.request"}


async def microseconds(app: ASGIApp, times: int) -> float:
    """How much of the processor one request takes, the best of five rounds."""
    best = float("inf")
    for _ in range(5):
        begun = process_time()
        for _ in range(times):
            await app({"type": "http", "method": "GET", "state": {}}, nothing, nowhere)
        best = min(best, (process_time() - begun) / times * 1e6)
    return best


async def test_counting_a_request_takes_microseconds(budget: Budget) -> None:
    times = budget.of(1_000, 50_000)
    bare = await microseconds(answer, times)
    meters = PrometheusMeters()
    counted = await microseconds(Measured(answer, meters=meters), times)
    told = {"method": "GET", "route": Route.path, "status": "2xx"}
    assert meters.registry.get_sample_value("kcs_http_requests_total", told) == 5 * times
    budget.tell(
        f"{counted - bare:.1f} us of CPU for each request, beside {bare:.1f} us of an empty answer"
    )
