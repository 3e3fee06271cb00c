"""What machines ask about the service itself."""

from dataclasses import dataclass
from inspect import getdoc
from typing import Literal

from dishka.integrations.fastapi import FromDishka
from fastapi import APIRouter

from apps.shared.application.readiness import Readiness, Startup
from apps.shared.presentation.openapi import PROBLEMS, operation_id
from apps.shared.presentation.routes import StrictRoute

router = APIRouter(
    tags=["system"],
    route_class=StrictRoute,
    responses=PROBLEMS,
    generate_unique_id_function=operation_id,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """The process answers."""

    status: Literal["alive"] = "alive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The database answers too, and has the schema that this code needs."""

    status: Literal["ready"] = "ready"
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The service has been ready once; from then on `/readyz` tells how it is."""

    status: Literal["started"] = "started"


@router.get("/healthz", description="Answers as long as the process lives.")
async def check_health() -> Alive:
    """Tell whether the process lives."""
    return Alive()


@router.get("/readyz", description=getdoc(Ready))
async def check_readiness(readiness: FromDishka[Readiness]) -> Ready:
    """Tell whether requests can be served."""
    return Ready(revision=await readiness())


@router.get("/startupz", description=getdoc(Started))
async def check_startup(startup: FromDishka[Startup]) -> Started:
    """Tell whether the service has come up."""
    await startup()
    return Started()
