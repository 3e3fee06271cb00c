"""The mails of an installation for development, as whoever develops reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.identity.application.ports import Mail


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMail:
    """A mail, and when it was sent."""

    at: datetime
    mail: Mail


class Mailbox(Protocol):
    """What was mailed to anybody."""

    async def newest(self) -> Sequence[KeptMail]:
        """Return the last hundred, newest first."""
        ...
