"""Whatever four members do in whatever order, trades and copies are as the rules have them."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from apps.identity.application.ports import Mailer
from apps.identity.contract import Standings
from apps.shared.domain.ids import Clock
from apps.trading.domain import handover, legs, terms
from tests.identity.stage import Postbox, built, serving
from tests.soak.disputing import VERDICTS, Disputing, is_open, was_disputed
from tests.soak.handing_over import HandingOver, is_on_its_way
from tests.soak.http_play import House
from tests.soak.machine import AWAY, FORWARD, LONGEST, OPENINGS, Machine, Move, telling
from tests.soak.memory_play import MemoryPlay
from tests.soak.play import Play
from tests.soak.proposing import Proposing
from tests.soak.rule_book import KINDS, MEMBERS
from tests.soak.seats import SteadyStandings
from tests.support.budget import Budget
from tests.support.builders import NOON, FixedClock
from tests.support.memory_collection import MemoryHoldings
from tests.support.site import Site

LIVELY = ("proposed", "accepted", "fulfilling", "disputed")
OVER = ("completed", "rejected", "withdrawn", "lapsed", "expired", "cancelled", "resolved")
EVERY: set[object] = {*product(KINDS, LIVELY + OVER)}
EVERY |= {"T3 of an open ask", "T8", "T9", ("T10", True), ("T10", False), "T13", "T19"}
EVERY |= {*product(["T15"], ["remind", "call"]), *product(["T20"], ["remind", "receive"])}
EVERY |= {
    *product(["T21"], ["not_sent", "not_arrived", "widened"]),
    *product(["T18"], ["opener", "everybody"]),
}
EVERY |= {*product(["T22"], [*VERDICTS, "by one", "by two"])}
PLAYS = [*product(KINDS, OPENINGS)]
MOST_COPIES = 16


class Trading(Proposing, HandingOver, Disputing):
    """All that members, moderators, carriers and time do."""

    moves = {
        "go on": Move(Machine.go_on, 10, lambda self: self.can(FORWARD)),
        "turn away": Move(Machine.turn_away, 3, lambda self: self.can(AWAY)),
        "accept": telling("accept", 2),
        "send": telling("ship", 1),
        "call off": telling("cancel", 2),
        "complain": telling("dispute", 2),
        "make up": telling("resume", 1),
        "intrude": Move(Machine.intrude, 2, lambda self: self.book.trades),
        "wait": Move(Machine.wait, 3, lambda self: self.clock.at < NOON + LONGEST),
        "expire": Move(Machine.expire, 2, lambda self: self.book.trades),
        "enter": Move(Proposing.enter, 1, lambda self: len(self.book.copies) < MOST_COPIES),
        "relist": Move(Proposing.relist, 1),
        "regrade": Move(Proposing.regrade, 1, lambda self: self.book.trades),
        "propose": Move(Proposing.propose, 8, Machine.has_room),
        "note delivery": Move(HandingOver.note_delivery, 2, lambda self: self.has(is_on_its_way)),
        "plead": Move(Disputing.plead, 4, lambda self: self.has(is_open)),
        "assign": Move(Disputing.assign, 1, lambda self: self.has(was_disputed)),
        "decide": Move(Disputing.decide, 9, lambda self: self.has(is_open)),
    }
    commands = {
        "accept": Proposing.accept,
        "counter": Proposing.counter,
        "reject": Proposing.reject,
        "withdraw": Proposing.withdraw,
        "cancel": HandingOver.cancel,
        "confirm": HandingOver.confirm,
        "ship": HandingOver.ship,
        "receive": HandingOver.receive,
        "dispute": Disputing.dispute,
        "resume": Disputing.resume,
        "state": Disputing.state,
    }


Reached = Counter[object]


def drive(
    examples: int,
    steps: int,
    *,
    plays: Sequence[tuple[str, str]] = PLAYS,
    quickly: bool = False,
    **told: Any,
) -> Reached:
    """Let Hypothesis look for an order of events that breaks the rules; in haste, for any at all.

    So many examples are spread over plays by their favoured kind and their opening. Returns in how
    many of them what was reached.
    """
    reached: Reached = Counter()
    with asyncio.Runner() as runner:
        begin, end = told.pop("begin"), told.pop("end", None)
        run = runner.get_loop().run_until_complete  # a tenth of what `runner.run` takes
        told |= {"run": staticmethod(run), "begin": staticmethod(begin), "reached": reached}
        try:
            for kind, opening in plays:
                told |= {"favoured": kind, "opening": opening}
                run_state_machine_as_test(
                    type("TradingSomewhere", (Trading,), told),
                    settings=settings(
                        max_examples=examples // len(plays),
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
                run(end())
    return reached


def drive_in_memory(examples: int, steps: int, **told: Any) -> Reached:
    clock = FixedClock()

    async def begin(copies: int) -> Play:
        play = MemoryPlay(clock)
        for owner in MEMBERS * copies:
            await play.enter(owner)
        return play

    return drive(examples, steps, clock=clock, begin=begin, **told)


def ensure_all_reached(reached: Reached) -> str:
    """What nothing has led to is not tested. Returns the rarest of what was reached."""
    assert reached.keys() == EVERY, EVERY - reached.keys()
    return ", ".join(f"{what} {plays}" for what, plays in reached.most_common()[-5:])


def test_use_cases_in_memory_do_as_the_rules_say(budget: Budget) -> None:
    examples, steps = budget.of(216, 2_160), budget.of(30, 50)
    rarest = ensure_all_reached(drive_in_memory(examples, steps))
    budget.tell(f"{examples} examples of {steps} steps; rarest: {rarest}")


def test_the_application_does_as_the_rules_say(url: str, keys: Path, budget: Budget) -> None:
    clock = FixedClock()
    stubs = serving(Mailer, Postbox()), built(Standings, SteadyStandings)
    site = Site(url, keys, serving(Clock, clock), *stubs)
    house = House(site, clock)

    async def end() -> None:
        faults = await house.faults()
        await site.__aexit__(None, None, None)
        assert not faults

    examples, steps = budget.of(135, 648), budget.of(30, 50)
    reached = drive(examples, steps, clock=clock, begin=house.begin, end=end)
    budget.tell(f"{examples} examples of {steps} steps; rarest: {ensure_all_reached(reached)}")


async def forget(*what: object, **more: object) -> None:
    """Do nothing."""


@pytest.mark.parametrize("effect", ["release", "dispatch"])
def test_a_promise_that_outlives_its_trade_or_a_parcel_not_noted_is_noticed(effect: str) -> None:
    """The control: one forgotten effect, and an order of events that shows it is found."""
    with patch.object(MemoryHoldings, effect, forget), pytest.raises(AssertionError):
        drive_in_memory(216, 30, quickly=True)


@pytest.mark.parametrize(
    ("module", "clock", "kind", "opening"),
    [
        (handover, "SHIP_WITHIN", "ring", "agreement"),
        (handover, "MEET_WITHIN", "in_person", "agreement"),
        (legs, "MEETING_DISPUTED", "in_person", "neglect"),
        (legs, "RECEIVED_AFTER_REMINDER", "mail", "silence"),
        (legs, "LOST_AFTER", "mail", "neglect"),
        (terms, "LEFT_AFTER_DISPUTE", "in_person", "neglect"),
    ],
)
def test_a_clock_that_is_a_day_late_is_noticed(
    module: Any, clock: str, kind: str, opening: str
) -> None:
    late = getattr(module, clock) + timedelta(days=1)
    with patch.object(module, clock, late), pytest.raises(AssertionError):
        drive_in_memory(50, 30, plays=[(kind, opening)], quickly=True)
