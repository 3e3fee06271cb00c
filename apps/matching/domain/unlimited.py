"""The most that can change hands at all, in rings as short as that allows."""

from apps.matching.domain.barter import Barter, Loop
from apps.matching.domain.circulation import Flow, largest_flow
from apps.matching.domain.decomposition import short_loops
from apps.matching.domain.network import Circulations
from apps.matching.domain.solving import Tell
from apps.matching.domain.uncrossing import uncrossed

SOLVED = 0.5


def unlimited_loops(barter: Barter, circulate: Circulations, tell: Tell) -> tuple[list[Loop], int]:
    """Find them, and how many cards any could move; a loop of who may not meet is left out."""
    flow = largest_flow(barter, circulate)
    tell(SOLVED)
    return shortened(barter, flow, tell), flow.cards


def shortened(barter: Barter, flow: Flow, tell: Tell) -> list[Loop]:
    """Take a flow apart."""
    loops = short_loops(barter, flow, lambda done: tell(SOLVED + done * (1 - SOLVED)))
    return [loop for loop in uncrossed(barter, loops) if not strained(barter, loop)]


def strained(barter: Barter, loop: Loop) -> bool:
    """Whether two in it may not meet."""
    traders = {barter.lot_trader[lot] for lot, _ in loop}
    return any(not barter.apart.get(one, frozenset()).isdisjoint(traders) for one in traders)
