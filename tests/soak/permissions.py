"""Who may do what with a trade as it stands (D.2)."""

from datetime import datetime

from tests.soak.rule_book import Reasons, Trade, leg_to

MOST_REVISIONS = 10


def allowed(trade: Trade, by: int, now: datetime) -> set[str]:
    """Everything that a party may do now; a stranger may do nothing."""
    if by not in trade["legs"]:
        return set()
    if trade["state"] == "proposed":
        return _answers(trade, by, now) | ({"withdraw"} if by in trade["consented"] else set())
    if trade["state"] == "accepted":
        return _hands_over(trade, by) | {"cancel", "dispute"}
    if trade["state"] == "fulfilling":
        return _hands_over(trade, by) | {"dispute"}
    if trade["state"] == "disputed":
        return _hands_over(trade, by) | ({"resume"} if _may_resume(trade, by) else set())
    return set()


def refused(
    trade: Trade, by: int, action: str, now: datetime, *, revision: int | None = None
) -> Reasons:
    """Why this cannot be told; strangers do not learn that there is such a trade."""
    if by not in trade["legs"]:
        return {"not-found"}
    reasons = set() if action in allowed(trade, by, now) else {"invalid-transition"}
    return reasons | ({"stale-revision"} if revision not in {None, trade["revision"]} else set())


def needs_everybody(trade: Trade) -> bool:
    """Whether one party's word does not end the dispute: nobody's own, or not their first (T18)."""
    opener = trade["dispute"]["opener"]
    return opener is None or opener in trade["withdrew"]


def _answers(trade: Trade, by: int, now: datetime) -> set[str]:
    """Of two, whose turn it is may answer; in a ring, everybody who has not consented."""
    ring = trade["kind"] == "ring"
    asked = by not in trade["consented"] if ring else by == trade["turn"]
    if not asked or now >= trade["answer_by"]:
        return set()
    open_ask = not all(leg["copies"] for leg in trade["legs"].values())
    may_counter = not ring and trade["revision"] < MOST_REVISIONS
    return {"reject", *(["counter"] if may_counter else []), *([] if open_ask else ["accept"])}


def _hands_over(trade: Trade, by: int) -> set[str]:
    """Confirm a meeting; send one's own parcel, receive the other's. A disputed leg rests."""
    disputed = trade["dispute"]["legs"] if trade["dispute"] else {}
    mine, theirs = trade["legs"][by], leg_to(trade, by)
    giver = next(giver for giver, leg in trade["legs"].items() if leg is theirs)
    if trade["kind"] == "in_person":
        return {"confirm"} if theirs["state"] == "due" and giver not in disputed else set()
    may_ship = mine["state"] == "due" and by not in disputed
    may_receive = theirs["state"] == "shipped" and giver not in disputed
    return {*(["ship"] if may_ship else []), *(["receive"] if may_receive else [])}


def _may_resume(trade: Trade, by: int) -> bool:
    return needs_everybody(trade) or by == trade["dispute"]["opener"]
