"""What somebody who is erased has brought into matching rounds."""

from sqlalchemy import delete, update

from apps.identity.contract import MemberErased
from apps.matching.application.erase_guest import EraseGuest
from apps.matching.infrastructure.round_models import MatchingEntryModel, MatchingRoundModel
from apps.shared.infrastructure.current import Current

UNSEEN = {"synchronize_session": False}


class SqlEraseGuest(EraseGuest):
    """Two statements."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def __call__(self, event: MemberErased) -> None:
        """Delete entries, and blank titles."""
        rounds, entries = MatchingRoundModel, MatchingEntryModel
        for change in (
            delete(entries).where(entries.member_id == event.member),
            update(rounds)
            .where(rounds.opener_id == event.member)
            .values(title="", version=rounds.version + 1),
        ):
            await self._current.session.execute(change, execution_options=UNSEEN)
