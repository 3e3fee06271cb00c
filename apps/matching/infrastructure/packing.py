"""Which loops to take: how much of each at best, as a linear program, and exactly where few are."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.linear_solver import linear_solver_pb2, pywraplp
from ortools.sat.python import cp_model

from apps.matching.domain.barter import Barter, Loop, turned
from apps.matching.domain.stock import Stock

PRECISE = (
    "termination_criteria {{ simple_optimality_criteria {{ eps_optimal_relative: 1e-3"
    " eps_optimal_absolute: 1e-6 }} iteration_limit: {} }} num_threads: 1"
)
STEPS = 2000
PATIENCE = 30.0
"""How long to look for a proof; counted in operations, so that every machine stops at the same."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Relaxed:
    """How much to take of each loop where halves count, and the price of each lot and pool."""

    shares: Floats
    of_lots: Floats
    of_pools: Floats


def rows_of(barter: Barter, loop: Loop) -> list[int]:
    """Tell what a loop uses: lots first, then pools."""
    lots = len(barter.supply)
    return [row for lot, ask in loop for row in (lot, *(lots + p for p in barter.ask_pools[ask]))]


def relaxed(stock: Stock, loops: Sequence[Loop]) -> Relaxed:
    """Solve the linear program, by first-order steps: their prices lie between those of corners."""
    barter = stock.barter
    uses = [rows_of(barter, loop) for loop in loops]
    rows = np.concatenate([np.array(one, np.int64) for one in uses])
    columns = np.repeat(np.arange(len(loops)), [len(one) for one in uses])
    order = np.argsort(rows, kind="stable")
    used, starts = np.unique(rows[order], return_index=True)
    room = np.array([*stock.supply, *stock.slots], np.float64)
    request = linear_solver_pb2.MPModelRequest(
        solver_type=linear_solver_pb2.MPModelRequest.PDLP_LINEAR_PROGRAMMING,
        solver_specific_parameters=PRECISE.format(STEPS),
    )
    request.model.maximize = True
    for loop in loops:
        request.model.variable.add(lower_bound=0, objective_coefficient=len(loop))
    for row, part in zip(used, np.split(columns[order], starts[1:]), strict=True):
        request.model.constraint.add(
            var_index=part.tolist(), coefficient=[1.0] * len(part), upper_bound=room[row]
        )
    response = linear_solver_pb2.MPSolutionResponse()
    pywraplp.Solver.SolveWithProto(request, response)
    prices = np.zeros(len(room))
    prices[used] = np.maximum(0, np.array(response.dual_value))
    lots = len(stock.supply)
    return Relaxed(np.array(response.variable_value), prices[:lots], prices[lots:])


def packed(stock: Stock, loops: Sequence[Loop], hint: Sequence[Loop]) -> tuple[list[Loop], int]:
    """Take the most of these loops, and tell a bound on what any of them could move."""
    barter = stock.barter
    model = cp_model.CpModel()
    hinted = Counter(turned(loop) for loop in hint)
    users: dict[int, list[cp_model.IntVar]] = {}
    room = [*stock.supply, *stock.slots]
    times = []
    for loop in loops:
        uses = rows_of(barter, loop)
        often = model.new_int_var(0, min(room[row] for row in uses), "")
        times.append(often)
        model.add_hint(often, hinted[turned(loop)])
        for row in uses:
            users.setdefault(row, []).append(often)
    for row, several in users.items():
        model.add(sum(several) <= room[row])
    model.maximize(sum(len(loop) * often for loop, often in zip(loops, times, strict=True)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = PATIENCE
    if solver.solve(model) not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return list(hint), sum(room)
    found = [
        loop for loop, often in zip(loops, times, strict=True) for _ in range(solver.value(often))
    ]
    return found, int(solver.best_objective_bound + 1e-6)
