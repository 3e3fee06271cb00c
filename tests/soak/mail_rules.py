"""Parcels (D.2): who sends first, until when, with a number or not, and what starts which clock."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tests.soak.rule_book import DAY, Leg, Trade, a_clock

LOST_TOO_OFTEN = 2
SATURDAY = 5


def ship_by_date(now: datetime) -> datetime:
    """Three days from Monday to Friday later, at the same time of day."""
    days_left, day = 3, now
    while days_left:
        day += DAY
        days_left -= day.weekday() < SATURDAY
    return day


def plan_mailing(trade: Trade, before: Sequence[Trade], now: datetime) -> None:
    """All have consented: say who sends first, and who needs a tracking number (T4).

    Who was agreed on sends first, or who has completed less, or who began. In a ring all send at
    once. Everybody here has the same trust level.
    """
    if trade["kind"] == "in_person":
        return
    completed = [each for each in before if each["state"] == "completed"]
    lost = [giver for each in before for giver, leg in each["legs"].items() if is_missing(leg)]

    def experience(member: int) -> int:
        return sum(member in each["legs"] for each in completed)

    first = trade["first"] if trade["first"] is not None else min(trade["legs"], key=experience)
    for giver, leg in trade["legs"].items():
        leg["must_track"] = trade["tracked"] or lost.count(giver) >= LOST_TOO_OFTEN
        if trade["kind"] == "ring" or giver == first:
            call(leg, now)


def is_missing(leg: Leg) -> bool:
    return bool(leg["state"] == "missing")


def call(leg: Leg, now: datetime) -> None:
    """It is this sender's turn: a week after the ship-by date the leg counts as not sent (T21)."""
    leg["ship_by"] = ship_by_date(now)
    leg["clock"] = a_clock(now, leg["ship_by"] + 7 * DAY, "not_sent")


def call_next(trade: Trade, now: datetime) -> None:
    """A parcel has arrived, or a receiver or the carrier says so: who waited for it is to send."""
    for leg in trade["legs"].values():
        if trade["kind"] != "in_person" and leg["state"] == "due" and leg["ship_by"] is None:
            call(leg, now)


def send(trade: Trade, giver: int, *, now: datetime) -> None:
    """On its way; after four weeks it counts as not arrived (T21)."""
    leg = trade["legs"][giver]
    clock = a_clock(now, now + 28 * DAY, "not_arrived")
    leg |= {"state": "shipped", "shipped": now, "clock": clock}


def deliver(trade: Trade, giver: int, *, delivered: datetime, now: datetime) -> None:
    """The carrier has brought it: its receiver is reminded after five days (T20)."""
    leg = trade["legs"][giver]
    if leg["delivered"] is None:
        leg["delivered"] = delivered
        leg["clock"] = a_clock(delivered, delivered + timedelta(days=5), "remind")
        call_next(trade, now)
