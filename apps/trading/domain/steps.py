"""Every step from one state of a trade to another, as one table (D.2).

`docs/trade-states.md` is drawn from it, and no trade takes a step that is not in it.
"""

from collections.abc import Mapping

from apps.shared.domain.ids import MemberId
from apps.trading.domain.moves import (
    Action,
    May,
    Situation,
    State,
    Step,
    has_consented,
    may_agree,
    may_confirm,
    may_receive,
    may_resume,
    may_revise,
    may_ship,
    must_answer,
    takes_part,
)

STEPS = (
    Step(
        code="T2",
        sources=(None,),
        targets=(State.PROPOSED,),
        who="its author; matching, for a ring",
        when="send",
        then="the author's copies are promised; in a ring nobody has consented yet",
    ),
    Step(
        code="T3",
        sources=(State.PROPOSED,),
        targets=(State.PROPOSED,),
        who="whose turn it is, of two",
        when="counter",
        then="a new revision by its author, whose copies are promised instead; the turn changes",
        action=Action.COUNTER,
        may=may_revise,
    ),
    Step(
        code="T4",
        sources=(State.PROPOSED,),
        targets=(State.ACCEPTED, State.PROPOSED),
        who="whose turn it is; in a ring each party in any order",
        when="accept",
        then="the acceptor's copies are promised, rival proposals lapse; with the last consent"
        " all copies are expected, and in a ring it stays proposed until then",
        action=Action.ACCEPT,
        may=may_agree,
    ),
    Step(
        code="T5",
        sources=(State.PROPOSED,),
        targets=(State.REJECTED,),
        who="whose turn it is; in a ring who has not consented",
        when="reject",
        then="all promises are released",
        action=Action.REJECT,
        may=must_answer,
    ),
    Step(
        code="T6",
        sources=(State.PROPOSED,),
        targets=(State.WITHDRAWN,),
        who="the author of the revision; in a ring who has consented",
        when="withdraw",
        then="all promises are released",
        action=Action.WITHDRAW,
        may=has_consented,
    ),
    Step(
        code="T7",
        sources=(State.PROPOSED,),
        targets=(State.LAPSED,),
        who="the service",
        when="a copy is no longer to be had, or got worse before its owner consented, or a party is"
        " blocked, suspended or gone",
        then="all promises are released",
    ),
    Step(
        code="T8",
        sources=(State.PROPOSED,),
        targets=(State.EXPIRED,),
        who="the service",
        when="nobody answered in time",
        then="all promises are released",
    ),
    Step(
        code="T9",
        sources=(State.ACCEPTED,),
        targets=(State.CANCELLED, State.ACCEPTED),
        who="every party within 48 hours",
        when="cancel by agreement, nothing shipped",
        then="asked for at first; with the last one all promises are released, nobody's fault",
        action=Action.CANCEL,
        may=takes_part,
    ),
    Step(
        code="T10",
        sources=(State.ACCEPTED,),
        targets=(State.CANCELLED,),
        who="any party",
        when="cancel alone, nothing shipped",
        then="all promises are released; the canceller's fault after the first hour",
        action=Action.CANCEL,
        may=takes_part,
    ),
    Step(
        code="T11",
        sources=(State.ACCEPTED,),
        targets=(State.FULFILLING,),
        who="a receiver, in person",
        when="confirm",
        then="the leg is received",
        action=Action.CONFIRM,
        may=may_confirm,
    ),
    Step(
        code="T11",
        sources=(State.ACCEPTED, State.FULFILLING),
        targets=(State.FULFILLING,),
        who="a sender, by mail",
        when="ship",
        then="the copies are in transit",
        action=Action.SHIP,
        may=may_ship,
    ),
    Step(
        code="T12",
        sources=(State.FULFILLING,),
        targets=(State.COMPLETED, State.FULFILLING),
        who="a receiver, in person",
        when="confirm",
        then="the leg is received; with the last one all copies change hands",
        action=Action.CONFIRM,
        may=may_confirm,
    ),
    Step(
        code="T12",
        sources=(State.FULFILLING,),
        targets=(State.COMPLETED, State.FULFILLING),
        who="a receiver, by mail",
        when="receive",
        then="the leg is received; with the last one all copies change hands",
        action=Action.RECEIVE,
        may=may_receive,
    ),
    Step(
        code="T13",
        sources=(State.ACCEPTED,),
        targets=(State.CANCELLED,),
        who="the service",
        when="nobody acted in time",
        then="all promises are released; the fault of whose leg was due",
    ),
    Step(
        code="T14",
        sources=(State.ACCEPTED, State.FULFILLING),
        targets=(State.DISPUTED,),
        who="any party",
        when="dispute",
        then="the clock stops, the promises stay, moderators are asked",
        action=Action.DISPUTE,
        may=takes_part,
    ),
    Step(
        code="T15",
        sources=(State.FULFILLING,),
        targets=(State.DISPUTED, State.COMPLETED),
        who="the service",
        when="in person, one side is silent 48 hours after the other's word",
        then="disputed; completed where the silent side's own code shows that they met",
    ),
    Step(
        code="T16",
        sources=(State.ACCEPTED,),
        targets=(State.CANCELLED,),
        who="the service",
        when="a party is suspended or leaves",
        then="all promises are released; that party's fault",
    ),
    Step(
        code="T17",
        sources=(State.FULFILLING, State.DISPUTED),
        targets=(State.DISPUTED,),
        who="the service",
        when="a party is suspended or leaves",
        then="the clock stops, the promises stay, moderators are asked; in a ring over the open"
        " legs of who left only, which are added to a dispute over others",
    ),
    Step(
        code="T18",
        sources=(State.DISPUTED,),
        targets=(State.ACCEPTED, State.FULFILLING, State.COMPLETED, State.DISPUTED),
        who="who opened the dispute, once in a trade; else every party, as where the service did",
        when="resume",
        then="the clock runs again, with at least 72 hours left; who left meanwhile leaves now"
        " (T16, T17)",
        action=Action.RESUME,
        may=may_resume,
    ),
    Step(
        code="T19",
        sources=(State.ACCEPTED,),
        targets=(State.PROPOSED,),
        who="the service",
        when="a party tells that a copy has become worse, nothing shipped",
        then="a new revision by that party; the promises stay while the others may answer, and"
        " any end but other terms is the fault of that party, or of who leaves",
    ),
    Step(
        code="T20",
        sources=(State.FULFILLING,),
        targets=(State.COMPLETED, State.FULFILLING),
        who="the service",
        when="delivered, and the receiver is silent 7 days after a reminder",
        then="the leg closes by itself, which earns nobody trust",
    ),
    Step(
        code="T20",
        sources=(State.DISPUTED,),
        targets=(State.DISPUTED,),
        who="the service",
        when="another leg of the ring is delivered, and its receiver silent for as long",
        then="that leg closes by itself",
    ),
    Step(
        code="T21",
        sources=(State.FULFILLING, State.DISPUTED),
        targets=(State.DISPUTED,),
        who="the service",
        when="a leg was not sent in time, or has not arrived in time",
        then="a dispute is opened in the waiting side's name; in a ring over that leg only, which"
        " is added to a dispute over others",
    ),
    Step(
        code="T21",
        sources=(State.DISPUTED,),
        targets=(State.DISPUTED,),
        who="a sender of another leg of the ring",
        when="ship",
        then="the others finish",
        action=Action.SHIP,
        may=may_ship,
    ),
    Step(
        code="T21",
        sources=(State.DISPUTED,),
        targets=(State.DISPUTED,),
        who="a receiver of another leg of the ring",
        when="receive",
        then="the others finish",
        action=Action.RECEIVE,
        may=may_receive,
    ),
    Step(
        code="T22",
        sources=(State.DISPUTED,),
        targets=(State.RESOLVED,),
        who="a moderator who is no party",
        when="decide",
        then="the copies of each leg move or are released; the fault is noted",
    ),
)
"""Every step there is; whatever is not among them cannot happen."""

MOVES: Mapping[State, Mapping[Action, May]] = {
    state: {
        step.action: step.may
        for step in STEPS
        if state in step.sources and step.action is not None and step.may is not None
    }
    for state in State
}
"""State by state, what the parties can do."""

ARROWS = frozenset(
    (source, target) for step in STEPS for source in step.sources for target in step.targets
)
"""From which state to which a trade can go."""


def allowed_actions(now: Situation, member: MemberId) -> list[Action]:
    """Return what this party can do."""
    moves = MOVES[now.state]
    return [action for action in Action if action in moves and moves[action](now, member)]
