"""What was agreed is handed over, or called off (D.2)."""

from datetime import datetime

from tests.soak.mail_rules import call_next, deliver, send
from tests.soak.permissions import refused
from tests.soak.proposal_rules import ProposalRules
from tests.soak.rule_book import DAY, HOUR, Leg, Reasons, Trade, a_clock, leg_to


class HandoverRules(ProposalRules):
    """What can be done once all have consented (T9 to T12)."""

    def cancel(self, number: int, *, by: int, by_agreement: bool) -> Reasons:
        """Alone, a fault after an hour (T10); or once all have asked within 48 hours (T9)."""
        trade = self.trades[number]
        if reasons := refused(trade, by, "cancel", self.now):
            return reasons
        if not by_agreement:
            late = self.now - trade["accepted"] > HOUR
            self.happened.add(("T10", late))
            self._close(trade, "cancelled", fault={by} if late else set())
            return set()
        trade["asked"][by] = self.now
        lately = {party for party, at in trade["asked"].items() if self.now - at <= 48 * HOUR}
        if lately == trade["legs"].keys():
            self.happened.add("T9")
            self._close(trade, "cancelled", fault=set())
        return set()

    def confirm(self, number: int, *, by: int) -> Reasons:
        """I have what the other brought (T11); with the second word it is completed (T12)."""
        trade = self.trades[number]
        if reasons := refused(trade, by, "confirm", self.now):
            return reasons
        self._receive(trade, leg_to(trade, by))
        for leg in trade["legs"].values():
            if leg["state"] == "due":  # its receiver is reminded in a day (T15)
                leg["clock"] = a_clock(self.now, self.now + DAY, "remind")
        return set()

    def ship(self, number: int, giver: int, *, by: int, tracked: bool) -> Reasons:
        """I have sent my parcel (T11): its copies are in transit."""
        trade = self.trades[number]
        reasons = refused(trade, by, "ship", self.now)
        if by in trade["legs"]:
            if giver != by:
                reasons.add("invalid-transition")
            if trade["legs"][giver]["must_track"] and not tracked:
                reasons.add("tracking-required")
        if reasons:
            return reasons
        send(trade, giver, now=self.now)
        for copy in trade["legs"][giver]["copies"]:
            self.copies[copy]["sent"] = True
        if trade["state"] == "accepted":
            trade["state"] = "fulfilling"
        return set()

    def receive(self, number: int, giver: int, *, by: int) -> Reasons:
        """The parcel of this giver has come (T12)."""
        trade = self.trades[number]
        reasons = refused(trade, by, "receive", self.now)
        if by in trade["legs"] and trade["legs"][giver]["to"] != by:
            reasons.add("invalid-transition")
        if not reasons:
            self._receive(trade, trade["legs"][giver])
        return reasons

    def note_delivery(self, number: int, giver: int, *, delivered: datetime) -> Reasons:
        """What a carrier says of what is on its way, disputed or not (T20)."""
        trade = self.trades[number]
        if trade["legs"][giver]["state"] != "shipped":
            return {"invalid-transition"}
        deliver(trade, giver, delivered=delivered, now=self.now)
        return set()

    def _receive(self, trade: Trade, leg: Leg) -> None:
        """One leg less to wait for."""
        leg |= {"state": "received", "received": self.now, "clock": None}
        call_next(trade, self.now)
        if trade["state"] == "accepted":
            trade["state"] = "fulfilling"
        self._complete_if_done(trade)

    def _complete_if_done(self, trade: Trade) -> None:
        """With the last leg all copies change hands at once (T12, P7)."""
        legs = trade["legs"].values()
        if trade["dispute"] is None and all(leg["state"] == "received" for leg in legs):
            for leg in legs:
                self._hand_over(leg["copies"], leg["to"])
            trade |= {"state": "completed", "ended": self.now}
