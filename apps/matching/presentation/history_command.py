"""The history of runs on the command line: `kcs match history`."""

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import typer
from dishka import AsyncContainer
from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.table import Table

from apps.matching.application.show_rounds import ListRuns, RunView
from apps.matching.application.verify_run import Verification, VerifyRun
from apps.matching.domain.planned_ring import RingState, RunId
from apps.matching.domain.round import RoundId
from apps.shared.domain.errors import DomainError

OpenContainer = Callable[[], AbstractAsyncContextManager[AsyncContainer]]
WIDE = 180
AGREED = (RingState.ACCEPTED, RingState.COMPLETED, RingState.BROKEN)
COLUMNS = (
    *("run", "round", "generation", "strategy", "length", "seed", "members", "offers", "wishes"),
    *("rings", "cards", "expected", "bound", "seconds", "agreed", "completed"),
)


def add_history(app: typer.Typer, open_container: OpenContainer) -> None:
    """Add the command to those of matching."""

    @app.command()
    def history(
        *,
        round: Annotated[UUID | None, typer.Option(help="Of this round only.")] = None,
        limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
        verify: Annotated[
            UUID | None, typer.Option(metavar="RUN", help="Solve this run again, and compare.")
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print nothing but JSON.")] = False,
    ) -> None:
        """List the runs of matching rounds, newest first, or see that one of them was so."""
        if verify is not None:
            tell_verified(verify, as_json=as_json, open_container=open_container)
            return
        of = None if round is None else RoundId(round)
        runs = asyncio.run(list_runs(open_container, of, limit))
        if as_json:
            typer.echo(json.dumps([to_jsonable_python(asdict(run)) for run in runs]))
        else:
            Console(width=None if sys.stdout.isatty() else WIDE).print(table_of(runs))


async def list_runs(
    open_container: OpenContainer, round: RoundId | None, limit: int
) -> Sequence[RunView]:
    """Read them."""
    async with open_container() as container:
        ask: ListRuns = await container.get(ListRuns)
        return await ask(round=round, limit=limit)


async def verified(open_container: OpenContainer, run: RunId) -> Verification:
    """Solve it again."""
    async with open_container() as container:
        return await (await container.get(VerifyRun))(run, tell=lambda _: None)


def tell_verified(run: UUID, *, as_json: bool, open_container: OpenContainer) -> None:
    """Say what holds, and leave with 1 where not everything does."""
    try:
        found = asyncio.run(verified(open_container, RunId(run)))
    except DomainError as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps(asdict(found) | {"holds": found.holds}))
    else:
        for line in lines_of(found):
            typer.echo(line)
    raise typer.Exit(int(not found.holds))


def lines_of(found: Verification) -> Sequence[str]:
    """Say it in words."""
    words = {True: "as it was", False: "NOT as it was"}
    lines = [
        f"The input is {words[found.input]}.",
        f"The rings that are kept are {words[found.rings]}.",
        f"What comes of the input is {words[found.again]}.",
    ]
    if not found.same_strategy:
        lines.append("Another version of the strategy solves here by now.")
    return lines


def table_of(runs: Sequence[RunView]) -> Table:
    """Put runs into a table."""
    table = Table(*COLUMNS)
    for run in runs:
        table.add_row(*map(str, cells_of(run)))
    return table


def cells_of(run: RunView) -> tuple[object, ...]:
    """Return what a row tells of a run."""
    states = run.rings_by_state
    return (
        run.id,
        run.round_id,
        run.generation,
        f"{run.strategy} {run.version}",
        run.max_length,
        run.seed,
        run.members,
        run.offers,
        run.wishes,
        sum(run.rings_by_length.values()),
        run.cards,
        "-" if run.expected_cards is None else run.expected_cards,
        "-" if run.bound is None else run.bound,
        "-" if run.seconds is None else run.seconds,
        sum(states.get(state, 0) for state in AGREED),
        states.get(RingState.COMPLETED, 0),
    )
