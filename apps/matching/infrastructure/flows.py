"""Circulations of least cost by ortools; only the worker's child and the command load this."""

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from apps.matching.domain.network import Circulations, Network

Nodes = NDArray[np.int32]
COMPONENTS = 4
SWEEPS = 100


class OrtoolsCirculations(Circulations):
    """Cost scaling, on the arcs that lie on some cycle at all."""

    def __call__(self, network: Network) -> list[int]:
        """Leave out what cannot flow back to where it came from, and solve the rest."""
        tails, heads = np.asarray(network.tails), np.asarray(network.heads)
        room, costs = np.asarray(network.room), np.asarray(network.costs)
        flows = np.zeros(len(tails), np.int64)
        alive = on_cycles(network.nodes, tails, heads)
        if len(alive):
            flows[alive] = bare_circulation(tails[alive], heads[alive], room[alive], costs[alive])
        return flows.tolist()


def bare_circulation(
    tails: Nodes,
    heads: Nodes,
    room: NDArray[np.int64],
    costs: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Ask ortools, and nothing else."""
    solver = SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(tails, heads, room, costs)
    if (status := solver.solve()) != SimpleMinCostFlow.OPTIMAL:
        raise RuntimeError(f"The circulation could not be solved: {status}.")
    return np.asarray(solver.flows(arcs))


def on_cycles(nodes: int, tails: Nodes, heads: Nodes) -> NDArray[np.int64]:
    """Tell which arcs may lie on a cycle: both their ends are strongly connected.

    Whole components are found from the busiest node, a few times; what is left then stays, which
    costs time and changes nothing.
    """
    alive = trimmed(nodes, np.arange(len(tails)), tails, heads)
    open_ = alive
    settled = []
    for _ in range(COMPONENTS):
        if not len(open_):
            break
        start = int(np.bincount(tails[open_], minlength=nodes).argmax())
        forth = reached(nodes, start, tails[open_], heads[open_])
        back = reached(nodes, start, heads[open_], tails[open_])
        both = forth & back
        inside = both[tails[open_]] & both[heads[open_]]
        settled.append(open_[inside])
        side = forth.astype(np.int8) + 2 * back.astype(np.int8)
        rest = open_[~inside & (side[tails[open_]] == side[heads[open_]])]
        open_ = trimmed(nodes, rest, tails, heads)
    return np.sort(np.concatenate([*settled, open_]))


def trimmed(nodes: int, alive: NDArray[np.int64], tails: Nodes, heads: Nodes) -> NDArray[np.int64]:
    """Leave out arcs that nothing can flow into or out of."""
    for _ in range(SWEEPS):
        entered, left = np.zeros(nodes, bool), np.zeros(nodes, bool)
        entered[heads[alive]] = True
        left[tails[alive]] = True
        kept = alive[entered[tails[alive]] & left[heads[alive]]]
        if len(kept) == len(alive):
            break
        alive = kept
    return alive


def reached(nodes: int, start: int, tails: Nodes, heads: Nodes) -> NDArray[np.bool_]:
    """Tell where one gets to from a node; of a very long way, all."""
    found = np.zeros(nodes, bool)
    found[start] = True
    count = 1
    for _ in range(SWEEPS):
        found[heads[found[tails]]] = True
        if (now := int(found.sum())) == count:
            return found
        count = now
    return np.ones(nodes, bool)
