"""Drives one play beside the rules, and holds what is seen to what should be after each step."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.soak.clock_rules import due
from tests.soak.dispute_rules import answers_until
from tests.soak.permissions import allowed
from tests.soak.play import Play
from tests.soak.rule_book import DAY, HOUR, LIVE, MEMBERS, Reasons, Trade
from tests.soak.trade_rules import TradeRules
from tests.support.builders import NOON, FixedClock

T = TypeVar("T")

EACH = 3
"""Copies that a member begins with."""
SECOND = timedelta(seconds=1)
JUMPS = [SECOND, HOUR, HOUR + SECOND, DAY, 2 * DAY, 2 * DAY + SECOND, 7 * DAY, 14 * DAY]
LONGEST = 300 * DAY
"""What was lost counts for a year."""
FORWARD = {"accept", "confirm", "ship", "receive"}
"""What leads to a good end."""
AWAY = {"counter", "reject", "withdraw"}
OPENINGS = {
    "nothing": [],
    "agreement": ["propose"],
    "parting": ["propose", *["call off"] * 4],
    "late parting": ["propose", "wait", "call off"],
    "quarrel": ["propose", "go on", "complain", "complain"],
    "silence": ["propose", "go on", *["send"] * 2, "note delivery", *["wait", "expire"] * 2],
    "neglect": [
        *["propose", "go on", *["wait", "expire"] * 2, *["make up"] * 3],
        *["wait", "expire", *["make up"] * 2],
    ],
    "wear": ["propose", "call off", *["regrade", "accept"] * 2, "call off"],
    "crumbling": [
        *["propose", "go on", "wait", "expire", "expire", "wait", "decide", "make up"],
        *["wait", "expire", *["make up"] * 4, "wait", "decide", "make up"],
    ],
}
"""With what plays begin, so that nothing is rare that happens late; proposals are accepted."""

Step = tuple[Awaitable[str | None], Reasons]
"""A command, on its way, and all the codes with which it may be refused; none: it is done."""


def telling(action: str, often: int) -> "Move":
    """Some party for whom it is allowed tells a trade this."""
    return Move(
        lambda machine, data: machine.tell(data, action),
        often,
        lambda machine: machine.can({action}),
    )


@dataclass(frozen=True)
class Move:
    """Something that is done the more often the more it weighs, and only where it makes sense."""

    make: Callable[[Any, st.DataObject], None]
    often: int
    sensible: Callable[[Any], object] | None = None

    def weight(self, machine: "Machine") -> int:
        return self.often if self.sensible is None or self.sensible(machine) else 0


class Machine(RuleBasedStateMachine):
    """Members tell trades what the chapters know; a subclass says where, anew for each run."""

    clock: FixedClock
    run: Callable[[Awaitable[Any]], Any]
    begin: Callable[[int], Awaitable[Play]]
    favoured: str
    """The kind of most trades."""
    opening: str
    reached: Counter[object]
    """In how many plays some trade of a kind was in a state, or a rule was applied."""
    moves: Mapping[str, "Move"]
    """What can be done, by names that Hypothesis shows."""
    commands: Mapping[str, Callable[[Any, st.DataObject, int, int], Step]]
    """What a party can tell a trade, by the name of the action."""

    @initialize(data=st.data(), crowded=st.sampled_from([False, False, False, True]))
    def gather(self, data: st.DataObject, *, crowded: bool) -> None:
        """Most plays have a few trades that go far, some have many."""
        self.clock.at = NOON
        self.most_live, self.begun = 12 if crowded else 3, False
        self.play: Play = self.run(self.begin(EACH))
        self.book = TradeRules(NOON)
        self.passed: set[tuple[str, str]] = set()
        for owner in MEMBERS * EACH:
            self.book.enter(owner)
        for move in OPENINGS[self.opening]:
            for each in [move, *["accept"] * (len(MEMBERS) if move == "propose" else 0)]:
                if self.moves[each].weight(self):
                    self.moves[each].make(self, data)
                    self.all_is_as_the_rules_have_it()
        self.begun = True

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        """Whatever can be done now; not by rules of their own, for Hypothesis leaves some out."""
        able = [each for each, move in self.moves.items() for _ in range(move.weight(self))]
        self.moves[data.draw(st.sampled_from(able))].make(self, data)

    def go_on(self, data: st.DataObject) -> None:
        """Somebody does what leads on."""
        self.do(data, *data.draw(st.sampled_from([*self.ways(FORWARD)])))

    def turn_away(self, data: st.DataObject) -> None:
        """Somebody does something else than going on."""
        action = data.draw(st.sampled_from(sorted({action for _, _, action in self.ways(AWAY)})))
        self.do(data, *data.draw(st.sampled_from([*self.ways({action})])))

    def tell(self, data: st.DataObject, action: str) -> None:
        """Some party for whom it is allowed does this."""
        self.do(data, *data.draw(st.sampled_from([*self.ways({action})])))

    def intrude(self, data: st.DataObject) -> None:
        """Anybody tells any trade anything."""
        trades = range(len(self.book.trades))
        number, by = data.draw(st.sampled_from(trades)), data.draw(st.sampled_from(MEMBERS))
        self.do(data, number, by, data.draw(st.sampled_from([*self.commands])))

    def wait(self, data: st.DataObject) -> None:
        """Until something is due, or a second before or after that; or for a while."""
        late = data.draw(self.mostly(0 * SECOND, [-SECOND, SECOND]))
        dues = [moment for moment in map(due, self.book.trades) if moment is not None]
        dues += [answers_until(trade["case"]) for trade in self.book.trades if trade["case"]]
        ahead = sorted({moment + late for moment in dues if moment + late > self.clock.at})
        jumps = [self.clock.at + jump for jump in JUMPS]
        self.let_it_be(self.pick(data, ahead[: 1 + self.begun], jumps))

    def let_it_be(self, at: datetime) -> None:
        self.clock.at = self.book.now = at
        self.run(self.play.let_time_pass())

    def expire(self, data: st.DataObject | None = None) -> None:
        """The service looks whether anything is due."""
        del data
        assert self.run(self.play.expire()) == self.book.expire()

    @invariant()
    def all_is_as_the_rules_have_it(self) -> None:
        if hasattr(self, "play"):
            seen, held = self.run(self.play.look())
            assert seen == {
                number: self.book.shown(each) for number, each in enumerate(self.book.trades)
            }
            assert held == [self.book.of_copy(each) for each in range(len(self.book.copies))]
            self.passed |= {(trade["kind"], trade["state"]) for trade in self.book.trades}

    def teardown(self) -> None:
        """No live trade waits for ever: what is due by now ends, or comes before moderators."""
        if hasattr(self, "play"):
            self.let_it_be(self.clock.at + 60 * DAY)
            self.expire()
            self.all_is_as_the_rules_have_it()
            self.reached.update(self.passed | self.book.happened)

    def do(self, data: st.DataObject, number: int, by: int, action: str) -> None:
        self.compare(*self.commands[action](self, data, number, by))

    def compare(self, step: Awaitable[str | None], reasons: Reasons) -> None:
        """Refused for one of the reasons, or done where there is none."""
        told = self.run(step)
        assert told in reasons if reasons else told is None, (told, reasons)

    def ways(self, actions: AbstractSet[str]) -> Iterable[tuple[int, int, str]]:
        """Each trade and party that may take one of these actions."""
        for number, trade in enumerate(self.book.trades):
            for party in trade["legs"] if trade["state"] in LIVE else ():
                for action in sorted(allowed(trade, party, self.clock.at) & actions):
                    yield number, party, action

    def can(self, actions: AbstractSet[str]) -> bool:
        return any(self.ways(actions))

    def has_room(self) -> bool:
        """Whether another trade is not too many for this play."""
        return len([trade for trade in self.book.trades if trade["state"] in LIVE]) < self.most_live

    def has(self, such: Callable[[Trade], bool]) -> bool:
        return any(map(such, self.book.trades))

    def some_trade(self, data: st.DataObject, such: Callable[[Trade], bool]) -> int:
        """One of these, if there is any; now and then whichever."""
        every = [*range(len(self.book.trades))]
        these = [number for number in every if such(self.book.trades[number])]
        chosen: int = self.pick(data, these, every)
        return chosen

    def some_copies(self, owner: int, *, least: int = 1) -> st.SearchStrategy[list[int]]:
        """A few that the owner can offer; now and then of anybody's."""
        every = [*range(len(self.book.copies))]
        free = [copy for copy in every if self.is_free(copy, owner)]
        return self.mostly(free or every, [every]).flatmap(
            lambda copies: st.lists(
                st.sampled_from(copies), min_size=least, max_size=2, unique=True
            )
        )

    def is_free(self, copy: int, owner: int) -> bool:
        known = self.book.copies[copy]
        return bool(known["owner"] == owner and known["listed"] and known["promise"] is None)

    def pick(self, data: st.DataObject, usual: Sequence[T], every: Sequence[T]) -> T:
        """One of the usual nine times out of ten, where there are any."""
        return data.draw(self.mostly(usual or every, [every]).flatmap(st.sampled_from))

    def mostly(self, usual: T, others: Sequence[T]) -> st.SearchStrategy[T]:
        """The usual one nine times out of ten, and always in an opening."""
        if not self.begun:
            return st.just(usual)
        return st.integers(0, 9).flatmap(
            lambda chance: st.sampled_from([*others]) if chance == 9 else st.just(usual)
        )
