"""One measurement in a fresh process: `python -m apps.matching.infrastructure.trial KIND ...`."""

import gc
import json
import resource
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from time import process_time

from apps.matching.application.solve_want_list import SolveWantList
from apps.matching.domain.barter import Barter
from apps.matching.domain.circulation import Plan, largest_flow
from apps.matching.domain.generated import generated_market
from apps.matching.domain.network import Network
from apps.matching.domain.pooling import pooled
from apps.matching.domain.unlimited import shortened
from apps.matching.domain.want_list import listed
from apps.matching.domain.want_list_text import read_want_list
from apps.matching.infrastructure.flows import Graph, OrtoolsCirculations, bare_circulation
from apps.matching.infrastructure.round_solver import RoundSolver, best_loops

Figures = Mapping[str, float]
AGAIN = 6
"""How often a short solve is repeated; a long one is not."""
SHORT = 0.5
SEED = 1
CIRCULATE = OrtoolsCirculations()


def silent(_: float) -> None:
    """Tell nobody."""


def round_trial(members: int, seed: int, max_length: int) -> Figures:
    """Solve a round over a generated market."""
    market = generated_market(members, seed)
    flow = largest_flow(pooled(market, seed).barter, CIRCULATE).cards
    begun = process_time()
    solution = RoundSolver()(market, max_length=max_length, seed=seed, tell=silent)
    return {
        "seconds": process_time() - begun,
        "cards": solution.cards,
        "bound": solution.bound,
        "flow": flow,
        "megabytes": megabytes(),
    }


def unlimited_trial(members: int, seed: int, beside: int = 1) -> Figures:
    """Find the most that can change hands in a generated market; beside ortools alone if asked."""
    market = generated_market(members, seed)
    begun = process_time()
    barter = pooled(market, seed).barter
    del market  # as `kcs match solve` has none: what is measured needs the numbers only
    plan = Plan.of(barter)
    drawn = process_time()
    flows = CIRCULATE(plan.network)
    solved = process_time()
    flow = plan.read(flows)
    loops = shortened(barter, flow, silent)
    done = process_time()
    used = megabytes()
    figures = {
        "seconds": done - begun,
        "prepare": drawn - begun,
        "solve": solved - drawn,
        "shorten": done - solved,
        "cards": sum(map(len, loops)),
        "flow": flow.cards,
        "rings": len(loops),
        "arcs": len(plan.network.tails),
        "megabytes": used,
    }
    return {**figures, **beside_bare(plan.network, solved - drawn)} if beside else figures


def instance_trial(path: str) -> Figures:
    """Solve a want list without a limit and with each that has been counted."""
    entries = read_want_list(Path(path).read_text("utf-8").splitlines()).entries
    solve = SolveWantList(CIRCULATE, best_loops)
    found = {
        name: solve(entries, max_length=limit, seed=SEED, tell=silent).traded
        for name, limit in (("traded", None), ("traded_k2", 2), ("traded_k3", 3))
    }
    barter: Barter = listed(entries, SEED).barter
    network = Plan.of(barter).network
    return {**found, **beside_bare(network, timed(lambda: CIRCULATE(network)))}


def beside_bare(network: Network, once: float) -> Figures:
    """Compare with ortools called on the same graph and nothing else, by turns."""
    graph = Graph.of(network)
    ours, bare = [once], [timed(lambda: bare_circulation(graph, graph.weight))]
    if once < SHORT:
        for _ in range(AGAIN):
            bare.append(timed(lambda: bare_circulation(graph, graph.weight)))
            ours.append(timed(lambda: CIRCULATE(network)))
    return {"ratio": median(ours) / median(bare), "bare": median(bare)}


def timed(call: Callable[[], object]) -> float:
    """Tell how many seconds of a processor a call takes: all of this runs in one thread."""
    begun = process_time()
    call()
    return process_time() - begun


def megabytes() -> float:
    """Tell the most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(kind: str, *arguments: str) -> Figures:
    """Do what the command line says."""
    if kind == "instance":
        return instance_trial(*arguments)
    numbers = [int(argument) for argument in arguments]
    return round_trial(*numbers) if kind == "round" else unlimited_trial(*numbers)


if __name__ == "__main__":
    gc.disable()  # as the worker's child does
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
