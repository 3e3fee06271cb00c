"""Which loops to take: how much of each at best, as a linear program, and exactly where few are."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.linear_solver.linear_solver_pb2 import MPModelRequest, MPSolutionResponse
from ortools.linear_solver.pywraplp import Solver

from apps.matching.domain.barter import Loop, turned
from apps.matching.domain.stock import Stock

NEAR = """
    termination_criteria {
        simple_optimality_criteria { eps_optimal_relative: 1e-3 eps_optimal_absolute: 1e-6 }
        iteration_limit: 2000
    }
    num_threads: 1
"""
EXACT = "num_workers: 1 random_seed: 1 max_deterministic_time: 4"
"""Until proved, but no longer than so many operations: every machine stops at the same."""
FOUND = (0, 1)
"""The states of an answer that is the best, or good."""
TRACE = 1e-6

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Relaxed:
    """How much to take of each loop where parts count, and the price of each lot and pool."""

    shares: Floats
    of_lots: Floats
    of_pools: Floats


def relaxed(stock: Stock, loops: Sequence[Loop]) -> Relaxed:
    """Solve the linear program, by first-order steps: their prices lie between those of corners."""
    rows, request = packing(stock, loops)
    request.solver_type = MPModelRequest.PDLP_LINEAR_PROGRAMMING
    request.solver_specific_parameters = NEAR
    response = answer(request)
    prices = np.zeros(len(stock.supply) + len(stock.slots))
    prices[rows] = np.maximum(0, np.array(response.dual_value))
    lots = len(stock.supply)
    return Relaxed(np.array(response.variable_value), prices[:lots], prices[lots:])


def packed(stock: Stock, loops: Sequence[Loop], hint: Sequence[Loop]) -> tuple[list[Loop], int]:
    """Take the most of these loops, and tell a bound on what any of them could move."""
    if not loops:
        return [], 0
    _, request = packing(stock, loops)
    request.solver_type = MPModelRequest.SAT_INTEGER_PROGRAMMING
    request.solver_specific_parameters = EXACT
    hinted = Counter(turned(loop) for loop in hint)
    for number, (loop, variable) in enumerate(zip(loops, request.model.variable, strict=True)):
        variable.is_integer = True
        variable.upper_bound = min(stock.supply[lot] for lot, _ in loop)
        request.model.solution_hint.var_index.append(number)
        request.model.solution_hint.var_value.append(hinted[turned(loop)])
    response = answer(request)
    if response.status not in FOUND:
        return list(hint), sum(stock.supply)
    times = [round(often) for often in response.variable_value]
    found = [loop for loop, often in zip(loops, times, strict=True) for _ in range(often)]
    return found, int(response.best_objective_bound + TRACE)


def packing(stock: Stock, loops: Sequence[Loop]) -> tuple[NDArray[np.int64], MPModelRequest]:
    """Ask for the most cards of which no lot and no pool gives more than it has."""
    pools = stock.barter.ask_pools
    lots = len(stock.supply)
    uses = [
        [row for lot, ask in loop for row in (lot, *(lots + pool for pool in pools[ask]))]
        for loop in loops
    ]
    rows = np.concatenate([np.array(one, np.int64) for one in uses])
    columns = np.repeat(np.arange(len(loops)), [len(one) for one in uses])
    cells, often = np.unique(rows * len(loops) + columns, return_counts=True)
    used, starts = np.unique(cells // len(loops), return_index=True)
    room = [*stock.supply, *stock.slots]
    request = MPModelRequest()
    request.model.maximize = True
    for loop in loops:
        request.model.variable.add(lower_bound=0, objective_coefficient=len(loop))
    for row, of, times in zip(
        used.tolist(),
        np.split(cells % len(loops), starts[1:]),
        np.split(often, starts[1:]),
        strict=True,
    ):
        request.model.constraint.add(
            var_index=of.tolist(), coefficient=times.tolist(), upper_bound=room[row]
        )
    return used, request


def answer(request: MPModelRequest) -> MPSolutionResponse:
    """Let ortools solve it."""
    response = MPSolutionResponse()
    Solver.SolveWithProto(request, response)
    return response
