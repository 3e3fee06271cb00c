"""Wants and notes of who is erased."""

from sqlalchemy import delete, update

from apps.collection.application.erase_binder import EraseBinder
from apps.collection.domain.want_group import WantClosed
from apps.collection.infrastructure.models import CopyModel, WantGroupModel
from apps.identity.contract import MemberErased
from apps.shared.infrastructure.current import Current

UNSEEN = {"synchronize_session": False}


class SqlEraseBinder(EraseBinder):
    """Two statements; the cards of a want group go with it."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def __call__(self, event: MemberErased) -> None:
        """Blank notes also of copies that had been gone before."""
        copies, wants, session = CopyModel, WantGroupModel, self._current.session
        blank = update(copies).where(copies.owner_id == event.member, copies.note.is_not(None))
        await session.execute(
            blank.values(note=None, version=copies.version + 1), execution_options=UNSEEN
        )
        closed = await session.scalars(
            delete(wants).where(wants.member_id == event.member).returning(wants.id),
            execution_options=UNSEEN,
        )
        told = [WantClosed(group=group, at=event.at) for group in closed]
        self._current.transaction.tell(told)
