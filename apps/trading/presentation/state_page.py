"""The page about the states of a trade, drawn from the table of its steps."""

from collections.abc import Iterable, Iterator

from apps.trading.domain.moves import LIVE, State, Step
from apps.trading.domain.steps import ARROWS, STEPS

HEAD = """# The states of a trade

`kcs docs trade-states` writes this page from the table of steps that the service itself goes by
(`apps/trading/domain/steps.py`), and `make states` puts it here. No trade takes any other step.
"""
COLUMNS = ("Step", "From", "To", "Who", "When", "Then")
OUTSIDE = "[*]"


def state_page() -> str:
    """Return the page as Markdown: a diagram of the states, then a row for each step."""
    diagram = "\n".join(f"    {line}" for line in arrows())
    return "\n".join(
        [
            HEAD,
            f"```mermaid\nstateDiagram-v2\n{diagram}\n```\n",
            row(COLUMNS),
            row("---" for _ in COLUMNS),
            *(row(cells_of(step)) for step in STEPS),
            "",
        ]
    )


def arrows() -> Iterator[str]:
    """Yield a line for each way from one state to another, with the codes of the steps on it."""
    for source in (None, *State):
        for target in (state for state in State if (source, state) in ARROWS):
            codes = [s.code for s in STEPS if source in s.sources and target in s.targets]
            yield f"{source or OUTSIDE} --> {target}: {', '.join(dict.fromkeys(codes))}"
    for state in State:
        if state not in LIVE:
            yield f"{state} --> {OUTSIDE}"


def cells_of(step: Step) -> tuple[str, ...]:
    """Return what a row tells of a step."""
    sources, targets = states(step.sources), states(step.targets)
    return step.code, sources, targets, step.who, step.when, step.then


def states(several: Iterable[State | None]) -> str:
    """Return their names; before the first one there is nothing."""
    return ", ".join(state or "nothing" for state in several)


def row(cells: Iterable[str]) -> str:
    """Return a line of a table."""
    return f"| {' | '.join(cells)} |"
