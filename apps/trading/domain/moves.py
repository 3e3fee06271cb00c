"""What can be done with a trade: its states and, for each, who can do what (D.2)."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from apps.shared.domain.errors import Conflict
from apps.shared.domain.ids import MemberId

MOST_REVISIONS = 10


class StaleRevision(Conflict):
    """The terms were changed since you saw them."""


class InvalidTransition(Conflict):
    """This cannot be done with the trade as it stands, or not by you."""


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
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the answer to "who can do what now" depends on.

    `turn` must answer a proposal, `awaiting` have not yet received all of their legs, and an open
    ask leaves it to the other party what to take.
    """

    parties: AbstractSet[MemberId]
    state: State
    revision: int
    author: MemberId
    turn: MemberId | None
    awaiting: AbstractSet[MemberId]
    open_ask: bool
    overdue: bool

    def allowed_actions(self, member: MemberId) -> list[Action]:
        """Return what this party can do."""
        moves = MOVES.get(self.state, {})
        return [action for action, may in moves.items() if may(self, member)]


def _writes(now: Situation, member: MemberId) -> bool:
    return member == now.author


def _answers(now: Situation, member: MemberId) -> bool:
    return member == now.turn and not now.overdue


def _agrees(now: Situation, member: MemberId) -> bool:
    return _answers(now, member) and not now.open_ask


def _revises(now: Situation, member: MemberId) -> bool:
    return _answers(now, member) and now.revision < MOST_REVISIONS


def _awaits(now: Situation, member: MemberId) -> bool:
    return member in now.awaiting


def _takes_part(now: Situation, member: MemberId) -> bool:
    return member in now.parties


MOVES: Mapping[State, Mapping[Action, Callable[[Situation, MemberId], bool]]] = {
    State.PROPOSED: {
        Action.ACCEPT: _agrees,
        Action.COUNTER: _revises,
        Action.REJECT: _answers,
        Action.WITHDRAW: _writes,
    },
    State.ACCEPTED: {Action.CONFIRM: _awaits, Action.CANCEL: _takes_part},
    State.FULFILLING: {Action.CONFIRM: _awaits},
}
"""State by state, what the parties can do; no party can do anything in a state left out."""
