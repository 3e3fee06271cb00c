"""What happens to copies, and by which ids they and the agreements over them are known."""

from dataclasses import dataclass
from typing import NewType
from uuid import UUID

from apps.catalogue.contract import CardId
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Event

CopyId = NewType("CopyId", UUID)
AgreementId = NewType("AgreementId", UUID)


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyEntered(Event):
    """A member has a copy in hand that was not here before."""

    copy: CopyId
    card: CardId
    owner: MemberId
    for_trade: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyUnlisted(Event):
    """A copy can no longer be asked for, since its owner unlisted or removed it."""

    copy: CopyId


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyListed(Event):
    """A copy can be asked for, and could not be before, or not in so good a condition."""

    copy: CopyId
    card: CardId
    owner: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyWorsened(Event):
    """The condition of a copy has become worse, promised or not (T7, T19)."""

    copy: CopyId
    owner: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyRemoved(Event):
    """A copy is gone: sold, lost, entered by mistake, or left behind."""

    copy: CopyId


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyPromised(Event):
    """Its owner has consented to hand a copy over (P2)."""

    copy: CopyId
    agreement: AgreementId


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyReleased(Event):
    """Nothing came of a promise; the copy is free again (P6)."""

    copy: CopyId


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyHandedOver(Event):
    """A promised copy is its receiver's, and not for trade (P7)."""

    copy: CopyId
    giver: MemberId
    receiver: MemberId
    agreement: AgreementId
