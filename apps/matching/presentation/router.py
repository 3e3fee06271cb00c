"""Matches over HTTP."""

from inspect import getdoc
from typing import Annotated

from dishka.integrations.fastapi import FromDishka
from fastapi import Query

from apps.matching.application.show_matches import ShowMatches
from apps.matching.domain.match import MatchKind
from apps.matching.domain.ring import LONGEST
from apps.matching.presentation.schemas import MatchesOut, MatchOut
from apps.shared.presentation.pages import PageAsked
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, Me

router = ApiRouter(
    prefix="/me/matches", tags=["matching"], route_class=CommandRoute, dependencies=SIGNED_IN
)


@router.get("", response_model=MatchesOut, description=getdoc(ShowMatches))
async def list_my_matches(
    me: Me,
    page: PageAsked,
    matches: FromDishka[ShowMatches],
    kind: Annotated[
        list[MatchKind] | None,
        Query(max_length=len(MatchKind), description="Only pairs, or only rings."),
    ] = None,
    max_length: Annotated[
        int, Query(ge=2, le=LONGEST, description="Members of the longest ring.")
    ] = LONGEST,
) -> MatchesOut:
    """List my matches."""
    found, left_out = await matches(
        me,
        kinds=frozenset(kind or MatchKind),
        longest=max_length,
        after=page.after,
        limit=page.limit,
    )
    shown = page.show_as(MatchOut, found)
    return MatchesOut(items=shown.items, next_cursor=shown.next_cursor, left_out=list(left_out))
