"""Disputes (D.2): opened, talked about, withdrawn, or decided by moderators."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from tests.soak.clock_rules import start_again
from tests.soak.handover_rules import HandoverRules
from tests.soak.permissions import needs_everybody, refused
from tests.soak.rule_book import DAY, MODERATORS, Leg, Reasons, Trade, has_begun, leg_to

MOST_STATEMENTS = 10


def answers_until(case: Trade) -> datetime:
    """For a week, which begins anew with each leg that is added."""
    begun: datetime = case["widened"] or case["opened"]
    return begun + 7 * DAY


class DisputeRules(HandoverRules):
    """Opening (T14), going on after all (T18), and deciding (T22)."""

    def dispute(self, number: int, *, by: int, kind: str, evidence: bool) -> Reasons:
        """Something is wrong with what I was to get; what I say of it opens a case (T14)."""
        trade = self.trades[number]
        reasons = refused(trade, by, "dispute", self.now)
        if by in trade["legs"]:
            if not self.fits(kind, trade, by):
                reasons.add("dispute-unfounded")
            if kind in {"not_as_described", "wrong_item"} and not evidence:
                reasons.add("evidence-missing")
        if not reasons:
            self._open(trade, kind, over=leg_to(trade, by), opener=by)
            trade["case"]["said"][by] += 1
        return reasons

    def resume(self, number: int, *, by: int) -> Reasons:
        """Go on without a decision: the opener says so, or all of them (T18)."""
        trade = self.trades[number]
        if reasons := refused(trade, by, "resume", self.now):
            return reasons
        dispute, everybody = trade["dispute"], needs_everybody(trade)
        dispute["resumed"].add(by)
        if everybody and dispute["resumed"] != trade["legs"].keys():
            return set()
        if not everybody:
            trade["withdrew"].add(by)
        self.happened.add(("T18", "everybody" if everybody else "opener"))
        trade["case"]["state"] = "withdrawn"
        trade |= {"dispute": None, "state": "fulfilling" if has_begun(trade) else "accepted"}
        start_again(trade, dispute, self.now)
        self._complete_if_done(trade)
        return set()

    def state(self, number: int, *, by: int) -> Reasons:
        """Say something about an open case, ten times at most."""
        trade = self.trades[number]
        case = trade["case"]
        if by not in trade["legs"] or case is None:
            return {"not-found"}
        if case["state"] != "open":
            return {"invalid-case-step"}
        if case["said"][by] >= MOST_STATEMENTS:
            return {"enough-said"}
        case["said"][by] += 1
        return set()

    def assign(self, number: int, *, by: int) -> Reasons:
        """Take a case over; what another moderator has proposed is dropped."""
        case = self.trades[number]["case"]
        if reasons := self._not_deciding(by, case):
            return reasons
        if case["decision"] and case["decision"]["by"] != by:
            case["decision"] = None
        return set()

    def decide(
        self, number: int, *, by: int, verdict: str, stand: Iterable[int], fault: Iterable[int]
    ) -> Reasons:
        """Decide what becomes of the copies and whose fault it was (T22).

        Where there is fault, a second moderator has to say the same.
        """
        trade = self.trades[number]
        case, told = trade["case"], (verdict, frozenset(stand), frozenset(fault))
        if reasons := self._not_deciding(by, case):
            return reasons
        reasons = set() if self._heard(trade) else {"evidence-pending"}
        if (verdict == "complete_legs") != bool(told[1]):
            reasons.add("decision-unclear")
        pending = case["decision"]
        if pending and pending["by"] != by and pending["told"] != told:
            reasons.add("other-decision-pending")
        if pending and pending["by"] == by and pending["told"] == told:
            reasons.add("second-moderator-needed")
        if reasons:
            return reasons
        if told[2] and not (pending and pending["by"] != by):
            case["decision"] = {"by": by, "told": told}
        else:
            self.happened |= {("T22", verdict), ("T22", "by two" if told[2] else "by one")}
            case["state"] = "decided"
            self._resolve(trade, verdict, told[1], fault=set(told[2]))
        return set()

    def fits(self, kind: str, trade: Trade, by: int) -> bool:
        """Whether this can be said of what this party gets, by now."""
        leg, met = leg_to(trade, by), trade["kind"] == "in_person"
        if kind == "not_sent":
            return not met and leg["state"] == "due" and self._is_past(leg["ship_by"])
        if kind == "not_arrived":
            sent = not met and leg["state"] == "shipped"
            return sent and self.now - leg["shipped"] >= 14 * DAY
        if kind == "no_show":
            planned = trade["planned"] or self.now
            return met and leg["state"] == "due" and self._is_past(planned)
        if kind == "confirmation_false":
            return met and has_begun(trade)
        if leg["state"] == "received":
            return bool(self.now - leg["received"] <= 7 * DAY)
        return bool(leg["state"] == "shipped")

    def _is_past(self, moment: datetime | None) -> bool:
        return moment is not None and moment <= self.now

    def _open(self, trade: Trade, kind: str, *, over: Leg, opener: int | None) -> None:
        """The clocks stop, promises stay. Of two all is disputed; in a ring that leg alone."""
        ring = trade["kind"] == "ring"
        legs = {g: self.now for g, leg in trade["legs"].items() if leg is over or not ring}
        if trade["state"] == "disputed":  # a ring, another leg of which has failed (T21)
            self.happened.add(("T21", "widened"))
            trade["dispute"] |= {"opener": None, "resumed": set()}  # now it is everybody's
            trade["dispute"]["legs"] |= legs
            trade["case"] |= {"widened": self.now, "decision": None}
            return
        trade["state"] = "disputed"
        trade["dispute"] = {
            "opener": opener,
            "legs": legs,
            "opened": self.now,
            "resumed": set(),
        }
        trade["case"] = {
            "kind": kind,
            "opened": self.now,
            "widened": None,
            "state": "open",
            "said": Counter(),
            "decision": None,
        }

    def _not_deciding(self, by: int, case: Trade) -> Reasons:
        if by not in MODERATORS:
            return {"moderators-only"}
        return set() if case["state"] == "open" else {"invalid-case-step"}

    def _heard(self, trade: Trade) -> bool:
        """A week is over, or all it is about have spoken; what is lost may yet come (T22).

        To what was added nobody has answered by what they said before.
        """
        case, legs = trade["case"], [trade["legs"][giver] for giver in trade["dispute"]["legs"]]
        about = {*trade["dispute"]["legs"], *(leg["to"] for leg in legs)}
        waits = case["kind"] == "not_arrived" or case["widened"] is not None
        spoken = about <= case["said"].keys() and not waits
        return spoken or self.now >= answers_until(case)

    def _resolve(
        self, trade: Trade, verdict: str, stand: frozenset[int], *, fault: set[int]
    ) -> None:
        """What stands moves, the rest is its owners' again; a leg tells what became of it."""
        for giver, leg in trade["legs"].items():
            leg["clock"] = None
            if verdict == "complete_all" or giver in stand:
                leg |= {"state": "received", "received": leg["received"] or self.now}
                self._hand_over(leg["copies"], leg["to"])
            elif verdict == "return":
                leg["state"] = "due" if leg["state"] == "due" else "returned"
            elif leg["state"] == "shipped":
                leg["state"] = "missing"
        self._close(trade, "resolved", fault=fault)
