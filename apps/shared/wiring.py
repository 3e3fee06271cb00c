"""Which class serves which shared interface. Everything, here and elsewhere, is built once."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from dishka import Provider, Scope, alias, provide, provide_all
from opentelemetry.trace import NoOpTracer, Tracer
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine

from apps.shared.application.audit import AuditLog, ListAuditLog
from apps.shared.application.audit_chain import (
    SEALED_AT_ONCE,
    AuditChain,
    SealAuditLog,
    Stamps,
    VerifyAuditLog,
)
from apps.shared.application.consistency import Positions
from apps.shared.application.forget import ForgetOperations, ForgetReplies
from apps.shared.application.jobs import (
    FORGOTTEN_AT_ONCE,
    Duties,
    ForgetJobs,
    Jobs,
    Leases,
    ListJobs,
    Pace,
    Recurring,
    RetryJob,
    Worker,
)
from apps.shared.application.long_work import Files, Operations, ShowOperation
from apps.shared.application.meters import Meters, Watch
from apps.shared.application.outbox import (
    Consumer,
    Consumers,
    DeliverEvents,
    Feed,
    ListConsumers,
    Outbox,
    Readers,
    RenumberEvents,
    ResetConsumer,
    Watermark,
)
from apps.shared.application.readiness import Closing, Readiness, Startup
from apps.shared.application.replies import Replies
from apps.shared.application.reseal import CountSeals, ProbeSeals, ResealData
from apps.shared.application.work import Bus, Trial, UnitOfWork
from apps.shared.domain.ids import Clock, Ids
from apps.shared.infrastructure.audit import SqlAuditChain, SqlAuditLog, SqlListAuditLog
from apps.shared.infrastructure.bus import Announcements, Conclusions, ContainerBus, Subscriptions
from apps.shared.infrastructure.changes import Changes
from apps.shared.infrastructure.clock import DatabaseClock, SystemClock, TimeOrderedIds
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.database import Database, open_engine
from apps.shared.infrastructure.drivers import open_driver, open_probe
from apps.shared.infrastructure.feed import SqlFeed, SqlListConsumers, SqlWatermark
from apps.shared.infrastructure.job_board import SqlForgetJobs, SqlListJobs, SqlRetryJob
from apps.shared.infrastructure.jobs import SqlJobs, SqlLeases
from apps.shared.infrastructure.long_work import SqlFiles, SqlOperations, SqlShowOperation
from apps.shared.infrastructure.meters import PrometheusMeters
from apps.shared.infrastructure.outbox import (
    Publications,
    SqlOutbox,
)
from apps.shared.infrastructure.readiness import Probe, SqlReadiness
from apps.shared.infrastructure.reads import Driver, Reads
from apps.shared.infrastructure.replica import Replica, ReplicatedDriver, Source
from apps.shared.infrastructure.replies import SqlReplies
from apps.shared.infrastructure.trial import SqlTrial
from apps.shared.infrastructure.unit_of_work import SqlUnitOfWork, Turnstile
from apps.shared.infrastructure.watch import SqlWatch
from apps.shared.infrastructure.worker import ContainerWorker
from apps.shared.presentation.pages import Cursors

FORGETTING = Recurring(
    kind="jobs.forget", every=timedelta(hours=1), use_case=ForgetJobs, full=FORGOTTEN_AT_ONCE
)
SEALING = Recurring(
    kind="audit.seal", every=timedelta(seconds=10), use_case=SealAuditLog, full=SEALED_AT_ONCE
)
KEPT_FOR_A_WHILE = (
    Recurring(
        kind="replies.forget",
        every=timedelta(hours=1),
        use_case=ForgetReplies,
        full=FORGOTTEN_AT_ONCE,
    ),
    Recurring(
        kind="operations.forget",
        every=timedelta(minutes=10),
        use_case=ForgetOperations,
        full=FORGOTTEN_AT_ONCE,
    ),
)
DELIVERING = Recurring(kind="events.deliver", every=timedelta(seconds=1), use_case=DeliverEvents)


def recurring(consumers: Sequence[type[Consumer]]) -> tuple[Recurring, ...]:
    """Return what workers do for the kernel itself; each second only where somebody consumes."""
    always = (FORGETTING, SEALING, *KEPT_FOR_A_WHILE)
    return (*always, DELIVERING) if consumers else always


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """Who hears of which event, and when; each context's wiring says it of its own."""

    subscriptions: Subscriptions
    conclusions: Conclusions
    announcements: Announcements
    publications: Publications
    consumers: Sequence[type[Consumer]]
    readers: Sequence[str] = ()


class SharedWiring(Provider):
    """The kernel's services."""

    scope = Scope.APP

    clock = provide(SystemClock, provides=Clock)
    database_clock = provide(DatabaseClock)
    ids = provide(TimeOrderedIds, provides=Ids)
    current = provide(Current)
    work = provide(SqlUnitOfWork, provides=UnitOfWork)
    trial = provide(SqlTrial, provides=Trial)
    bus = provide(ContainerBus, provides=Bus)
    reads = provide(Reads)
    changes = provide(Changes)
    replies = provide(SqlReplies, provides=Replies)
    outbox = provide(SqlOutbox, provides=Outbox)
    feed = provide(SqlFeed, provides=Feed)
    watermark = provide(SqlWatermark, provides=Watermark)
    list_consumers = provide(SqlListConsumers, provides=ListConsumers)
    audit_log = provide(SqlAuditLog, provides=AuditLog)
    audit_chain = provide(SqlAuditChain, provides=AuditChain)
    list_audit_log = provide(SqlListAuditLog, provides=ListAuditLog)
    operations = provide(SqlOperations, provides=Operations)
    operation = provide(SqlShowOperation, provides=ShowOperation)
    files = provide(SqlFiles, provides=Files)
    use_cases = provide_all(
        *(DeliverEvents, ResetConsumer, RenumberEvents, SealAuditLog, VerifyAuditLog),
        *(ForgetReplies, ForgetOperations),
        *(ResealData, ProbeSeals, CountSeals),
    )
    jobs = provide(SqlJobs, provides=Jobs)
    leases = provide(SqlLeases, provides=Leases)
    list_jobs = provide(SqlListJobs, provides=ListJobs)
    retry_job = provide(SqlRetryJob, provides=RetryJob)
    forget_jobs = provide(SqlForgetJobs, provides=ForgetJobs)
    worker = provide(ContainerWorker, provides=Worker)
    prometheus = provide(PrometheusMeters)
    meters = alias(source=PrometheusMeters, provides=Meters)
    tracer = provide(NoOpTracer, provides=Tracer)
    watch = provide(SqlWatch, provides=Watch)
    closing = provide(Closing)
    readiness = provide(SqlReadiness, provides=Readiness)
    positions = alias(Replica, provides=Positions)

    def __init__(
        self,
        database: Database,
        hearing: Hearing,
        cursors: Cursors,
        stamps: Stamps,
        duties: Duties,
        pace: Pace,
    ) -> None:
        """Take what only the composition root knows."""
        super().__init__()
        self._database = database
        self._hearing = hearing
        self._cursors = cursors
        self._stamps = stamps
        self._duties = duties
        self._pace = pace
        # Not asked for one by one while another service is built: the container is locked then.
        for kind in hearing.consumers:
            self.alias(source=kind, provides=Consumer)
        self.collect(Consumer, provides=Consumers)
        self.provide(lambda: Readers(hearing.readers), provides=Readers)

    @provide
    def cursors(self) -> Cursors:
        """Return what signs the cursors of lists."""
        return self._cursors

    @provide
    def stamps(self) -> Stamps:
        """Return what stamps the audit log."""
        return self._stamps

    @provide
    def duties(self) -> Duties:
        """Return what workers do."""
        return self._duties

    @provide
    def pace(self) -> Pace:
        """Return how they go about it."""
        return self._pace

    @provide
    def subscriptions(self) -> Subscriptions:
        """Return who hears of what."""
        return self._hearing.subscriptions

    @provide
    def conclusions(self) -> Conclusions:
        """Return who hears of what at the end."""
        return self._hearing.conclusions

    @provide
    def announcements(self) -> Announcements:
        """Return who hears of what afterwards."""
        return self._hearing.announcements

    @provide
    def publications(self) -> Publications:
        """Return what goes into the outbox."""
        return self._hearing.publications

    @provide
    async def engine(self) -> AsyncIterator[AsyncEngine]:
        """Open the pool of the units of work, and dispose of it at the end."""
        database = self._database
        engine = open_engine(
            database.url,
            pool_size=database.pool_size,
            max_overflow=database.max_overflow,
            sessions=database.sessions,
        )
        yield engine
        await engine.dispose()

    @provide
    def turnstile(self, engine: AsyncEngine, meters: Meters) -> Turnstile:
        """Let in as many units of work as there are connections."""
        database = self._database
        return Turnstile(
            engine, meters, pool_size=database.most_at_once, patience=database.sessions.turn_s
        )

    @provide
    def registry(self, meters: PrometheusMeters) -> CollectorRegistry:
        """Return what is shown to Prometheus."""
        return meters.registry

    @provide
    async def source(self) -> AsyncIterator[Source]:
        """Open the pool of the questions, and close it at the end."""
        database = self._database
        driver = await open_driver(
            database.url, pool_size=database.reader_pool_size, sessions=database.sessions
        )
        yield Source(driver)
        await driver.close()

    @provide
    def startup(self, readiness: Readiness) -> Startup:
        """Remember whether this process was ever ready."""
        return Startup(readiness)

    @provide
    async def probe(self) -> AsyncIterator[Probe]:
        """Lend probes a connection, and close it at the end."""
        driver = await open_probe(self._database.url, sessions=self._database.sessions)
        yield Probe(driver)
        await driver.close()

    @provide
    async def replica(self, source: Source) -> AsyncIterator[Replica]:
        """Know of the standby, if there is one, and take leave of it at the end."""
        database = self._database
        replica = Replica(
            database.replica_url,
            source,
            pool_size=database.reader_pool_size,
            sessions=database.sessions,
        )
        yield replica
        await replica.close()

    @provide
    def driver(self, source: Source, replica: Replica) -> Driver:
        """Ask the standby too, where there is one."""
        return ReplicatedDriver(source, replica) if replica.matter else source.driver


def counting(meters: PrometheusMeters) -> Provider:
    """Have all services of a process count on these."""
    provider = Provider(scope=Scope.APP)
    provider.provide(lambda: meters, provides=PrometheusMeters)
    return provider
