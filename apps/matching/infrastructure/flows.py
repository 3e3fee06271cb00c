"""Circulations of least cost by ortools; only the worker's child and the command load this."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from apps.matching.domain.network import Circulations, Network

Small = NDArray[np.int32]
"""Nodes, gains and costs: half the memory where there are millions."""
Units = NDArray[np.int64]
MODEST = 16
COMPONENTS = 4
SWEEPS = 200


class OrtoolsCirculations(Circulations):
    """Cost scaling, on the arcs that lie on some cycle at all.

    One gain outweighs all costs together only with a large weight, which slows the scaling down. So
    a modest one is tried first; where nothing more can be gained than it does, its answer is the
    same.
    """

    def __call__(self, network: Network) -> list[int]:
        """Leave out what cannot flow back to where it came from, and solve the rest."""
        graph = Graph.of(network)
        flows = np.zeros(len(graph.tails), np.int64)
        alive = on_cycles(graph.nodes, graph.tails, graph.heads)
        if len(alive):
            flows[alive] = best_flows(graph.part(alive))
        return flows.tolist()


@dataclass(frozen=True, slots=True)
class Graph:
    """A network as arrays."""

    nodes: int
    tails: Small
    heads: Small
    room: Units
    gains: Small
    costs: Small

    @classmethod
    def of(cls, network: Network) -> "Graph":
        """Look at the same memory."""
        return cls(
            network.nodes,
            np.asarray(network.tails),
            np.asarray(network.heads),
            np.asarray(network.room),
            np.asarray(network.gains),
            np.asarray(network.costs),
        )

    def part(self, arcs: Units) -> "Graph":
        """Leave the other arcs out."""
        return Graph(
            self.nodes,
            self.tails[arcs],
            self.heads[arcs],
            self.room[arcs],
            self.gains[arcs],
            self.costs[arcs],
        )

    @property
    def weight(self) -> int:
        """What one gain has to weigh so that no costs outweigh it."""
        return 1 + int(self.costs.max(initial=0)) * int(self.room[self.costs > 0].sum())


def best_flows(graph: Graph) -> Units:
    """Try a modest weight, and the full one where that gains too little."""
    if graph.weight > MODEST:
        flows = bare_circulation(graph, MODEST)
        if nothing_more(graph, flows):
            return flows
    return bare_circulation(graph, graph.weight)


def bare_circulation(graph: Graph, weight: int) -> Units:
    """Ask ortools, and nothing else."""
    solver = SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(
        graph.tails, graph.heads, graph.room, graph.costs - np.int64(weight) * graph.gains
    )
    if (status := solver.solve()) != SimpleMinCostFlow.OPTIMAL:
        raise RuntimeError(f"The circulation could not be solved: {status}.")
    return np.asarray(solver.flows(arcs))


def nothing_more(graph: Graph, flows: Units) -> bool:
    """Prove that no cycle of what is left gains anything: prices exist by which no arc does."""
    forth, back = flows < graph.room, flows > 0
    tails = np.concatenate([graph.tails[forth], graph.heads[back]])
    heads = np.concatenate([graph.heads[forth], graph.tails[back]])
    gains = np.concatenate([graph.gains[forth], -graph.gains[back]])
    prices = np.zeros(graph.nodes, np.int64)
    for _ in range(SWEEPS):
        lower = prices.copy()
        np.minimum.at(lower, heads, prices[tails] - gains)
        if np.array_equal(lower, prices):
            return True
        prices = lower
    return False


def on_cycles(nodes: int, tails: Small, heads: Small) -> Units:
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


def trimmed(nodes: int, alive: Units, tails: Small, heads: Small) -> Units:
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


def reached(nodes: int, start: int, tails: Small, heads: Small) -> NDArray[np.bool_]:
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
