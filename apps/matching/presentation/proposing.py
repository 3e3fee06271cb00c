"""Proposing a match over HTTP, with the terms and the answer of every proposed trade."""

from inspect import getdoc
from typing import Any, Protocol

from dishka.integrations.fastapi import FromDishka
from fastapi import Response
from pydantic import BaseModel

from apps.collection.contract import CopyAlreadyPromised
from apps.identity.contract import EmailNotVerified, TrustLevelTooLow
from apps.matching.application.propose_match import ProposeMatch
from apps.matching.domain.changes import MatchChanged, RingsGoByMail
from apps.shared.domain.contact_data import ContactData
from apps.shared.domain.errors import LimitExceeded, NotFound
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.routes import CommandRoute
from apps.shared.presentation.routing import API, ApiRouter
from apps.shared.presentation.who import SIGNED_IN, Me
from apps.trading.contract import REFUSED_TERMS, AddressId, ShownTrades, Terms


class Told(Protocol):
    """What is told of the terms of a trade."""

    address_id: AddressId | None
    note: str | None

    def terms(self) -> Terms:
        """Return the rest."""
        ...


def proposing(terms: type[BaseModel], shown: type[BaseModel]) -> ApiRouter:
    """Return the route; trading says how terms are told, and how a trade is shown."""
    router = ApiRouter(
        prefix="/me/matches", tags=["matching"], route_class=CommandRoute, dependencies=SIGNED_IN
    )

    @router.post(
        "/{match_id}/propose",
        status_code=201,
        response_model=shown,
        description=getdoc(ProposeMatch),
        openapi_extra=refuses(
            MatchChanged,
            RingsGoByMail,
            NotFound,
            CopyAlreadyPromised,
            *REFUSED_TERMS,
            ContactData,
            LimitExceeded,
            TrustLevelTooLow,
            EmailNotVerified,
        ),
    )
    async def propose_match(
        match_id: str,
        body: terms,  # type: ignore[valid-type]
        me: Me,
        propose: FromDishka[ProposeMatch],
        show: FromDishka[ShownTrades],
        response: Response,
    ) -> Any:
        """Propose a match."""
        told: Told = body
        trade = await propose(
            match_id,
            by=me,
            terms=told.terms(),
            address_id=told.address_id,
            note=told.note,
        )
        response.headers["Location"] = f"{API}/trades/{trade}"
        return await show(trade, to=me)

    return router
