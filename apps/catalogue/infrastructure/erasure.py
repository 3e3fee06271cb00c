"""Notes on proposals of who is erased."""

from sqlalchemy import update

from apps.catalogue.application.erase_contributor import EraseContributor
from apps.catalogue.infrastructure.proposals import CardProposalModel
from apps.identity.contract import MemberErased
from apps.shared.infrastructure.current import Current


class SqlEraseContributor(EraseContributor):
    """One statement."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def __call__(self, event: MemberErased) -> None:
        """Blank them."""
        row = CardProposalModel
        await self._current.session.execute(
            update(row)
            .where(row.proposer_id == event.member, row.note.is_not(None))
            .values(note=None, version=row.version + 1)
            .execution_options(synchronize_session=False)
        )
