"""What goes wrong, and how it is settled (T14, T18, T22)."""

from typing import Any

from hypothesis import strategies as st

from tests.soak.machine import Machine, Step
from tests.soak.rule_book import MODERATORS, Trade

KINDS = ["not_sent", "not_arrived", "not_as_described", "wrong_item", "no_show"]
KINDS += ["confirmation_false"]
VERDICTS = ["complete_all", "complete_legs", "return", "void"]


class Disputing(Machine):
    """Parties complain, and moderators decide."""

    def plead(self, data: st.DataObject) -> None:
        """All that a dispute may be about say something."""
        number = self.some_trade(data, is_open)
        for party in self.book.trades[number]["legs"]:
            self.do(data, number, party, "state")

    def assign(self, data: st.DataObject) -> None:
        by = data.draw(self.mostly(MODERATORS[1], [*MODERATORS, 0]))
        if (number := self.some_case(data)) is not None:
            reasons = self.book.assign(number, by=by)
            self.compare(self.play.moderate(number, "assign", by=by), reasons)

    def decide(self, data: st.DataObject) -> None:
        """Mostly what was proposed is confirmed by another, where something was."""
        if (number := self.some_case(data)) is None:
            return
        trade = self.book.trades[number]
        verdict = data.draw(st.sampled_from(VERDICTS))
        some = st.lists(st.sampled_from([*trade["legs"]]), max_size=2, unique=True)
        stand = data.draw(some) if verdict == "complete_legs" else []
        told: dict[str, Any] = {"verdict": verdict, "stand": stand, "fault": data.draw(some)}
        by = data.draw(self.mostly(data.draw(st.sampled_from(MODERATORS)), [*MODERATORS, 0]))
        if pending := trade["case"]["decision"]:
            names = ("verdict", "stand", "fault")
            told = data.draw(self.mostly(dict(zip(names, pending["told"], strict=True)), [told]))
            by = data.draw(self.mostly(sum(MODERATORS) - pending["by"], [pending["by"]]))
        told = {name: value if name == "verdict" else sorted(value) for name, value in told.items()}
        reasons = self.book.decide(number, by=by, **told)
        self.compare(self.play.moderate(number, "decide", by=by, **told), reasons)

    def some_case(self, data: st.DataObject) -> int | None:
        number = self.some_trade(data, is_open)
        return number if self.book.trades[number]["case"] else None

    def dispute(self, data: st.DataObject, number: int, by: int) -> Step:
        """Mostly for what fits."""
        trade = self.book.trades[number]
        party = by in trade["legs"]
        kinds = [kind for kind in KINDS if party and self.book.fits(kind, trade, by)]
        kind = self.pick(data, data.draw(st.sampled_from([kinds, kinds, KINDS])), KINDS)
        seen = bool(data.draw(st.integers(0, 3)))
        evidence = ["my diary"] if seen else []
        step = self.play.tell(number, "dispute", by=by, kind=kind, evidence=evidence)
        return step, self.book.dispute(number, by=by, kind=kind, evidence=seen)

    def resume(self, data: st.DataObject, number: int, by: int) -> Step:
        del data
        return self.play.tell(number, "resume", by=by), self.book.resume(number, by=by)

    def state(self, data: st.DataObject, number: int, by: int) -> Step:
        del data
        return self.play.tell(number, "state", by=by, evidence=[]), self.book.state(number, by=by)


def is_open(trade: Trade) -> bool:
    return bool(trade["case"] and trade["case"]["state"] == "open")


def was_disputed(trade: Trade) -> bool:
    return trade["case"] is not None
