"""Every step of a matching round from one state to another, and who may do what in it."""

from dataclasses import dataclass
from enum import StrEnum

from apps.identity.contract import Rank
from apps.matching.domain.ring import LEVEL_FOR_RINGS, PAIR
from apps.shared.domain.ids import MemberId

LEVEL_TO_OPEN = 2


class RoundState(StrEnum):
    """How far a round has come."""

    OPEN = "open"
    CLOSED = "closed"
    SOLVING = "solving"
    PUBLISHED = "published"
    SETTLED = "settled"


UNSOLVED = frozenset({RoundState.CLOSED, RoundState.SOLVING})
"""In which a worker has something to do for a round."""


class RoundAction(StrEnum):
    """What a member can do with a round."""

    JOIN = "join"
    LEAVE = "leave"
    CLOSE = "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundStep:
    """From where to where, on whose word, and with what effect."""

    source: RoundState | None
    target: RoundState
    who: str
    when: str
    then: str


STEPS = (
    RoundStep(
        source=None,
        target=RoundState.OPEN,
        who="a member of level 2, or staff",
        when="open",
        then="members may join and leave",
    ),
    RoundStep(
        source=RoundState.OPEN,
        target=RoundState.CLOSED,
        who="who opened it, or staff; the service at `closes_at`",
        when="close",
        then="the input is frozen: lists, blocks, parameters and seed are kept as they are now",
    ),
    RoundStep(
        source=RoundState.CLOSED,
        target=RoundState.SOLVING,
        who="a worker",
        when="it begins",
        then="the best rings are looked for, which the operation tells of",
    ),
    RoundStep(
        source=RoundState.SOLVING,
        target=RoundState.PUBLISHED,
        who="a worker",
        when="rings are found and put to their members",
        then="each ring is a proposed trade, or was dissolved because it is impossible by now",
    ),
    RoundStep(
        source=RoundState.PUBLISHED,
        target=RoundState.SOLVING,
        who="the service",
        when="every ring is answered, and some were dissolved",
        then="a new generation: who is left is matched again, at most four times",
    ),
    RoundStep(
        source=RoundState.PUBLISHED,
        target=RoundState.SETTLED,
        who="the service",
        when="the trade of each ring has ended, and nobody is left to be matched again",
        then="nothing more comes of it",
    ),
)
"""Every step there is; `docs/matching-rounds.md` shows them."""

ARROWS = frozenset((step.source, step.target) for step in STEPS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Who looks at a round, or would take part in it."""

    rank: Rank
    region: str | None
    joined: bool


def allowed_actions(
    *,
    state: RoundState,
    opener: MemberId,
    max_length: int,
    region: str | None,
    overdue: bool,
    guest: Guest,
) -> list[RoundAction]:
    """Return what a member can do with a round as it stands."""
    if state is not RoundState.OPEN:
        return []
    rank = guest.rank
    fits = rank.email_verified and region in {None, guest.region}
    trusted = max_length <= PAIR or rank.trust_level >= LEVEL_FOR_RINGS
    can = {
        RoundAction.JOIN: fits and trusted and not guest.joined and not overdue,
        RoundAction.LEAVE: guest.joined,
        RoundAction.CLOSE: rank.id == opener or rank.role.is_staff,
    }
    return [action for action, may in can.items() if may]
