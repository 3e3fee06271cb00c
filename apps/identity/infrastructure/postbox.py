"""Letters to members, on their way to a mail server."""

import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, bindparam, select

from apps.identity.application.ports import Mail, Mailer
from apps.identity.contract import Letter, Postbox
from apps.identity.domain.user import Status
from apps.identity.infrastructure.models import BlockModel, ProfileModel, UserModel
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

SOMEBODY = "another member"

IDS: BindParameter[Any] = bindparam("ids", expanding=True)
PEOPLE = Question(
    select(UserModel.id, UserModel.email, ProfileModel.nickname, BlockModel.blocked_id)
    .join(ProfileModel, ProfileModel.id == UserModel.id)
    .outerjoin(BlockModel, (BlockModel.blocker_id == UserModel.id) & BlockModel.blocked_id.in_(IDS))
    .where(UserModel.id.in_(IDS), UserModel.status == Status.ACTIVE)
)
"""A row for each active one of these members and each block that they have put on another."""

_log = logging.getLogger(__name__)


class MailPostbox(Postbox):
    """Looks everybody up at once, and then mails one letter after another."""

    def __init__(self, reads: Reads, mailer: Mailer) -> None:
        self._reads = reads
        self._mailer = mailer

    async def send(self, letters: Sequence[Letter]) -> None:
        """Ask once, however many there are."""
        involved = {member for each in letters for member in (each.to, *each.names.values())}
        rows = await self._reads(PEOPLE, ids=sorted(involved))
        people = {row.id: row for row in rows}
        parted = {frozenset((row.id, row.blocked_id)) for row in rows}
        for letter in letters:
            if letter.to not in people:
                continue
            names = {
                name: people[other].nickname
                if other in people and frozenset((letter.to, other)) not in parted
                else SOMEBODY
                for name, other in letter.names.items()
            }
            text = letter.text.format_map(names)
            await self._mail(Mail(to=people[letter.to].email, subject=letter.subject, text=text))

    async def _mail(self, mail: Mail) -> None:
        try:
            await self._mailer.send(mail)
        except Exception as failure:  # noqa: BLE001 - the next letter may be luckier
            _log.error("mail not sent: %s", type(failure).__name__)
