"""Signed-in devices over HTTP. These routes open their own units of work, like signing in."""

from inspect import getdoc

from dishka.integrations.fastapi import FromDishka

from apps.identity.application.end_sessions import EndSession, EndSessions
from apps.identity.application.show_sessions import ListSessions, SessionView
from apps.identity.domain.session import SessionId
from apps.identity.presentation.schemas import LogoutAll
from apps.shared.presentation.pages import Listed, PageAsked
from apps.shared.presentation.routes import UncachedRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, Me, MyDevice

router = ApiRouter(
    prefix="/auth",
    tags=["identity"],
    route_class=UncachedRoute,
    dependencies=SIGNED_IN,
)


@router.get("/sessions", description=getdoc(ListSessions))
async def list_sessions(
    caller: MyDevice, page: PageAsked, sessions: FromDishka[ListSessions]
) -> Listed[SessionView]:
    """List my signed-in devices."""
    return page.show(await sessions(caller, after=page.after, limit=page.limit))


@router.delete("/sessions/{session_id}", status_code=204, description=getdoc(EndSession))
async def end_session(session_id: SessionId, me: Me, end: FromDishka[EndSession]) -> None:
    """Sign a device of mine out."""
    await end(session_id, of=me)


@router.post("/logout-all", status_code=204, description=getdoc(EndSessions))
async def end_sessions(
    caller: MyDevice, end: FromDishka[EndSessions], body: LogoutAll | None = None
) -> None:
    """Sign all my devices out."""
    await end(caller, keep_current=body.keep_current if body else False)
