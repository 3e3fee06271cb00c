"""Copies and promises (D.1): who holds what, and under which trade it is promised."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tests.soak.rule_book import Reasons, Trade


class CopyRules:
    """What should be so of copies after all that happened."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.copies: list[dict[str, Any]] = []
        self.trades: list[Trade] = []
        self.happened: set[object] = set()
        """What of that is easily missed, by the codes of the rules."""

    def enter(self, owner: int) -> None:
        """A new copy, listed; `worn` counts the steps from mint to damaged."""
        fresh = {"owner": owner, "listed": True, "worn": 0, "promise": None, "sent": False}
        self.copies.append(fresh)

    def of_copy(self, copy: int) -> dict[str, Any]:
        """What its owner should be shown."""
        known = {name: value for name, value in self.copies[copy].items() if name != "sent"}
        return known | {"where": self.where(copy)}

    def where(self, copy: int) -> str:
        """Held, promised, or in transit, which is promised and sent."""
        known = self.copies[copy]
        if known["promise"] is None:
            return "held"
        return "in_transit" if known["sent"] else "promised"

    def _not_offered(self, sides: Mapping[int, frozenset[int]]) -> Reasons:
        """Only what a member holds and lists can be offered, or asked of them."""
        reasons = set()
        for owner, copies in sides.items():
            known = [self.copies[copy] for copy in copies]
            reasons |= {"not-found" for each in known if each["owner"] != owner}
            reasons |= {"copy-not-for-trade" for each in known if not each["listed"]}
        return reasons

    def _taken(self, copies: Iterable[int], *, but_for: int | None = None) -> Reasons:
        """A copy is promised once at a time (P1, P4)."""
        promises = {self.copies[copy]["promise"] for copy in copies}
        return {"copy-already-promised"} if promises - {None, but_for} else set()

    def _promise(self, copies: Iterable[int], number: int) -> None:
        for copy in copies:
            assert self.copies[copy]["promise"] in {None, number}
            self.copies[copy]["promise"] = number

    def _release(self, number: int) -> None:
        """All promises under a trade end, and the copies are back in their owners' hands (P6)."""
        for each in self.copies:
            if each["promise"] == number:
                each |= {"promise": None, "sent": False}

    def _hand_over(self, copies: Iterable[int], to: int) -> None:
        """They are the receiver's from now on, who does not list them (P7)."""
        for copy in copies:
            self.copies[copy] |= {"owner": to, "listed": False, "promise": None, "sent": False}
