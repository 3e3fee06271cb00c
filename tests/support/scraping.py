"""What Prometheus would read of a site, in the way it reads it."""

from collections.abc import Mapping
from contextlib import suppress

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from apps.operations.presentation.command import as_metrics
from apps.shared.application.meters import Served, Watch
from apps.shared.infrastructure.meters import PrometheusMeters
from apps.shared.infrastructure.watch import SqlWatch
from tests.support.site import Site

Sample = tuple[str, frozenset[tuple[str, str]]]


def scraped(registry: CollectorRegistry) -> dict[Sample, float]:
    """Every sample there is."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(generate_latest(registry).decode())
        for sample in family.samples
    }


async def scrape(site: Site) -> dict[Sample, float]:
    return scraped(await site.port(CollectorRegistry))


async def count(site: Site, name: str, **labels: str) -> float:
    """The value of one sample, 0 where there is none."""
    return (await scrape(site)).get((name, frozenset(labels.items())), 0)


async def look(site: Site) -> None:
    """Have the database looked at, as the timer would."""
    watch = await site.port(Watch)  # type: ignore[type-abstract]
    assert isinstance(watch, SqlWatch)
    await watch.look()


async def known_names(site: Site) -> Mapping[str, set[str]]:
    """Every name that may be scraped, with its labels, once all there is to count was counted."""
    meters = await site.port(PrometheusMeters)
    meters.begin()
    told = {"refusal": "busy", "reason": "database", "retries": 1, "replayed": True}
    meters.end(Served(method="GET", route="/", status=503, seconds=0.1, **told))  # type: ignore[arg-type]
    meters.ran("job", "done", 0.1)
    meters.lagged(0.1)
    with suppress(Exception):
        await look(site)
    names: dict[str, set[str]] = {}
    for samples in (await scrape(site), scraped(as_metrics({"a rule": 0}))):
        for name, labels in samples:
            names.setdefault(name, set()).update(label for label, _ in labels)
    return names
