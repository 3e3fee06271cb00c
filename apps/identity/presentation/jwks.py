"""The public keys of this service (RFC 7517), for whoever verifies what it has signed."""

from dataclasses import dataclass
from inspect import getdoc

from dishka.integrations.fastapi import FromDishka
from fastapi import APIRouter, Response

from apps.identity.application.keep_keys import PublicKey, PublicKeys
from apps.shared.presentation.openapi import PROBLEMS, operation_id
from apps.shared.presentation.routes import StrictRoute

KEPT = "public, max-age=3600"
"""No longer than a key is shown before it signs."""

router = APIRouter(
    tags=["identity"],
    route_class=StrictRoute,
    responses=PROBLEMS,
    generate_unique_id_function=operation_id,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySet:
    """The keys that access tokens are verified with; the next one an hour before it signs."""

    keys: list[PublicKey]


@router.get("/.well-known/jwks.json", description=getdoc(KeySet))
async def list_public_keys(response: Response, keys: FromDishka[PublicKeys]) -> KeySet:
    """List the public keys."""
    response.headers["Cache-Control"] = KEPT
    return KeySet(keys=[*keys()])
