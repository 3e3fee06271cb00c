"""The composition root: settings become a container, and the container an application."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dishka import AsyncContainer, Provider, make_async_container
from fastapi import APIRouter, FastAPI

from apps.catalogue.presentation.curation import router as curation
from apps.catalogue.presentation.router import router as catalogue
from apps.catalogue.wiring import CatalogueWiring
from apps.collection.application.limits import CollectionLimits
from apps.collection.presentation.copy_lists import LONGEST_LIST
from apps.collection.presentation.many import router as many_copies
from apps.collection.presentation.router import router as collection
from apps.collection.wiring import ON as ON_IN_COLLECTION
from apps.collection.wiring import CollectionWiring
from apps.identity.application.ports import Passwords
from apps.identity.domain.user import PasswordPolicy
from apps.identity.infrastructure import keys
from apps.identity.presentation.authentication import router as authentication
from apps.identity.presentation.blocks import router as blocks
from apps.identity.presentation.members import router as members
from apps.identity.presentation.sessions import router as sessions
from apps.identity.wiring import IdentityWiring
from apps.operations.wiring import OperationsWiring
from apps.settings import Settings
from apps.shared.application.access import Gatekeeper
from apps.shared.application.work import UnitOfWork
from apps.shared.infrastructure.bus import Announcements, Subscriptions
from apps.shared.infrastructure.clock import TimeOrderedIds
from apps.shared.infrastructure.reads import Driver
from apps.shared.presentation import openapi, problem_pages, problems
from apps.shared.presentation.admission import Admission
from apps.shared.presentation.closing import CutOff
from apps.shared.presentation.intake import Intake
from apps.shared.presentation.logs import AccessLog
from apps.shared.presentation.pages import Cursors
from apps.shared.presentation.request_id import RequestId
from apps.shared.presentation.routing import Signpost
from apps.shared.presentation.system import router as system
from apps.shared.wiring import Database, SharedWiring
from apps.trading.application.limits import TradingLimits
from apps.trading.application.tell_parties import PublicAddress
from apps.trading.presentation.disputes import router as disputes
from apps.trading.presentation.fulfilment import router as fulfilment
from apps.trading.presentation.moderation import router as moderation
from apps.trading.presentation.router import router as trading
from apps.trading.wiring import AFTER, TradingWiring
from apps.trading.wiring import ON as ON_IN_TRADING

LONGER = {"/api/v1/me/copies/import": LONGEST_LIST}
"""Bytes of a body where it is no JSON."""

ROUTERS: tuple[APIRouter, ...] = (
    authentication,
    sessions,
    members,
    blocks,
    catalogue,
    curation,
    many_copies,  # before the next: `export` is no id of a copy
    collection,
    trading,
    fulfilment,
    disputes,
    moderation,
    system,
    problem_pages.router,
)

AT_START = (UnitOfWork, Driver, Passwords, Gatekeeper)
"""Services that take a while to build, or that everything else hangs on."""


def create_container(settings: Settings, *overrides: Provider) -> AsyncContainer:
    """Build every service of an installation; a later provider replaces an earlier one."""
    making = keys.load if settings.env == "production" else keys.load_or_create
    keyring = making(settings.data_dir / "keys")
    database = Database(
        url=settings.database_url,
        pool_size=settings.db_pool_size,
        reader_pool_size=settings.db_reader_pool_size,
    )
    return make_async_container(
        SharedWiring(
            database,
            Subscriptions(ON_IN_COLLECTION | ON_IN_TRADING),
            Announcements(AFTER),
            Cursors(keyring.cursor),
        ),
        IdentityWiring(
            keyring,
            issuer=settings.issuer,
            policy=PasswordPolicy(min_length=settings.password_min_length),
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
        OperationsWiring(),
        *overrides,
    )


def create_app(settings: Settings | None = None, *overrides: Provider) -> FastAPI:
    """Build the application of an installation, by default the one the environment describes."""
    settings = settings or Settings()
    container = create_container(settings, *overrides)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        for service in AT_START:
            _ = await container.get(service)
        gc.collect()
        gc.freeze()  # what was built by now stays; scanning it again and again costs p99
        yield
        await container.close()

    app = FastAPI(lifespan=lifespan, **openapi.ABOUT)
    app.state.dishka_container = container
    app.add_middleware(Admission, limit=settings.max_concurrency)
    app.add_middleware(Intake, limit=settings.max_body_bytes, longer=LONGER)
    app.add_middleware(CutOff)
    app.add_middleware(AccessLog)
    app.add_middleware(RequestId, ids=TimeOrderedIds())
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    openapi.serve_documentation(app)
    app.router.routes.insert(0, Signpost(app.routes))
    problems.install(app)
    return app
