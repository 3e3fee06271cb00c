"""Neighbours, found by the blind index alone."""

from collections.abc import Sequence

from sqlalchemy import bindparam, distinct, func, select
from sqlalchemy.orm import aliased

from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.trading.application.find_neighbours import FindNeighbours, Neighbour
from apps.trading.infrastructure.addresses import AddressModel

MOST = 100
MINE, THEIRS = aliased(AddressModel), aliased(AddressModel)
PLACES = func.count(distinct(THEIRS.fingerprint))
NEIGHBOURS = Question(
    select(THEIRS.member_id, PLACES.label("places"))
    .join(MINE, MINE.fingerprint == THEIRS.fingerprint)
    .where(MINE.member_id == bindparam("member"), THEIRS.member_id != bindparam("member"))
    .group_by(THEIRS.member_id)
    .order_by(PLACES.desc(), THEIRS.member_id)
    .limit(MOST)
)


class SqlFindNeighbours(FindNeighbours):
    """One SELECT over two indexes."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self, of: MemberId) -> Sequence[Neighbour]:
        """Compare fingerprints."""
        rows = await self._reads(NEIGHBOURS, member=of)
        return [Neighbour(**row._asdict()) for row in rows]
