"""Who is asking: the bearer of an access token."""

from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer

from apps.shared.application.access import Caller, Gatekeeper
from apps.shared.application.consistency import at_the_source, reads_as
from apps.shared.domain.errors import MfaRequired, ReauthRequired, Unauthenticated
from apps.shared.domain.ids import Clock, MemberId

PROVEN_FOR = timedelta(minutes=5)
"""For how long a password that was given lets a member do what is asked for it anew."""

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
    with at_the_source():
        request.state.caller = await gatekeeper(token)
    reads_as(request.state.caller.member_id)
    return await current_caller(request)


async def current_member(request: Request) -> MemberId:
    """Return the member who sent this request."""
    return (await current_caller(request)).member_id


async def proven_caller(request: Request) -> Caller:
    """Return who sent this request; raise ReauthRequired unless they proved it just now."""
    caller = await current_caller(request)
    clock = await request.app.state.dishka_container.get(Clock)
    if clock.now() - caller.auth_time > PROVEN_FOR:
        raise ReauthRequired
    return caller


async def as_staff(request: Request) -> None:
    """Raise MfaRequired where staff come without a second factor; the rest is asked elsewhere."""
    if (await current_caller(request)).lacks_second_factor:
        raise MfaRequired


SIGNED_IN = [Security(bearer)]
"""What a router of members' routes lists among its dependencies, for the API description."""

STAFF = [Depends(as_staff)]
"""What is listed, beside that, for routes on which it counts whether somebody is staff."""

Me = Annotated[MemberId, Depends(current_member)]
MyDevice = Annotated[Caller, Depends(current_caller)]
ProvenDevice = Annotated[Caller, Depends(proven_caller)]
