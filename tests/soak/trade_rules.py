"""The rules of copies and trades once more, written from their description (D.1, D.2) alone.

Members, copies and trades are numbers, everything known of them stands in dictionaries, and a
command answers with all the reasons for which it may be refused; with none, it is done.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIVE = {"proposed", "accepted", "fulfilling", "disputed"}
PAIR_CAP, OPEN_CAP, MOST_REVISIONS = 3, 10, 10

Reasons = set[str]
Trade = dict[str, Any]


class TradeRules:
    """What should be so after all that happened."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.copies: list[dict[str, Any]] = []
        self.trades: list[Trade] = []

    def enter(self, owner: int) -> None:
        self.copies.append({"owner": owner, "listed": True, "promise": None})

    def list_for_trade(self, copy: int, *, by: int, listed: bool) -> Reasons:
        """Unlisting ends every proposal over the copy (T7)."""
        known = self.copies[copy]
        if known["owner"] != by:
            return {"not-found"}
        if known["listed"] and not listed:
            self._lapse({copy})
        known["listed"] = listed
        return set()

    def propose(
        self,
        *,
        by: int,
        to: int,
        give: Iterable[int],
        take: Iterable[int],
        hours: int,
        planned: datetime | None,
    ) -> Reasons:
        """Send the first revision (T2); it promises the author's copies (P2)."""
        sides = {by: frozenset(give), to: frozenset(take)}
        reasons = self._unavailable(sides) | self._taken(sides[by] | sides[to])
        live = [t for t in self.trades if t["state"] in LIVE and t["sides"].keys() == sides.keys()]
        out = [t for t in self.trades if t["state"] == "proposed" and t["author"] == by]
        if len(live) >= PAIR_CAP or len(out) >= OPEN_CAP:
            reasons.add("limit-exceeded")
        if any(self._turned_down(t, sides, by) for t in self.trades):
            reasons.add("recently-rejected")
        if reasons:
            return reasons
        trade: Trade = {
            "sides": sides,
            "state": "proposed",
            "revision": 1,
            "author": by,
            "turn": to,
            "window": hours * HOUR,
            "planned": planned,
            "due": self.now + hours * HOUR,
            "received": set(),
            "asked": None,
        }
        self.trades.append(trade)
        self._promise(sides[by], len(self.trades) - 1)
        return set()

    def counter(
        self, number: int, *, by: int, revision: int, give: Iterable[int], take: Iterable[int]
    ) -> Reasons:
        """Other terms by the party whose turn it is (T3)."""
        trade = self.trades[number]
        if by not in trade["sides"]:
            return {"not-found"}
        other = self.other(trade, by)
        sides = {by: frozenset(give), other: frozenset(take)}
        reasons = self._refused(trade, by, "counter", revision)
        reasons |= self._unavailable(sides) | self._taken(sides[by] | sides[other], but_for=number)
        if sides == trade["sides"]:
            reasons.add("nothing-changed")
        if reasons:
            return reasons
        self._release(number)
        self._promise(sides[by], number)
        trade |= {"sides": sides, "author": by, "turn": other, "revision": trade["revision"] + 1}
        trade["due"] = self.now + trade["window"]
        return set()

    def accept(self, number: int, *, by: int, revision: int) -> Reasons:
        """Consent (T4): my copies are promised, and other proposals over any copy lapse (P3)."""
        trade = self.trades[number]
        reasons = self._refused(trade, by, "accept", revision)
        if by in trade["sides"] and trade["state"] == "proposed":
            mine = trade["sides"][by]
            reasons |= self._unavailable({by: mine}) | self._taken(mine, but_for=number)
        if reasons:
            return reasons
        end = 7 * DAY if trade["planned"] is None else 2 * DAY
        begin = max(self.now, trade["planned"] or self.now)
        trade |= {"state": "accepted", "turn": None, "due": begin + end}
        self._lapse(frozenset().union(*trade["sides"].values()))
        self._promise(trade["sides"][by], number)
        return set()

    def reject(self, number: int, *, by: int) -> Reasons:
        """Say no (T5)."""
        return self._end(number, by, "reject", "rejected")

    def withdraw(self, number: int, *, by: int) -> Reasons:
        """Take it back (T6)."""
        return self._end(number, by, "withdraw", "withdrawn")

    def cancel(self, number: int, *, by: int, by_agreement: bool) -> Reasons:
        """Alone (T10), or by agreement once the other has asked within 48 hours (T9)."""
        trade = self.trades[number]
        asked = trade["asked"]
        agreed = asked and asked[0] != by and self.now - asked[1] <= 48 * HOUR
        if by_agreement and not agreed:
            if reasons := self._refused(trade, by, "cancel", None):
                return reasons
            trade["asked"] = (by, self.now)
            return set()
        return self._end(number, by, "cancel", "cancelled")

    def confirm(self, number: int, *, by: int) -> Reasons:
        """The first starts the handing over (T11), the second moves all copies (T12, P7)."""
        trade = self.trades[number]
        if reasons := self._refused(trade, by, "confirm", None):
            return reasons
        if not trade["received"]:
            trade |= {"state": "fulfilling", "since": self.now, "due": self.now + DAY}
        trade["received"].add(by)
        if trade["received"] == trade["sides"].keys():
            trade["state"] = "completed"
            for giver, copies in trade["sides"].items():
                for copy in copies:
                    owner = self.other(trade, giver)
                    self.copies[copy] = {"owner": owner, "listed": False, "promise": None}
        return set()

    def expire(self) -> int:
        """End what is due (T8, T13); remind a silent side, then call for moderators (T15)."""
        ended = {"proposed": "expired", "accepted": "cancelled"}
        clocks = {*ended, "fulfilling"}
        due = [
            n for n, t in enumerate(self.trades) if t["state"] in clocks and t["due"] <= self.now
        ]
        for number in due:
            trade = self.trades[number]
            if trade["state"] in ended:
                self._close(number, ended[trade["state"]])
            elif trade["due"] == trade["since"] + DAY:
                trade["due"] = trade["since"] + 2 * DAY
            else:
                trade |= {"state": "disputed", "due": None}
        return len(due)

    def allowed(self, trade: Trade, by: int) -> set[str]:
        """What a party can do now."""
        if by not in trade["sides"]:
            return set()
        if trade["state"] == "proposed":
            return self._answers(trade, by) | ({"withdraw"} if by == trade["author"] else set())
        waits = {"confirm"} if by not in trade["received"] else set()
        return {
            "accepted": waits | {"cancel", "dispute"},
            "fulfilling": waits | {"dispute"},
            "disputed": {"resume"},
        }.get(trade["state"], set())

    def other(self, trade: Trade, party: int) -> int:
        (other,) = trade["sides"].keys() - {party}
        return int(other)

    def _answers(self, trade: Trade, by: int) -> set[str]:
        if by != trade["turn"] or self.now >= trade["due"]:
            return set()
        open_ask = not all(trade["sides"].values())
        may_counter = trade["revision"] < MOST_REVISIONS
        return {"reject", *(["counter"] if may_counter else []), *([] if open_ask else ["accept"])}

    def _refused(self, trade: Trade, by: int, action: str, revision: int | None) -> Reasons:
        if by not in trade["sides"]:
            return {"not-found"}
        reasons = set() if action in self.allowed(trade, by) else {"invalid-transition"}
        return reasons | (
            {"stale-revision"} if revision not in {None, trade["revision"]} else set()
        )

    def _unavailable(self, sides: dict[int, frozenset[int]]) -> Reasons:
        reasons = set()
        for owner, copies in sides.items():
            known = [self.copies[copy] for copy in copies]
            reasons |= {"not-found" for each in known if each["owner"] != owner}
            reasons |= {"copy-not-for-trade" for each in known if not each["listed"]}
        return reasons

    def _taken(self, copies: Iterable[int], *, but_for: int | None = None) -> Reasons:
        promises = {self.copies[copy]["promise"] for copy in copies}
        return {"copy-already-promised"} if promises - {None, but_for} else set()

    def _turned_down(self, trade: Trade, sides: dict[int, frozenset[int]], by: int) -> bool:
        """The same swap, asked for by the same member and rejected within a day (T5)."""
        if trade["state"] != "rejected" or trade["author"] != by:
            return False
        same = frozenset().union(*trade["sides"].values()) == frozenset().union(*sides.values())
        recent = self.now - trade["ended"] < DAY
        return bool(same and recent and trade["sides"].keys() == sides.keys())

    def _end(self, number: int, by: int, action: str, state: str) -> Reasons:
        reasons = self._refused(self.trades[number], by, action, None)
        if not reasons:
            self._close(number, state)
        return reasons

    def _close(self, number: int, state: str) -> None:
        self.trades[number] |= {"state": state, "turn": None, "ended": self.now}
        self._release(number)

    def _lapse(self, copies: Iterable[int]) -> None:
        for number, trade in enumerate(self.trades):
            over = frozenset().union(*trade["sides"].values())
            if trade["state"] == "proposed" and over & {*copies}:
                self._close(number, "lapsed")

    def _promise(self, copies: Iterable[int], number: int) -> None:
        for copy in copies:
            assert self.copies[copy]["promise"] is None
            self.copies[copy]["promise"] = number

    def _release(self, number: int) -> None:
        for each in self.copies:
            if each["promise"] == number:
                each["promise"] = None
