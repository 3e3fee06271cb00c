"""Which groups cards present, and since when."""

from collections.abc import Sequence

from sqlalchemy import select, union

from apps.catalogue.contract import CardOfGroup, CardsOfGroups
from apps.catalogue.infrastructure.models import (
    CardIdolModel,
    CardModel,
    IdolMembershipModel,
    ReleaseModel,
)
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

CARD, RELEASE, MEMBERSHIP = CardModel, ReleaseModel, IdolMembershipModel
ALL = union(
    select(CARD.id.label("card"), RELEASE.group_id.label("group"), RELEASE.released_on).join(
        RELEASE, RELEASE.id == CARD.release_id
    ),
    select(CARD.id, MEMBERSHIP.group_id, RELEASE.released_on)
    .join(RELEASE, RELEASE.id == CARD.release_id)
    .join(CardIdolModel, CardIdolModel.card_id == CARD.id)
    .join(MEMBERSHIP, MEMBERSHIP.idol_id == CardIdolModel.idol_id)
    .where(
        MEMBERSHIP.joined_on <= RELEASE.released_on,
        MEMBERSHIP.left_on.is_(None) | (MEMBERSHIP.left_on >= RELEASE.released_on),
    ),
)
QUESTION = Question(select(ALL.subquery()))


class SqlCardsOfGroups(CardsOfGroups):
    """One question for the whole catalogue."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self) -> Sequence[CardOfGroup]:
        """Ask it."""
        rows = await self._reads(QUESTION)
        return [CardOfGroup(card=row[0], group=row[1], released_on=row[2]) for row in rows]
