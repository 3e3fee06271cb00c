"""What is done with an agreement: met, mailed, or called off (T9 to T13, T20)."""

from hypothesis import strategies as st

from tests.soak.machine import Machine, Step
from tests.soak.rule_book import HOUR, Trade, leg_to


class HandingOver(Machine):
    """Cards change hands."""

    def note_delivery(self, data: st.DataObject) -> None:
        """A carrier says that it has brought something."""
        ago = data.draw(st.sampled_from([0 * HOUR, HOUR]))
        number = self.some_trade(data, is_on_its_way)
        if self.book.trades[number]["kind"] != "in_person":
            legs = self.book.trades[number]["legs"]
            sent = [giver for giver, leg in legs.items() if leg["state"] == "shipped"]
            giver = self.pick(data, sent, [*legs])
            delivered = self.clock.at - ago
            reasons = self.book.note_delivery(number, giver, delivered=delivered)
            self.compare(self.play.note_delivery(number, giver, delivered=delivered), reasons)

    def cancel(self, data: st.DataObject, number: int, by: int) -> Step:
        agreed = st.booleans() if self.begun else st.just(self.opening in {"parting", "wear"})
        told = {"by_agreement": data.draw(agreed)}
        step = self.play.tell(number, "cancel", by=by, **told)
        return step, self.book.cancel(number, by=by, **told)

    def confirm(self, data: st.DataObject, number: int, by: int) -> Step:
        del data
        return self.play.tell(number, "confirm", by=by), self.book.confirm(number, by=by)

    def ship(self, data: st.DataObject, number: int, by: int) -> Step:
        givers = [*self.book.trades[number]["legs"]]
        giver = data.draw(self.mostly(by if by in givers else givers[0], givers))
        must = self.book.trades[number]["legs"][giver]["must_track"]
        tracked = bool(data.draw(self.mostly(must, [True, False])))
        reasons = self.book.ship(number, giver, by=by, tracked=tracked)
        return self.play.tell_leg(number, giver, "ship", by=by, tracked=tracked), reasons

    def receive(self, data: st.DataObject, number: int, by: int) -> Step:
        trade = self.book.trades[number]
        givers = [*trade["legs"]]
        mine = leg_to(trade, by) if by in givers else None
        usual = next((giver for giver in givers if trade["legs"][giver] is mine), givers[0])
        giver = data.draw(self.mostly(usual, givers))
        step = self.play.tell_leg(number, giver, "receive", by=by)
        return step, self.book.receive(number, giver, by=by)


def is_on_its_way(trade: Trade) -> bool:
    return any(leg["state"] == "shipped" for leg in trade["legs"].values())
