"""What the rules keep of trades: dictionaries of plain facts, and the times that the rules name.

Members, copies and trades are numbers. A leg goes by the number of who gives it.
"""

from datetime import datetime, timedelta
from typing import Any

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KINDS = ("in_person", "mail", "ring")
MEMBERS, MODERATORS = (0, 1, 2, 3), (4, 5)
LIVE = {"proposed", "accepted", "fulfilling", "disputed"}
AGREED = LIVE - {"proposed"}

Reasons = set[str]
"""The codes of all refusals that fit; with none of them, a command is done."""
Trade = dict[str, Any]
Leg = dict[str, Any]


def a_leg(to: int, copies: frozenset[int]) -> Leg:
    """What one party hands to another; its `clock` says what happens when nobody acts."""
    return {
        "to": to,
        "copies": copies,
        "state": "due",
        "ship_by": None,
        "must_track": False,
        "shipped": None,
        "delivered": None,
        "received": None,
        "clock": None,
    }


def a_trade(
    number: int, kind: str, legs: dict[int, Leg], *, now: datetime, window: timedelta
) -> Trade:
    """A first revision that nobody has consented to; of two, an author and a turn are added."""
    return {
        "number": number,
        "kind": kind,
        "legs": legs,
        "state": "proposed",
        "revision": 1,
        "author": None,
        "turn": None,
        "consented": set(),
        "window": window,
        "answer_by": now + window,
        "planned": None,
        "first": None,
        "tracked": False,
        "accepted": None,
        "act_by": None,
        "asked": {},
        "editor": None,
        "dispute": None,
        "case": None,
        "withdrew": set(),
        "fault": set(),
        "ended": None,
    }


def all_copies(trade: Trade) -> frozenset[int]:
    return frozenset().union(*(leg["copies"] for leg in trade["legs"].values()))


def leg_to(trade: Trade, member: int) -> Leg:
    """What this party is to get."""
    return next(leg for leg in trade["legs"].values() if leg["to"] == member)


def the_other(trade: Trade, party: int) -> int:
    """The other one of two."""
    return int(trade["legs"][party]["to"])


def has_begun(trade: Trade) -> bool:
    """Whether anything was sent, or handed over."""
    return any(leg["state"] != "due" for leg in trade["legs"].values())


def a_clock(begun: datetime, strikes: datetime, then: str) -> dict[str, Any]:
    return {"begun": begun, "strikes": strikes, "then": then}
