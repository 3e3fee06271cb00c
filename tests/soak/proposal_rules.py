"""Proposals (D.2): sent, countered, consented to or not, and what a changed copy does to them."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from tests.soak.copy_rules import CopyRules
from tests.soak.mail_rules import plan_mailing
from tests.soak.permissions import refused
from tests.soak.rule_book import (
    DAY,
    HOUR,
    LIVE,
    Leg,
    Reasons,
    Trade,
    a_leg,
    a_trade,
    all_copies,
    has_begun,
    the_other,
)

PAIR_CAP, OPEN_CAP = 3, 10


class ProposalRules(CopyRules):
    """What can be done before all have consented (T2 to T7), and T19, which leads back there."""

    def propose(
        self,
        *,
        kind: str,
        by: int,
        to: int,
        give: Iterable[int],
        take: Iterable[int],
        hours: int,
        planned: datetime | None,
        first: int | None,
        tracked: bool,
    ) -> Reasons:
        """Send the first revision (T2); it promises the author's copies (P2)."""
        sides = {by: frozenset(give), to: frozenset(take)}
        reasons = self._not_offered(sides) | self._taken(sides[by] | sides[to])
        live = [t for t in self.trades if t["state"] in LIVE and sides.keys() <= t["legs"].keys()]
        out = [t for t in self.trades if t["state"] == "proposed" and t["author"] == by]
        if len(live) >= PAIR_CAP or len(out) >= OPEN_CAP:
            reasons.add("limit-exceeded")
        if any(self._turned_down(trade, sides, by) for trade in self.trades):
            reasons.add("recently-rejected")
        if reasons:
            return reasons
        legs = {by: a_leg(to, sides[by]), to: a_leg(by, sides[to])}
        trade = self._add(kind, legs, hours)
        trade |= {"author": by, "turn": to, "consented": {by}}
        trade |= {"planned": planned, "first": first, "tracked": tracked}
        self._promise(sides[by], trade["number"])
        return set()

    def propose_ring(self, gifts: Mapping[int, Iterable[int]]) -> Reasons:
        """Each gives to the next, the last to the first; nobody has consented, nothing is promised.

        Nobody can counter it, and it is open for two days.
        """
        given = {member: frozenset(copies) for member, copies in gifts.items()}
        reasons = self._not_offered(given) | self._taken(frozenset().union(*given.values()))
        if not reasons:
            members = [*given]
            following = dict(zip(members, [*members[1:], members[0]], strict=True))
            legs = {member: a_leg(following[member], given[member]) for member in members}
            self._add("ring", legs, 48)
        return reasons

    def counter(
        self, number: int, *, by: int, revision: int, give: Iterable[int], take: Iterable[int]
    ) -> Reasons:
        """Other terms by the party whose turn it is (T3)."""
        trade = self.trades[number]
        if by not in trade["legs"]:
            return {"not-found"}
        other = the_other(trade, by)
        sides = {by: frozenset(give), other: frozenset(take)}
        reasons = refused(trade, by, "counter", self.now, revision=revision)
        reasons |= self._not_offered(sides) | self._taken(sides[by] | sides[other], but_for=number)
        if all(trade["legs"][party]["copies"] == copies for party, copies in sides.items()):
            reasons.add("nothing-changed")
        if reasons:
            return reasons
        if not trade["legs"][other]["copies"]:
            self.happened.add("T3 of an open ask")
        self._release(number)
        self._promise(sides[by], number)
        for party, copies in sides.items():
            trade["legs"][party]["copies"] = copies
        self._revise(trade, by)
        trade |= {"answer_by": self.now + trade["window"], "editor": None}
        return set()

    def accept(self, number: int, *, by: int, revision: int) -> Reasons:
        """Consent (T4): my copies are promised, and other proposals over them lapse (P3).

        Of two, what the other gives was promised before, and proposals over that lapse now, too.
        """
        trade = self.trades[number]
        reasons = refused(trade, by, "accept", self.now, revision=revision)
        if by in trade["legs"] and trade["state"] == "proposed":
            mine = trade["legs"][by]["copies"]
            reasons |= self._not_offered({by: mine}) | self._taken(mine, but_for=number)
        if reasons:
            return reasons
        mine = trade["legs"][by]["copies"]
        trade["consented"].add(by)
        if trade["consented"] == trade["legs"].keys():
            trade |= {"state": "accepted", "turn": None, "accepted": self.now, "editor": None}
            trade["act_by"] = self._act_by(trade)
            plan_mailing(trade, self.trades, self.now)
        self._lapse_over(mine if trade["kind"] == "ring" else all_copies(trade), but_for=number)
        self._promise(mine, number)
        return set()

    def reject(self, number: int, *, by: int) -> Reasons:
        """Say no (T5); one no dissolves a ring."""
        return self._end(number, by, "reject", "rejected")

    def withdraw(self, number: int, *, by: int) -> Reasons:
        """Take back what one has consented to (T6)."""
        return self._end(number, by, "withdraw", "withdrawn")

    def relist(self, copy: int, *, by: int, listed: bool) -> Reasons:
        """Unlisting ends every proposal over the copy (T7)."""
        known = self.copies[copy]
        if known["owner"] != by:
            return {"not-found"}
        if self.where(copy) == "in_transit":
            return {"copy-on-its-way"}
        if known["listed"] and not listed:
            self._lapse_over({copy})
        known["listed"] = listed
        return set()

    def regrade(self, copy: int, *, by: int, worn: int) -> Reasons:
        """A promised copy may only get worse; who counts on it has to consent anew (T19)."""
        known = self.copies[copy]
        if known["owner"] != by:
            return {"not-found"}
        if self.where(copy) == "in_transit":
            return {"copy-on-its-way"}
        if known["promise"] is not None and worn < known["worn"]:
            return {"copy-already-promised"}
        worse, known["worn"] = worn > known["worn"], worn
        for trade in self.trades if worse else ():
            if copy in all_copies(trade):
                self._consent_anew(trade, by)
        return set()

    def _add(self, kind: str, legs: dict[int, Leg], hours: int) -> Trade:
        trade = a_trade(len(self.trades), kind, legs, now=self.now, window=hours * HOUR)
        self.trades.append(trade)
        return trade

    def _consent_anew(self, trade: Trade, editor: int) -> None:
        """A copy of the editor's has become worse: what was consented to is no longer on offer."""
        if trade["state"] == "accepted" and not has_begun(trade):
            self.happened.add("T19")
            self._revise(trade, editor)
            trade |= {"state": "proposed", "editor": editor, "answer_by": self.now + DAY}
            trade |= {"accepted": None, "act_by": None, "asked": {}}
            for leg in trade["legs"].values():
                leg |= {"ship_by": None, "clock": None}
        elif trade["state"] == "proposed" and editor in trade["consented"]:
            self._revise(trade, editor)
            if trade["editor"] is not None:
                trade["editor"] = editor
        elif trade["state"] == "proposed":
            self._lapse(trade)

    def _revise(self, trade: Trade, by: int) -> None:
        """A new revision, to which its author alone has consented; promises stay."""
        trade |= {"revision": trade["revision"] + 1, "consented": {by}}
        if trade["kind"] != "ring":
            trade |= {"author": by, "turn": the_other(trade, by)}

    def _act_by(self, trade: Trade) -> datetime:
        """When an agreement ends on which nobody acts (T13)."""
        planned: datetime | None = trade["planned"]
        if trade["kind"] == "in_person" and planned is not None:
            return max(self.now, planned) + 48 * HOUR
        return self.now + 7 * DAY

    def _turned_down(self, trade: Trade, sides: Mapping[int, frozenset[int]], by: int) -> bool:
        """The same swap, asked for by the same member and rejected within a day (T5)."""
        if trade["state"] != "rejected" or trade["author"] != by:
            return False
        same = all_copies(trade) == frozenset().union(*sides.values())
        return bool(
            same and self.now - trade["ended"] < DAY and trade["legs"].keys() == sides.keys()
        )

    def _end(self, number: int, by: int, action: str, state: str) -> Reasons:
        reasons = refused(self.trades[number], by, action, self.now)
        if not reasons:
            self._give_up(self.trades[number], state)
        return reasons

    def _lapse_over(self, copies: Iterable[int], *, but_for: int | None = None) -> None:
        for number, trade in enumerate(self.trades):
            if trade["state"] == "proposed" and number != but_for and all_copies(trade) & {*copies}:
                self._lapse(trade)

    def _lapse(self, trade: Trade) -> None:
        self._give_up(trade, "lapsed")

    def _give_up(self, trade: Trade, state: str) -> None:
        """End a proposal; one that was agreed on before ends by its editor's fault (T19)."""
        self._close(trade, state, fault={trade["editor"]} - {None})

    def _close(self, trade: Trade, state: str, *, fault: set[int]) -> None:
        trade |= {"state": state, "turn": None, "dispute": None, "ended": self.now, "fault": fault}
        self._release(trade["number"])
