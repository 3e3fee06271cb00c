"""The results as a table in Markdown."""

from collections.abc import Callable, Iterator, Sequence
from statistics import median

from bench.load import Outcome
from bench.operations import OPERATIONS
from bench.rounds import Results

HEAD = (
    "operation",
    "system",
    "requests/s",
    "p50 ms",
    "p99 ms",
    "server CPU us",
    "database CPU us",
    "load CPU",
    "of bare, by requests/s",
    "of bare, by server CPU",
)
BARE, OURS, EMBEDDED = "bare", "ours", "ours, SQLite"


def table(results: Results) -> str:
    """Return one line for each operation and system, in medians over the rounds."""
    lines = [HEAD, ("---", "---", *["---:"] * (len(HEAD) - 2))]
    for operation in OPERATIONS:
        for system in (BARE, OURS, EMBEDDED):
            outcomes = results[operation.name, system]
            bare = results[operation.name, BARE]
            lines.append((operation.name, system, *_figures(outcomes), *_ratios(outcomes, bare)))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _figures(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield f"{_median(outcomes, rate):.0f}"
    yield f"{_median(outcomes, p50):.1f}"
    yield f"{_median(outcomes, p99):.1f}"
    yield f"{_median(outcomes, server_cpu):.0f}"
    yield f"{_median(outcomes, database_cpu):.0f}"
    yield f"{_median(outcomes, load_share):.0%}"


def _ratios(outcomes: Sequence[Outcome], bare: Sequence[Outcome]) -> Iterator[str]:
    if outcomes is bare:
        yield from ("1", "1")
        return
    pairs = list(zip(outcomes, bare, strict=True))
    yield _spread([rate(ours) / rate(theirs) for ours, theirs in pairs])
    yield _spread([server_cpu(theirs) / server_cpu(ours) for ours, theirs in pairs])


def _spread(ratios: Sequence[float]) -> str:
    return f"{median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


def _median(outcomes: Sequence[Outcome], figure: Callable[[Outcome], float]) -> float:
    return median(figure(outcome) for outcome in outcomes)


def rate(outcome: Outcome) -> float:
    """Requests per second."""
    return len(outcome.latencies) / outcome.seconds


def p50(outcome: Outcome) -> float:
    """Milliseconds that half of the requests took at most."""
    return median(outcome.latencies) * 1_000


def p99(outcome: Outcome) -> float:
    """Milliseconds that 99 of 100 requests took at most."""
    return sorted(outcome.latencies)[len(outcome.latencies) * 99 // 100] * 1_000


def server_cpu(outcome: Outcome) -> float:
    """Microseconds of the server's CPU for a request."""
    return outcome.server_cpu / len(outcome.latencies) * 1e6


def database_cpu(outcome: Outcome) -> float:
    """Microseconds of the database's CPU for a request; none where it is part of the server."""
    return outcome.database_cpu / len(outcome.latencies) * 1e6


def load_share(outcome: Outcome) -> float:
    """How much of one core the load took."""
    return outcome.load_cpu / outcome.seconds
