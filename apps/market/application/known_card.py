"""Cards that somebody asks the market about."""

from collections.abc import Mapping

from apps.catalogue.contract import CardId
from apps.shared.domain.errors import Moved, NotFound


class UnknownCard(NotFound):
    """There is no such card."""


def ensure_known(card: CardId, namesakes: Mapping[CardId, CardId]) -> None:
    """Raise UnknownCard and, for a merged card, Moved."""
    now = namesakes.get(card)
    if now is None:
        raise UnknownCard
    if now != card:
        raise Moved(now)
