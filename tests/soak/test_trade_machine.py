"""Whatever three members do in whatever order, trades and copies are as the rules have them."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from apps.shared.domain.ids import Clock
from tests.identity.stage import serving
from tests.soak.http_play import HttpPlay
from tests.soak.memory_play import MemoryPlay
from tests.soak.play import Held, Play, Seen
from tests.soak.trade_rules import DAY, HOUR, Reasons, TradeRules
from tests.support.budget import Budget
from tests.support.builders import NOON, FixedClock
from tests.support.memory_collection import MemoryHoldings
from tests.support.site import Site

T = TypeVar("T")

MEMBERS = (0, 1, 2)
SECOND = timedelta(seconds=1)
JUMPS = [SECOND, HOUR, 24 * HOUR, 24 * HOUR - SECOND, 48 * HOUR, 48 * HOUR + SECOND, 72 * HOUR]
JUMPS += [7 * DAY, 7 * DAY - SECOND]
STATES = {"proposed", "accepted", "fulfilling", "completed", "rejected", "withdrawn", "lapsed"}
STATES |= {"expired", "cancelled"}
LONGEST = 80 * DAY
"""Sessions end after ninety."""


class Trading(RuleBasedStateMachine):
    """Drives one play beside the rules; a subclass says which, anew for each run."""

    clock: FixedClock
    run: Callable[[Awaitable[Any]], Any]
    begin: Callable[[], Awaitable[Play]]
    reached: Counter[str]
    """How often a trade was left in each state."""

    @initialize()
    def gather(self) -> None:
        self.clock.at = NOON
        self.play: Play = self.run(self.begin())
        self.book = TradeRules(NOON)
        for member in MEMBERS * 2:
            self.enter(member)

    @precondition(lambda self: len(self.book.copies) < 12)
    @rule(owner=st.sampled_from(MEMBERS))
    def enter(self, owner: int) -> None:
        self.run(self.play.enter(owner))
        self.book.enter(owner)

    @rule(data=st.data(), listed=st.booleans())
    def list_for_trade(self, data: st.DataObject, *, listed: bool) -> None:
        copy = data.draw(st.sampled_from(range(len(self.book.copies))))
        by = data.draw(mostly(self.book.copies[copy]["owner"], MEMBERS))
        reasons = self.book.list_for_trade(copy, by=by, listed=listed)
        self.compare(self.play.list_for_trade(copy, by=by, listed=listed), reasons)

    @rule(data=st.data(), hours=st.sampled_from([24, 72]), plan=st.sampled_from([None, 1, 5]))
    def propose(self, data: st.DataObject, hours: int, plan: int | None) -> None:
        by, to = data.draw(st.permutations(MEMBERS))[:2]
        give, take = data.draw(self.some_copies(by, least=0)), data.draw(self.some_copies(to))
        planned = None if plan is None else self.clock.at + plan * DAY
        terms: dict[str, Any] = {
            "by": by,
            "to": to,
            "give": give,
            "take": take,
            "hours": hours,
            "planned": planned,
        }
        if not set(give) & set(take):
            self.compare(self.play.propose(**terms), self.book.propose(**terms))

    @precondition(lambda self: self.book.trades)
    @rule(data=st.data())
    def counter(self, data: st.DataObject) -> None:
        number, by, revision = self.answering(data)
        trade = self.book.trades[number]
        to = self.book.other(trade, by) if by in trade["sides"] else MEMBERS[by - 1]
        give, take = data.draw(self.some_copies(by)), data.draw(self.some_copies(to))
        terms: dict[str, Any] = {"by": by, "revision": revision, "give": give, "take": take}
        if not set(give) & set(take):
            reasons = self.book.counter(number, **terms)
            self.compare(self.play.counter(number, **terms), reasons)

    @precondition(lambda self: self.book.trades)
    @rule(data=st.data())
    def accept(self, data: st.DataObject) -> None:
        number, by, revision = self.answering(data)
        reasons = self.book.accept(number, by=by, revision=revision)
        self.compare(self.play.tell(number, "accept", by=by, revision=revision), reasons)

    @precondition(lambda self: self.book.trades)
    @rule(data=st.data())
    def reject(self, data: st.DataObject) -> None:
        number, by, _ = self.answering(data)
        reasons = self.book.reject(number, by=by)
        self.compare(self.play.tell(number, "reject", by=by), reasons)

    @precondition(lambda self: self.book.trades)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        number = data.draw(self.some_trade("proposed"))
        by = data.draw(mostly(self.book.trades[number]["author"], MEMBERS))
        reasons = self.book.withdraw(number, by=by)
        self.compare(self.play.tell(number, "withdraw", by=by), reasons)

    @precondition(lambda self: self.book.trades)
    @rule(data=st.data(), by_agreement=st.booleans())
    def cancel(self, data: st.DataObject, *, by_agreement: bool) -> None:
        number, by = self.acting(data, "accepted")
        reasons = self.book.cancel(number, by=by, by_agreement=by_agreement)
        step = self.play.tell(number, "cancel", by=by, by_agreement=by_agreement)
        self.compare(step, reasons)

    @precondition(lambda self: self.book.trades)
    @rule(data=st.data())
    def confirm(self, data: st.DataObject) -> None:
        number, by = self.acting(data, "accepted", "fulfilling")
        reasons = self.book.confirm(number, by=by)
        self.compare(self.play.tell(number, "confirm", by=by), reasons)

    @precondition(lambda self: self.clock.at < NOON + LONGEST)
    @rule(jump=st.sampled_from(JUMPS), expiring=st.booleans())
    def let_time_pass(self, jump: timedelta, *, expiring: bool) -> None:
        self.clock.at += jump
        self.book.now = self.clock.at
        self.run(self.play.let_time_pass())
        if expiring:
            assert self.run(self.play.expire()) == self.book.expire()

    @invariant()
    def trades_and_copies_are_as_the_rules_have_them(self) -> None:
        if hasattr(self, "play"):
            assert self.run(self.play.seen()) == self.expected()
            assert self.run(self.play.held()) == self.expected_copies()

    def teardown(self) -> None:
        if hasattr(self, "play"):
            assert not self.run(self.play.faults())
            self.reached.update(trade["state"] for trade in self.book.trades)
            self.clock.at = self.book.now = NOON + 400 * DAY
            assert self.run(self.play.expire()) == self.book.expire()
            assert self.run(self.play.held()) == self.expected_copies()

    def compare(self, step: Awaitable[str | None], reasons: Reasons) -> None:
        """Refused for one of the reasons, or done where there is none."""
        told = self.run(step)
        assert told in reasons if reasons else told is None, (told, reasons)

    def expected(self) -> Seen:
        return {
            number: (
                trade["state"],
                trade["revision"],
                trade["turn"],
                {party: self.book.allowed(trade, party) for party in trade["sides"]},
            )
            for number, trade in enumerate(self.book.trades)
        }

    def expected_copies(self) -> Held:
        return [
            (number, each["owner"], each["listed"], each["promise"])
            for number, each in enumerate(self.book.copies)
        ]

    def some_copies(self, owner: int, *, least: int = 1) -> st.SearchStrategy[list[int]]:
        """A few of the owner's; now and then of anybody's."""
        anybodys = list(range(len(self.book.copies)))
        theirs = [copy for copy in anybodys if self.book.copies[copy]["owner"] == owner]
        chosen = mostly(theirs or anybodys, [anybodys])
        return chosen.flatmap(
            lambda copies: st.lists(
                st.sampled_from(copies), min_size=least, max_size=2, unique=True
            )
        )

    def some_trade(self, *states: str) -> st.SearchStrategy[int]:
        """One in such a state, if there is any; now and then whichever."""
        every = list(range(len(self.book.trades)))
        such = [number for number in every if self.book.trades[number]["state"] in states]
        return mostly(such or every, [every]).flatmap(st.sampled_from)

    def answering(self, data: st.DataObject) -> tuple[int, int, int]:
        """A trade, who answers it, and as of which revision; each of them may be wrong."""
        number = data.draw(self.some_trade("proposed"))
        trade = self.book.trades[number]
        by = data.draw(mostly(trade["turn"], MEMBERS) if trade["turn"] is not None else MEMBER)
        revision = trade["revision"]
        return number, by, data.draw(mostly(revision, [revision + 1, max(1, revision - 1)]))

    def acting(self, data: st.DataObject, *states: str) -> tuple[int, int]:
        number = data.draw(self.some_trade(*states))
        parties = sorted(self.book.trades[number]["sides"])
        return number, data.draw(mostly(parties, [[*MEMBERS]]).flatmap(st.sampled_from))


MEMBER = st.sampled_from(MEMBERS)


def mostly(usual: T, others: Iterable[T]) -> st.SearchStrategy[T]:
    """The usual one nine times out of ten."""
    return st.integers(0, 9).flatmap(
        lambda chance: st.sampled_from([*others]) if chance == 9 else st.just(usual)
    )


def drive(examples: int, steps: int, *, quickly: bool = False, **told: Any) -> Counter[str]:
    """Let Hypothesis look for an order of events that breaks the rules; in haste, for any at all.

    Returns how often trades were left in each state.
    """
    reached: Counter[str] = Counter()
    with asyncio.Runner() as runner:
        begin, end = told.pop("begin"), told.pop("end", None)
        told |= {"run": staticmethod(runner.run), "begin": staticmethod(begin), "reached": reached}
        try:
            run_state_machine_as_test(
                type("TradingSomewhere", (Trading,), told),
                settings=settings(
                    max_examples=examples,
                    stateful_step_count=steps,
                    deadline=None,
                    database=None,
                    derandomize=True,
                    report_multiple_bugs=False,
                    phases=[Phase.generate] if quickly else [*Phase],
                    suppress_health_check=[*HealthCheck],
                ),
            )
        finally:
            if end:
                runner.run(end())
    return reached


def drive_in_memory(examples: int, steps: int, *, quickly: bool = False) -> Counter[str]:
    clock = FixedClock()

    async def begin() -> Play:
        return MemoryPlay(clock)

    return drive(examples, steps, quickly=quickly, clock=clock, begin=begin)


def test_use_cases_in_memory_do_as_the_rules_say(budget: Budget) -> None:
    examples, steps = budget.of(200, 2_000), budget.of(30, 50)
    reached = drive_in_memory(examples, steps)
    assert reached.keys() == STATES, "what nothing has led to is not tested"
    budget.tell(f"{examples} examples of {steps} steps, trades left {dict(reached)}")


def test_the_application_does_as_the_rules_say(url: str, keys: Path, budget: Budget) -> None:
    clock = FixedClock()
    site = Site(url, keys, serving(Clock, clock))

    async def begin() -> Play:
        return await HttpPlay.on(site, clock)

    async def end() -> None:
        await site.__aexit__(None, None, None)

    examples, steps = budget.of(200, 600), budget.of(30, 50)
    reached = drive(examples, steps, clock=clock, begin=begin, end=end)
    budget.tell(f"{examples} examples of {steps} steps, trades left {dict(reached)}")


async def keep_promises(holdings: MemoryHoldings, agreements: object) -> None:
    """Forget to release what a trade has promised."""


def test_a_promise_that_outlives_its_trade_is_noticed() -> None:
    """The control: one forgotten effect, and an order of events that shows it is found."""
    with patch.object(MemoryHoldings, "release", keep_promises), pytest.raises(AssertionError):
        drive_in_memory(200, 30, quickly=True)
