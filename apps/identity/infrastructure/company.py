"""Who can be put together, and where they live."""

from collections.abc import Collection

from sqlalchemy import bindparam, select

from apps.identity.contract import Company
from apps.identity.infrastructure.models import BlockModel, ProfileModel
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

AT_ONCE = 1_000
"""Members that one statement asks for."""

REGION = Question(select(ProfileModel.region).where(ProfileModel.id == bindparam("member")))
BLOCKS = Question(
    select(BlockModel.blocker_id, BlockModel.blocked_id).where(
        BlockModel.blocker_id.in_(bindparam("members", expanding=True))
    )
)


class SqlCompany(Company):
    """Blocks are found by who has put them."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def region_of(self, member: MemberId) -> str | None:
        """Read one column."""
        regions: list[str | None] = [row.region for row in await self._reads(REGION, member=member)]
        return next(iter(regions), None)

    async def apart(self, members: Collection[MemberId]) -> frozenset[frozenset[MemberId]]:
        """Read what each has blocked; a thousand members to a statement."""
        there, pairs = set(members), set[frozenset[MemberId]]()
        ordered = sorted(there)
        for start in range(0, len(ordered), AT_ONCE):
            some = ordered[start : start + AT_ONCE]
            for row in await self._reads(BLOCKS, members=some):
                if row.blocked_id in there:
                    pairs.add(frozenset({row.blocker_id, row.blocked_id}))
        return frozenset(pairs)
