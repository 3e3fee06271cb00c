"""The rules of copies and trades once more, written from their description (D.1, D.2) alone.

Members, copies and trades are numbers, everything known of them stands in dictionaries, and a
command answers with all the reasons for which it may be refused; with none, it is done. Nothing
here knows the service. One chapter builds on the other: copies, proposals, handing over, disputes,
and here what time does.
"""

from typing import Any

from tests.soak.clock_rules import due, running
from tests.soak.dispute_rules import DisputeRules
from tests.soak.permissions import allowed
from tests.soak.rule_book import DAY, Leg, Trade, a_clock

STRIKES = {"remind": "T20", "receive": "T20", "not_sent": "T21", "not_arrived": "T21"}


class TradeRules(DisputeRules):
    """What should be so after all that happened."""

    def expire(self) -> int:
        """Let time do one thing to each trade that is due; return to how many."""
        struck = [trade for trade in self.trades if self._is_past(due(trade))]
        for trade in struck:
            if trade["state"] == "proposed":
                self.happened.add("T8")
                self._give_up(trade, "expired")
            elif trade["state"] == "accepted":
                self.happened.add("T13")
                self._close(trade, "cancelled", fault=self._idle(trade))
            else:
                self._strike(trade, min(running(trade), key=lambda leg: leg["clock"]["strikes"]))
        return len(struck)

    def shown(self, trade: Trade) -> dict[str, Any]:
        """What its parties should be shown."""
        return {
            "state": trade["state"],
            "revision": trade["revision"],
            "turn": trade["turn"],
            "due": due(trade),
            "at fault": trade["fault"],
            "legs": {giver: leg["state"] for giver, leg in trade["legs"].items()},
            "may": {party: allowed(trade, party, self.now) for party in trade["legs"]},
        }

    def _idle(self, trade: Trade) -> set[int]:
        """Whose leg was due: who did not meet, and by mail whose ship-by date has passed."""
        met = trade["kind"] == "in_person"
        return {g for g, leg in trade["legs"].items() if met or self._is_past(leg["ship_by"])}

    def _strike(self, trade: Trade, leg: Leg) -> None:
        then, met = leg["clock"]["then"], trade["kind"] == "in_person"
        self.happened.add(("T15" if met else STRIKES[then], then))
        if then == "remind" and met:  # T15: a day is left
            leg["clock"] = a_clock(leg["clock"]["begun"], leg["clock"]["strikes"] + DAY, "call")
        elif then == "remind":  # T20: a week is left
            leg["clock"] = a_clock(self.now, self.now + 7 * DAY, "receive")
        elif then == "receive":
            self._receive(trade, leg)
        elif then == "call":  # T15: nobody's dispute, so both have to go on, or moderators decide
            self._open(trade, "confirmation_false", over=leg, opener=None)
        else:  # T21: not_sent or not_arrived, in the name of who waits
            self._open(trade, then, over=leg, opener=leg["to"])
