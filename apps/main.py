"""The composition root: settings become a container, and the container an application."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from dishka import AsyncContainer, Provider, Scope, make_async_container
from fastapi import FastAPI
from opentelemetry.trace import TracerProvider

from apps.catalogue.infrastructure.disclosure import DiscloseContributions
from apps.catalogue.wiring import ON as ON_IN_CATALOGUE
from apps.catalogue.wiring import PUBLIC as PUBLIC_IN_CATALOGUE
from apps.catalogue.wiring import CatalogueWiring
from apps.collection.application.limits import CollectionLimits
from apps.collection.infrastructure.disclosure import DiscloseBinder
from apps.collection.presentation.copy_lists import LONGEST_LIST
from apps.collection.wiring import ON as ON_IN_COLLECTION
from apps.collection.wiring import PUBLIC as PUBLIC_IN_COLLECTION
from apps.collection.wiring import CollectionWiring
from apps.group_orders.application.limits import GroupOrderLimits
from apps.group_orders.domain.exposure import PER_EURO, Exposures, rates_of
from apps.group_orders.infrastructure.disclosure import DiscloseGroupOrders
from apps.group_orders.infrastructure.money_services import MoneyWiring
from apps.group_orders.infrastructure.people_services import PeopleWiring
from apps.group_orders.infrastructure.progress_services import ProgressWiring
from apps.group_orders.infrastructure.webhook_signatures import secrets_of
from apps.group_orders.wiring import AFTER as AFTER_IN_GROUP_ORDERS
from apps.group_orders.wiring import AT_THE_END as AT_THE_END_IN_GROUP_ORDERS
from apps.group_orders.wiring import HANDLERS as HANDLERS_IN_GROUP_ORDERS
from apps.group_orders.wiring import ON as ON_IN_GROUP_ORDERS
from apps.group_orders.wiring import PUBLIC as PUBLIC_IN_GROUP_ORDERS
from apps.group_orders.wiring import RECURRING as RECURRING_IN_GROUP_ORDERS
from apps.group_orders.wiring import GroupOrderWiring
from apps.identity.application.delete_account import GracePeriod
from apps.identity.application.duties import HANDLERS as HANDLERS_IN_IDENTITY
from apps.identity.application.duties import RECURRING as RECURRING_IN_IDENTITY
from apps.identity.application.ports import Passwords
from apps.identity.contract import Disclosure
from apps.identity.domain.password import PasswordPolicy
from apps.identity.infrastructure import keys
from apps.identity.infrastructure.address_limits import Counting
from apps.identity.infrastructure.common_passwords import is_common
from apps.identity.infrastructure.disclosure import DiscloseAccount
from apps.identity.infrastructure.standings import PUBLIC as PUBLIC_IN_IDENTITY
from apps.identity.presentation.dev_mailbox import router as dev_mailbox
from apps.identity.wiring import IdentityWiring
from apps.market.application.generations import LIVE_READER
from apps.market.application.index_market import Calendar
from apps.market.wiring import RECURRING as RECURRING_IN_MARKET
from apps.market.wiring import MarketWiring
from apps.matching.application.find_matches import Breadth
from apps.matching.infrastructure.round_disclosure import DiscloseRounds
from apps.matching.wiring import CONSUMERS as CONSUMERS_IN_MATCHING
from apps.matching.wiring import HANDLERS as HANDLERS_IN_MATCHING
from apps.matching.wiring import ON as ON_IN_MATCHING
from apps.matching.wiring import PUBLIC as PUBLIC_IN_MATCHING
from apps.matching.wiring import RECURRING as RECURRING_IN_MATCHING
from apps.matching.wiring import MatchingWiring
from apps.operations.wiring import OperationsWiring
from apps.outside import database_of, federation_of, posting_of, shows_mail
from apps.routers import ROUTERS
from apps.settings import Settings
from apps.shared.application.access import Gatekeeper
from apps.shared.application.audit_chain import Stamps
from apps.shared.application.jobs import Duties, Pace
from apps.shared.application.outbox import Consumer
from apps.shared.application.public_address import PublicAddress
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock
from apps.shared.infrastructure.bus import Announcements, Conclusions, Subscriptions, joined
from apps.shared.infrastructure.clock import DatabaseClock, TimeOrderedIds
from apps.shared.infrastructure.meters import PrometheusMeters
from apps.shared.infrastructure.outbox import Publications
from apps.shared.infrastructure.reads import Driver
from apps.shared.infrastructure.tracing import traced
from apps.shared.presentation import openapi, problems
from apps.shared.presentation.admission import Admission
from apps.shared.presentation.closing import CutOff
from apps.shared.presentation.consistency import ConsistentReads
from apps.shared.presentation.door import at_the_door, put_around, telemetry
from apps.shared.presentation.intake import Intake
from apps.shared.presentation.pages import Cursors
from apps.shared.presentation.routing import Signpost
from apps.shared.presentation.time_limit import TimeLimit
from apps.shared.wiring import Hearing, SharedWiring, counting, recurring
from apps.trading.application.limits import TradingLimits
from apps.trading.infrastructure.address_services import AddressWiring
from apps.trading.infrastructure.disclosure import DiscloseTrades
from apps.trading.wiring import AFTER, AT_THE_END, TradingWiring
from apps.trading.wiring import ON as ON_IN_TRADING
from apps.trading.wiring import PUBLIC as PUBLIC_IN_TRADING
from apps.trading.wiring import RECURRING as RECURRING_IN_TRADING

LONGER = {"/api/v1/me/copies/import": LONGEST_LIST}
"""Bytes of a body where it is no JSON."""

CONSUMERS: tuple[type[Consumer], ...] = CONSUMERS_IN_MATCHING
"""Who reads the outbox; each has its own position there, by its name."""

HEARING = Hearing(
    subscriptions=Subscriptions(
        joined(
            *(ON_IN_CATALOGUE, ON_IN_COLLECTION, ON_IN_TRADING, ON_IN_MATCHING),
            ON_IN_GROUP_ORDERS,
        )
    ),
    conclusions=Conclusions(joined(AT_THE_END, AT_THE_END_IN_GROUP_ORDERS)),
    announcements=Announcements(joined(AFTER, AFTER_IN_GROUP_ORDERS)),
    publications=Publications(
        PUBLIC_IN_IDENTITY
        | PUBLIC_IN_CATALOGUE
        | PUBLIC_IN_COLLECTION
        | PUBLIC_IN_TRADING
        | PUBLIC_IN_MATCHING
        | PUBLIC_IN_GROUP_ORDERS
    ),
    consumers=CONSUMERS,
    readers=(LIVE_READER,),
)
DUTIES = Duties(
    recurring=(
        *recurring(CONSUMERS),
        *RECURRING_IN_IDENTITY,
        *RECURRING_IN_TRADING,
        *RECURRING_IN_MATCHING,
        *RECURRING_IN_GROUP_ORDERS,
        *RECURRING_IN_MARKET,
    ),
    handlers={**HANDLERS_IN_IDENTITY, **HANDLERS_IN_MATCHING, **HANDLERS_IN_GROUP_ORDERS},
)
"""What workers of this installation do."""

DISCLOSURES: tuple[type[Disclosure], ...] = (
    DiscloseAccount,
    DiscloseContributions,
    DiscloseBinder,
    DiscloseTrades,
    DiscloseRounds,
    DiscloseGroupOrders,
)
"""Who tells members what is known of them."""

AT_START = (UnitOfWork, Driver, Passwords, Gatekeeper)
"""Services that take a while to build, or that everything else hangs on."""


def create_container(settings: Settings, *overrides: Provider) -> AsyncContainer:
    """Build every service of an installation; a later provider replaces an earlier one."""
    making = keys.load if settings.env == "production" else keys.load_or_create
    folder = settings.data_dir / "keys"
    keyring = making(folder)
    return make_async_container(
        SharedWiring(
            database_of(settings),
            HEARING,
            Cursors(keyring.cursor),
            Stamps(keyring.audit),
            DUTIES,
            Pace(
                slots=settings.worker_concurrency,
                lease=timedelta(seconds=settings.worker_lease_s),
            ),
        ),
        IdentityWiring(
            folder,
            issuer=settings.issuer,
            policy=PasswordPolicy(settings.password_min_length, is_common),
            posting=posting_of(settings),
            counting=Counting(
                redis_url=settings.rate_limit_redis_url, loopback=settings.env == "production"
            ),
            federation=federation_of(settings),
            disclosures=DISCLOSURES,
            grace=GracePeriod(timedelta(days=settings.deletion_grace_d)),
        ),
        CatalogueWiring(),
        CollectionWiring(
            CollectionLimits(
                copies_count_max=settings.copies_count_max,
                want_groups_max=settings.want_groups_max,
            )
        ),
        TradingWiring(
            TradingLimits(
                open_proposals_out=settings.open_proposals_out,
                live_trades_per_pair=settings.live_trades_per_pair,
            ),
            PublicAddress(settings.issuer),
        ),
        AddressWiring(),
        MatchingWiring(keyring.cursor, Breadth()),
        GroupOrderWiring(
            GroupOrderLimits(group_orders_open_max=settings.group_orders_open_max),
            Exposures({**PER_EURO, **rates_of(settings.exposure_rates)}),
        ),
        PeopleWiring(),
        MoneyWiring(),
        ProgressWiring(secrets_of(settings.webhook_secrets)),
        MarketWiring(Calendar(ZoneInfo(settings.platform_tz))),
        OperationsWiring(),
        *overrides,
    )


def by_the_databases_clock() -> Provider:
    """Replace the machine's clock where time limits are seen to, for those set by anybody."""
    provider = Provider(scope=Scope.APP)
    provider.alias(source=DatabaseClock, provides=Clock)
    return provider


def create_app(
    settings: Settings | None = None, *overrides: Provider, tracing: TracerProvider | None = None
) -> FastAPI:
    """Build the application of an installation, by default the one the environment describes."""
    settings = settings or Settings()
    meters = PrometheusMeters()
    container = create_container(settings, counting(meters), *traced(tracing), *overrides)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        for service in AT_START:
            _ = await container.get(service)
        gc.collect()
        gc.freeze()  # what was built by now stays; scanning it again and again costs p99
        yield
        await container.close()

    app = FastAPI(lifespan=lifespan, telemetry=telemetry(tracing), **openapi.ABOUT)
    app.state.dishka_container = container
    app.state.companions = set()
    app.state.origins = frozenset(settings.cors_origins)
    app.add_middleware(ConsistentReads)
    app.add_middleware(
        Admission,
        limit=settings.max_concurrency,
        patience=settings.db_pool_timeout_s,
        meters=meters,
    )
    app.add_middleware(TimeLimit)
    app.add_middleware(Intake, limit=settings.max_body_bytes, longer=LONGER)
    app.add_middleware(CutOff)
    door = partial(
        at_the_door,
        names=settings.allowed_hosts,
        origins=settings.cors_origins,
        https=settings.issuer.startswith("https://"),
        ids=TimeOrderedIds(),
        meters=meters if settings.metrics_port else None,
    )
    put_around(app, door)
    for router in (*ROUTERS, dev_mailbox) if shows_mail(settings) else ROUTERS:
        app.router.routes.extend(router.routes)
    openapi.serve_documentation(app)
    app.router.routes.insert(0, Signpost(app.routes))
    problems.install(app)
    return app
