"""The page about matching rounds is held to the table of their steps."""

from apps.matching.domain.planned_ring import RingState
from apps.matching.domain.round_steps import STEPS, RoundState
from tests.support.served import ROOT

PAGE = (ROOT / "docs" / "matching-rounds.md").read_text()


def lines() -> list[str]:
    """What the page has to say, line by line."""
    arrows = [f"    {step.source or '[*]'} --> {step.target}: {step.when}" for step in STEPS]
    rows = [
        f"| {step.source or 'nothing'} | {step.target} | {step.who} | {step.when} | {step.then} |"
        for step in STEPS
    ]
    ends = set(RoundState) - {step.source for step in STEPS}
    return [*arrows, *(f"    {state} --> [*]" for state in ends), *rows]


def missing(page: str) -> list[str]:
    told = page.splitlines()
    return [line for line in lines() if line not in told]


def test_the_page_shows_every_step_and_no_other() -> None:
    assert not missing(PAGE)
    assert PAGE.count("-->") == len([line for line in lines() if "-->" in line])
    assert missing(PAGE.replace("solving --> published", "solving --> settled"))


def test_the_page_knows_every_state_of_a_ring() -> None:
    assert not [state for state in RingState if f"| `{state}` |" not in PAGE]
