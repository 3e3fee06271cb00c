"""When something happens although nobody acts, and how disputes stop the clocks (D.2)."""

from datetime import datetime

from tests.soak.rule_book import HOUR, Leg, Trade


def due(trade: Trade) -> datetime | None:
    """When time does the next thing to a trade: no live one waits for ever, but for moderators."""
    strikes: datetime | None = trade["answer_by" if trade["state"] == "proposed" else "act_by"]
    if trade["state"] not in {"proposed", "accepted"}:
        legs = running(trade)
        strikes = min(leg["clock"]["strikes"] for leg in legs) if legs else None
    return strikes


def running(trade: Trade) -> list[Leg]:
    """Those legs whose clocks run; a disputed leg rests, and so do both of two."""
    if trade["state"] not in {"fulfilling", "disputed"}:
        return []
    rest = trade["dispute"]["legs"] if trade["dispute"] else {}
    return [leg for giver, leg in trade["legs"].items() if leg["clock"] and giver not in rest]


def start_again(trade: Trade, dispute: Trade, now: datetime) -> None:
    """Each clock that stopped goes on with the time that was left; 72 hours at least (T18)."""
    least = now + 72 * HOUR
    if trade["state"] == "accepted":
        trade["act_by"] = max(least, trade["act_by"] + (now - dispute["opened"]))
    for giver, since in dispute["legs"].items():
        leg = trade["legs"][giver]
        if clock := leg["clock"]:
            stopped = max(since, clock["begun"])
            lost = max(now - stopped, least - clock["strikes"])
            clock["strikes"] += lost
            if leg["state"] == "due" and leg["ship_by"]:
                leg["ship_by"] += lost
