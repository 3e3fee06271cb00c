"""A member's own figures over HTTP."""

from inspect import getdoc

from dishka.integrations.fastapi import FromDishka

from apps.market.application.show_statistics import MemberFigures, MemberFiguresView
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, Me

router = ApiRouter(tags=["market"], route_class=CommandRoute, dependencies=[*SIGNED_IN])


@router.get("/me/statistics", description=getdoc(MemberFigures))
async def show_my_statistics(me: Me, figures: FromDishka[MemberFigures]) -> MemberFiguresView:
    """Show my figures."""
    return await figures(me)
