"""The states of a trade, and what decides who can do what in them (D.2)."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from apps.shared.domain.errors import Conflict
from apps.shared.domain.ids import MemberId
from apps.trading.domain.terms import Method

MOST_REVISIONS = 10


class StaleRevision(Conflict):
    """The terms were changed since you saw them."""


class InvalidTransition(Conflict):
    """This cannot be done as things stand, or not by you."""


class State(StrEnum):
    """How far an agreement has come."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    FULFILLING = "fulfilling"
    DISPUTED = "disputed"
    COMPLETED = "completed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    RESOLVED = "resolved"


AGREED = frozenset({State.ACCEPTED, State.FULFILLING, State.DISPUTED})
LIVE = AGREED | {State.PROPOSED}


class Action(StrEnum):
    """What a party can tell a trade to do."""

    ACCEPT = "accept"
    COUNTER = "counter"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    CONFIRM = "confirm"
    SHIP = "ship"
    RECEIVE = "receive"
    CANCEL = "cancel"
    DISPUTE = "dispute"
    RESUME = "resume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the answer to "who can do what now" depends on.

    `turn` must answer a proposal; in a `ring`, which has no author, everybody not yet in
    `consented` must.
    `senders` have something to ship, `awaiting` have not yet received all that is on its way or,
    in person, to be handed over. `resuming` can end the dispute: its opener, or all together.
    """

    parties: AbstractSet[MemberId]
    ring: bool
    state: State
    method: Method
    revision: int
    turn: MemberId | None
    consented: AbstractSet[MemberId]
    senders: AbstractSet[MemberId]
    awaiting: AbstractSet[MemberId]
    resuming: AbstractSet[MemberId]
    open_ask: bool
    overdue: bool


May = Callable[[Situation, MemberId], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the table: from where to where, on whose word, and with what effect.

    Either parties take it, by an `action` that they `may` take, or it happens: `when` says how.
    """

    code: str
    sources: tuple[State | None, ...]
    targets: tuple[State, ...]
    who: str
    when: str
    then: str
    action: Action | None = None
    may: May | None = None


def takes_part(now: Situation, member: MemberId) -> bool:
    """Any party."""
    return member in now.parties


def has_consented(now: Situation, member: MemberId) -> bool:
    """Who has consented to the present revision."""
    return member in now.consented


def must_answer(now: Situation, member: MemberId) -> bool:
    """Whose turn it is; in a ring who has not consented yet."""
    asked = now.ring and member in now.parties and member not in now.consented
    return (asked or member == now.turn) and not now.overdue


def may_agree(now: Situation, member: MemberId) -> bool:
    """Who must answer, unless it is left to them what to take."""
    return must_answer(now, member) and not now.open_ask


def may_revise(now: Situation, member: MemberId) -> bool:
    """Who must answer a proposal of two that was not revised too often."""
    return must_answer(now, member) and not now.ring and now.revision < MOST_REVISIONS


def may_confirm(now: Situation, member: MemberId) -> bool:
    """Who meets the other, and has not got their leg yet."""
    return now.method is Method.IN_PERSON and member in now.awaiting


def may_ship(now: Situation, member: MemberId) -> bool:
    """Who has something to send."""
    return now.method is Method.MAIL and member in now.senders


def may_receive(now: Situation, member: MemberId) -> bool:
    """To whom something is on its way."""
    return now.method is Method.MAIL and member in now.awaiting


def may_resume(now: Situation, member: MemberId) -> bool:
    """Who opened the dispute, once; after that, or where the service did, all parties."""
    return member in now.resuming


def resuming(
    opener: MemberId | None, parties: AbstractSet[MemberId], *, withdrawn: AbstractSet[MemberId]
) -> AbstractSet[MemberId]:
    """Return who ends a dispute without a decision; those in `withdrawn` have done so alone."""
    return parties if opener is None or opener in withdrawn else {opener}
