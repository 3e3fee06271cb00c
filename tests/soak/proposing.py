"""What leads to an agreement, and away from it again (T2 to T8, T19)."""

from typing import Any

from hypothesis import strategies as st

from tests.soak.machine import Machine, Step
from tests.soak.play import GRADES
from tests.soak.rule_book import DAY, KINDS, MEMBERS, the_other

WORST = len(GRADES) - 1


class Proposing(Machine):
    """Copies, and proposals over them."""

    def enter(self, data: st.DataObject) -> None:
        owner = data.draw(st.sampled_from(MEMBERS))
        self.run(self.play.enter(owner))
        self.book.enter(owner)

    def relist(self, data: st.DataObject) -> None:
        """Mostly what its owner has been given lately."""
        every = [*range(len(self.book.copies))]
        unlisted = [copy for copy in every if not self.book.copies[copy]["listed"]]
        copy = self.pick(data, unlisted, every)
        by, listed = self.owner(data, copy), not self.book.copies[copy]["listed"]
        reasons = self.book.relist(copy, by=by, listed=listed)
        self.compare(self.play.change(copy, by=by, for_trade=listed), reasons)

    def regrade(self, data: st.DataObject) -> None:
        """Mostly something that was promised is bent a little."""
        every = [*range(len(self.book.copies))]
        promised = [copy for copy in every if self.book.copies[copy]["promise"] is not None]
        copy = self.pick(data, promised, every)
        by, worse = self.owner(data, copy), min(self.book.copies[copy]["worn"] + 1, WORST)
        worn = data.draw(self.mostly(worse, range(len(GRADES))))
        reasons = self.book.regrade(copy, by=by, worn=worn)
        self.compare(self.play.change(copy, by=by, condition=GRADES[worn]), reasons)

    def propose(self, data: st.DataObject) -> None:
        """Two of three proposals are of the favoured kind, as the first one is."""
        others = [*KINDS, self.favoured, self.favoured] if self.begun else []
        kind = data.draw(st.sampled_from([self.favoured, *others]))
        if kind == "ring":
            self.propose_ring(data)
        else:
            self.propose_to_one(data, kind)

    def propose_to_one(self, data: st.DataObject, kind: str) -> None:
        by, to = data.draw(st.permutations(MEMBERS))[:2]
        give, take = (
            data.draw(self.some_copies(by, least=int(not self.begun))),
            data.draw(self.some_copies(to)),
        )
        first = data.draw(st.sampled_from([None, by, to]))
        terms: dict[str, Any] = {
            "kind": kind,
            "by": by,
            "to": to,
            "give": give,
            "take": take,
            "hours": data.draw(st.sampled_from([24, 72])),
            "planned": data.draw(st.sampled_from([None, 1, 5])),
            "first": first if kind == "mail" else None,
            "tracked": data.draw(st.booleans()),
        }
        if (days := terms["planned"]) is not None:
            terms["planned"] = self.clock.at + days * DAY
        if not set(give) & set(take):
            self.compare(self.play.propose(**terms), self.book.propose(**terms))

    def propose_ring(self, data: st.DataObject) -> None:
        """Of three, as matching would."""
        members = data.draw(st.permutations(MEMBERS))[:3]
        gifts = {member: data.draw(self.some_copies(member))[:1] for member in members}
        if len({copy for copies in gifts.values() for copy in copies}) == len(gifts):
            self.compare(self.play.propose_ring(gifts), self.book.propose_ring(gifts))

    def owner(self, data: st.DataObject, copy: int) -> int:
        owner: int = self.book.copies[copy]["owner"]
        return data.draw(self.mostly(owner, MEMBERS))

    def seen_revision(self, data: st.DataObject, number: int) -> int:
        revision: int = self.book.trades[number]["revision"]
        return data.draw(self.mostly(revision, [revision + 1, max(1, revision - 1)]))

    def accept(self, data: st.DataObject, number: int, by: int) -> Step:
        revision = self.seen_revision(data, number)
        step = self.play.tell(number, "accept", by=by, revision=revision)
        return step, self.book.accept(number, by=by, revision=revision)

    def counter(self, data: st.DataObject, number: int, by: int) -> Step:
        trade = self.book.trades[number]
        to = the_other(trade, by) if by in trade["legs"] else MEMBERS[by - 1]
        give, take = data.draw(self.some_copies(by)), data.draw(self.some_copies(to))
        terms: dict[str, Any] = {"give": give, "take": [copy for copy in take if copy not in give]}
        if not terms["take"]:
            return self.reject(data, number, by)
        terms["revision"] = self.seen_revision(data, number)
        step = self.play.tell(number, "counter", by=by, **terms)
        return step, self.book.counter(number, by=by, **terms)

    def reject(self, data: st.DataObject, number: int, by: int) -> Step:
        del data
        return self.play.tell(number, "reject", by=by), self.book.reject(number, by=by)

    def withdraw(self, data: st.DataObject, number: int, by: int) -> Step:
        del data
        return self.play.tell(number, "withdraw", by=by), self.book.withdraw(number, by=by)
