"""What can be told of the database and of the pools, looked at by a timer and not by a scrape.

However often somebody scrapes, the database is asked the same few questions each quarter of a
minute; while it is away, what it would tell is left out.
"""

import logging
from asyncio import TaskGroup, get_running_loop, sleep
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import case, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncEngine

from apps.shared.application.meters import Meters, Watch
from apps.shared.application.outbox import ListConsumers
from apps.shared.application.readiness import NotReady, Readiness
from apps.shared.domain.errors import Busy
from apps.shared.infrastructure.feed import BEHIND, POSITIONS
from apps.shared.infrastructure.jobs import READY, JobModel
from apps.shared.infrastructure.meters import PrometheusMeters
from apps.shared.infrastructure.moments import NOW
from apps.shared.infrastructure.outbox import OUTBOX
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Driver, Reads

EVERY_S = 15.0
LAG_EVERY_S = 0.5

JOBS = Question(
    select(
        JobModel.state,
        JobModel.kind,
        func.count().label("jobs"),
        func.min(case((READY, JobModel.run_at))).label("due_at"),
        NOW.label("now"),
    )
    .where(JobModel.state != literal_column("'done'"))
    .group_by(JobModel.state, JobModel.kind)
)
FIRST = select(OUTBOX.c.at).order_by(OUTBOX.c.tx, OUTBOX.c.position).limit(1)
OLDEST = Question(
    select(
        POSITIONS.consumer,
        FIRST.where(BEHIND).correlate(POSITIONS).scalar_subquery().label("at"),
        NOW.label("now"),
    )
)
OLDEST_OF_ALL = Question(select(FIRST.scalar_subquery().label("at"), NOW.label("now")))

SIZES = {
    "postgresql": """
        SELECT NULL, pg_database_size(current_database()) UNION ALL
        SELECT CAST(relname AS text), pg_total_relation_size(oid) FROM pg_class
        WHERE relkind IN ('r', 'p', 'm') AND relnamespace = to_regnamespace(current_schema())""",
    "sqlite": """
        SELECT NULL, page_count * page_size FROM pragma_page_count(), pragma_page_size()""",
}
"""The bytes of the whole database, and on PostgreSQL those of each table with its indexes."""

FAMILIES: Mapping[str, tuple[str, Sequence[str]]] = {
    "kcs_ready": ("1 where `/readyz` would answer 200.", ()),
    "kcs_watched_timestamp_seconds": ("When the database was last asked for all of this.", ()),
    "kcs_pool_connections_in_use": ("Connections that are lent at this moment.", ("role",)),
    "kcs_pool_connections_max": ("Connections there may be.", ("role",)),
    "kcs_jobs": ("Jobs that are not done; `dead` ones were given up.", ("state", "kind")),
    "kcs_jobs_oldest_due_seconds": ("For how long the job has been due that waits longest.", ()),
    "kcs_outbox_waiting": ("Events that a consumer has before it.", ("consumer",)),
    "kcs_outbox_oldest_seconds": ("How old the first of them is.", ("consumer",)),
    "kcs_database_bytes": ("The size of the database.", ()),
    "kcs_table_bytes": ("That of a table with its indexes; on PostgreSQL only.", ("table",)),
}

Samples = list[tuple[tuple[str, ...], float]]

_log = logging.getLogger(__name__)


@dataclass
class Found:
    """What was seen at one moment, by the name of the metric."""

    samples: dict[str, Samples] = field(default_factory=dict)

    def note(self, name: str, value: float, *labels: str) -> None:
        """Keep one value."""
        self.samples.setdefault(name, []).append((labels, value))


class SqlWatch(Watch, Collector):
    """Asks in turn; a question that fails leaves out what it would have told, and no more."""

    def __init__(
        self,
        meters: PrometheusMeters,
        engine: AsyncEngine,
        driver: Driver,
        reads: Reads,
        readiness: Readiness,
        consumers: ListConsumers,
    ) -> None:
        self._meters: Meters = meters
        self._engine = engine
        self._driver = driver
        self._reads = reads
        self._readiness = readiness
        self._consumers = consumers
        self._last = deque([Found()], maxlen=1)
        meters.registry.register(self)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Tell what was found last, and how the pools are right now."""
        found = Found(dict(self._last[0].samples))
        for role, (in_use, most) in self._pools().items():
            found.note("kcs_pool_connections_in_use", in_use, role)
            found.note("kcs_pool_connections_max", most, role)
        for name, (meaning, labels) in FAMILIES.items():
            family = GaugeMetricFamily(name, meaning, labels=labels)
            for told, value in found.samples.get(name, ()):
                family.add_metric(told, value)
            yield family

    async def run(self) -> None:
        """Look at the loop and at the database, each at its own pace."""
        async with TaskGroup() as group:
            group.create_task(self._measure_lag())
            while True:
                await self.look()
                await sleep(EVERY_S)

    async def look(self) -> None:
        """Ask everything once, and keep it until the next time."""
        self._last.append(await self._found())

    async def _found(self) -> Found:
        found = Found()
        try:
            _ = await self._readiness()
        except NotReady:
            found.note("kcs_ready", 0)
            return found
        found.note("kcs_ready", 1)
        for question in (self._look_at_jobs, self._look_at_events, self._look_at_sizes):
            try:
                await question(found)
            except Busy as away:
                _log.info("%s: %s", question.__name__, away)
            except Exception:  # noqa: BLE001 - or the watch would end with one of them
                _log.exception("%s", question.__name__)
        return found

    async def _measure_lag(self) -> None:
        clock = get_running_loop().time
        while True:
            due = clock() + LAG_EVERY_S
            await sleep(LAG_EVERY_S)
            self._meters.lagged(max(clock() - due, 0))

    async def _look_at_jobs(self, found: Found) -> None:
        overdue = [0.0]
        for row in await self._reads(JOBS):
            found.note("kcs_jobs", row.jobs, row.state.value, row.kind)
            overdue.append(age(row.due_at, row.now))
        found.note("kcs_jobs_oldest_due_seconds", max(overdue))

    async def _look_at_events(self, found: Found) -> None:
        begun = {row.consumer: row for row in await self._reads(OLDEST)}
        (everything,) = await self._reads(OLDEST_OF_ALL)
        found.note("kcs_watched_timestamp_seconds", everything.now.timestamp())
        for each in await self._consumers():
            first = begun.get(each.consumer, everything)
            found.note("kcs_outbox_waiting", each.waiting, each.consumer)
            found.note("kcs_outbox_oldest_seconds", age(first.at, first.now), each.consumer)

    async def _look_at_sizes(self, found: Found) -> None:
        for table, size in await self._driver.fetch(SIZES[self._driver.dialect.name], ()):
            if table is None:
                found.note("kcs_database_bytes", size)
            else:
                found.note("kcs_table_bytes", size, table)

    def _pools(self) -> Mapping[str, tuple[int, int]]:
        pool: Any = self._engine.pool
        return {"units": (pool.checkedout(), pool.size()), **self._driver.pools()}


def age(moment: datetime | None, now: datetime) -> float:
    """Return for how many seconds it has been, 0 for what is still to come."""
    return max((now - moment).total_seconds(), 0.0) if moment else 0.0
