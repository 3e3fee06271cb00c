"""What happens to trades, told in the past tense."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from apps.collection.contract import CopyId
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import PRIVATE, Event
from apps.trading.domain.legs import LegId
from apps.trading.domain.terms import Account, DisputeKind, TradeId


class LapseReason(StrEnum):
    """Why nothing can come of a proposal any more."""

    COPY_UNAVAILABLE = "copy_unavailable"
    COPY_CHANGED = "copy_changed"
    PARTY_UNAVAILABLE = "party_unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeEvent(Event):
    """Something happened to a trade; no `actor` where the system or a moderator did it.

    `words` are what a party gave as its reason; `reason` is one of ours, and the same for all.
    """

    trade: TradeId
    parties: tuple[MemberId, ...]
    revision: int
    actor: MemberId | None = None
    reason: str | None = None
    words: str | None = field(default=None, metadata=PRIVATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeProposed(TradeEvent):
    """Its author sent it (T2); `moves` are the copies that each receiver would get."""

    moves: Mapping[MemberId, tuple[CopyId, ...]]


class TradeAccepted(TradeEvent):
    """All parties have consented (T4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeCountered(TradeEvent):
    """The other party proposed other terms (T3), with other `moves` or not."""

    moves: Mapping[MemberId, tuple[CopyId, ...]]


class TradeRejected(TradeEvent):
    """The other party said no (T5)."""


class TradeWithdrawn(TradeEvent):
    """Its author took it back (T6)."""


class TradeLapsed(TradeEvent):
    """A copy in it or a party to it is no longer to be had, or not as it was seen (T7)."""


class TradeExpired(TradeEvent):
    """Nobody answered in time (T8)."""


class AgreementBroken(TradeEvent):
    """What was agreed on ends before a new consent, by its actor's fault (T19); the end follows."""


class CancellationAsked(TradeEvent):
    """A party asks the other to call it off together (T9)."""


class TradeCancelled(TradeEvent):
    """An accepted trade was called off (T9, T10), or nobody acted in time (T13)."""


class PartyConsented(TradeEvent):
    """A party of a ring agrees, and others are still to (T4)."""


class TradeReopened(TradeEvent):
    """A copy has become worse, so the others have to consent anew (T19)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegShipped(TradeEvent):
    """A party has sent its leg (T11)."""

    leg: LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class LegDelivered(TradeEvent):
    """Its carrier says that a leg has arrived; its receiver has not yet said so (T20)."""

    leg: LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class LegReceived(TradeEvent):
    """A party has what another handed over (T11, T12); `by_itself` for a silent receiver (T20)."""

    leg: LegId
    by_itself: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverReminded(TradeEvent):
    """A receiver has been silent for a while; the leg will not wait for ever (T15, T20)."""

    leg: LegId
    to: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeDisputed(TradeEvent):
    """Something went wrong, as `dispute` tells; moderators are asked (T14, T15, T17, T21).

    `account` is what the opener says of it, who is the actor.
    """

    dispute: DisputeKind
    account: Account | None = field(default=None, metadata=PRIVATE)


class DisputeWidened(TradeEvent):
    """More legs of a disputed ring have failed; `reason` says how (T17, T21)."""


class ResumptionAsked(TradeEvent):
    """A party would go on in spite of a dispute (T18)."""


class TradeResumed(TradeEvent):
    """The dispute is over without a decision (T18)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeResolved(TradeEvent):
    """A moderator has decided; `reason` is the verdict (T22)."""

    at_fault: tuple[MemberId, ...]
    dispute: DisputeKind | None


class DecisionAppealed(TradeEvent):
    """A party asks another moderator to look at a decision again (T22)."""


class AppealDecided(TradeEvent):
    """Another moderator has looked at a decision again; `reason` is the outcome (T22)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultChanged(TradeEvent):
    """On appeal the fault was found to be another's, or nobody's; no copy moves (T22)."""

    was_at_fault: tuple[MemberId, ...]
    at_fault: tuple[MemberId, ...]


class TradeCompleted(TradeEvent):
    """All legs are received (T12)."""
