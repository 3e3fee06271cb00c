"""Who is asking: the bearer of an access token."""

from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer

from apps.shared.application.access import Caller, Gatekeeper
from apps.shared.domain.errors import Unauthenticated
from apps.shared.domain.ids import MemberId

bearer = HTTPBearer(bearerFormat="JWT", auto_error=False, description="An access token.")
"""Declares in the API description what `current_caller` reads for itself."""


async def current_caller(request: Request) -> Caller:
    """Return who sent this request, checked once; raise Unauthenticated for anybody else."""
    if known := getattr(request.state, "caller", None):
        caller: Caller = known
        return caller
    sent = request.headers.getlist("Authorization")
    scheme, _, token = sent[0].partition(" ") if len(sent) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    gatekeeper = await request.app.state.dishka_container.get(Gatekeeper)
    request.state.caller = await gatekeeper(token)
    return await current_caller(request)


async def current_member(request: Request) -> MemberId:
    """Return the member who sent this request."""
    return (await current_caller(request)).member_id


SIGNED_IN = [Security(bearer)]
"""What a router of members' routes lists among its dependencies, for the API description."""

Me = Annotated[MemberId, Depends(current_member)]
MyDevice = Annotated[Caller, Depends(current_caller)]
