"""Matching on the command line: `kcs match solve`, `bench` and `draw`."""

import gc
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from time import perf_counter
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from apps.matching.application.marks import Bench, BenchPlan, InstancesUnreadable, Mark, News
from apps.matching.application.solve_want_list import SolvedList, SolveWantList
from apps.matching.domain.ring import LONGEST
from apps.matching.domain.solving import Tell
from apps.matching.domain.want_list import Handover
from apps.matching.domain.want_list_text import WantListText, WantListUnreadable, read_want_list
from apps.matching.presentation.drawing import ring_svg

USUAL = 3
SHOWN = 5
STDIN = "-"
WIDE = 140
PARTS = tuple(field.name for field in fields(Handover))

AsJson = Annotated[bool, typer.Option("--json", help="Print nothing but JSON.")]
Seed = Annotated[int, typer.Option(help="Decides between what is equally good.")]
Limit = Annotated[
    int | None, typer.Option(min=2, max=LONGEST, help=f"Longest ring; {USUAL} unless told.")
]
Unlimited = Annotated[bool, typer.Option("--unlimited", help="The most that can change hands.")]
List_ = Annotated[Path, typer.Argument(metavar="FILE", help="A want list; - reads it from stdin.")]


def commands(
    load_solver: Callable[[], SolveWantList], load_bench: Callable[[], Bench]
) -> typer.Typer:
    """Build the sub-commands; what calculates is loaded when it is needed."""
    app = typer.Typer(help="Rings: solve, measure and draw.", no_args_is_help=True)

    @app.command()
    def solve(
        file: List_,
        *,
        max_length: Limit = None,
        unlimited: Unlimited = False,
        seed: Seed = 1,
        as_json: AsJson = False,
    ) -> None:
        """Find the best rings of a want list: `(user) item : wanted wanted`, %name is a dummy."""
        if unlimited and max_length is not None:
            give_up("Either --max-length or --unlimited.")
        text = read(file)
        limit = None if unlimited else max_length or USUAL
        begun = perf_counter()
        with progress("Solving") as tell, uncollected():
            solved = load_solver()(text.entries, max_length=limit, seed=seed, tell=tell)
        tell_unknown(text)
        if as_json:
            typer.echo(json.dumps(described(text, solved, limit, seed), ensure_ascii=False))
        else:
            show(text, solved, perf_counter() - begun)

    @app.command()
    def bench(
        *,
        instances: Annotated[
            Path | None, typer.Option(help="Want lists, and expected.csv with their counts.")
        ] = None,
        seeds: Annotated[int, typer.Option(min=1, help="How many markets of each size.")] = 5,
        quick: Annotated[bool, typer.Option("--quick", help="Leave out large markets.")] = False,
        as_json: AsJson = False,
    ) -> None:
        """Measure the marks that matching has to reach; exit 1 if one is missed."""
        plan = BenchPlan(instances=instances, seeds=seeds, quick=quick)
        marks = measured(load_bench(), plan)
        if as_json:
            typer.echo(json.dumps([{**asdict(mark), "reached": mark.reached} for mark in marks]))
        else:
            Console(width=None if sys.stdout.isatty() else WIDE).print(table_of(marks))
        raise typer.Exit(int(not all(mark.reached for mark in marks)))

    @app.command()
    def draw(
        file: Annotated[
            Path, typer.Argument(help="What `kcs match solve --json` printed; - reads stdin.")
        ],
        *,
        ring: Annotated[int, typer.Option(min=1, help="Which ring, from 1.")] = 1,
        output: Annotated[Path | None, typer.Option("--output", "-o")] = None,
    ) -> None:
        """Draw a ring as SVG, with a description for those who do not see it."""
        rings = read_rings(file)
        if ring > len(rings):
            give_up(f"There are {len(rings)} rings.")
        hand_out(ring_svg(rings[ring - 1]), output)

    return app


def give_up(why: str) -> NoReturn:
    """Say in one line why not, and exit 1."""
    typer.echo(why, err=True)
    raise typer.Exit(1)


@contextmanager
def progress(what: str) -> Iterator[Tell]:
    """Show on standard error how much is done."""
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=1)

        def tell(done: float) -> None:
            bar.update(task, completed=done)

        yield tell


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage among millions of small objects of which none lie in a cycle."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def content(file: Path) -> str:
    """Read a file or standard input, or give up."""
    try:
        raw = sys.stdin.buffer.read() if str(file) == STDIN else file.read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as fault:
        give_up(f"{file} cannot be read: {fault.strerror}.")
    except UnicodeDecodeError as fault:
        line = fault.object[: fault.start].count(b"\n") + 1
        give_up(f"{file}: Line {line}: this is not UTF-8.")


def read(file: Path) -> WantListText:
    """Read a want list, or give up."""
    try:
        return read_want_list(content(file).splitlines())
    except WantListUnreadable as fault:
        give_up(f"{file}: {fault}")


def hand_out(picture: str, output: Path | None) -> None:
    """Write a picture, or print it."""
    if output is None:
        typer.echo(picture, nl=False)
        return
    try:
        output.write_text(picture, "utf-8")
    except OSError as fault:
        give_up(f"{output} cannot be written: {fault.strerror}.")


@contextmanager
def news() -> Iterator[News]:
    """Show on standard error what is being measured: in a bar, or line by line in a file."""
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Measuring", total=1)

        def tell(done: float, what: str) -> None:
            bar.update(task, completed=done, description=what)
            if not bar.console.is_terminal:
                typer.echo(f"{done:4.0%} {what}", err=True)

        yield tell


def measured(bench: Bench, plan: BenchPlan) -> Sequence[Mark]:
    """Measure, or give up."""
    try:
        with news() as tell:
            return bench(plan, tell)
    except InstancesUnreadable as fault:
        give_up(str(fault))


def tell_unknown(text: WantListText) -> None:
    """Name what is wanted and not offered: seldom a fault, often a sign of one."""
    if text.unknown:
        named = ", ".join(f"{name} (line {line})" for line, name in text.unknown[:SHOWN])
        more = ", …" if len(text.unknown) > SHOWN else ""
        typer.echo(f"{len(text.unknown)} wanted, but not offered: {named}{more}", err=True)


def described(
    text: WantListText, solved: SolvedList, limit: int | None, seed: int
) -> dict[str, object]:
    """Tell all of it; the same list and seed always make the same JSON."""
    return {
        "items": sum(not entry.dummy for entry in text.entries),
        "max_length": limit,
        "seed": seed,
        "traded": solved.traded,
        "bound": solved.bound,
        "expected": round(solved.expected, 1),
        "rings": [[asdict(handover) for handover in ring] for ring in solved.rings],
    }


def show(text: WantListText, solved: SolvedList, seconds: float) -> None:
    """Print each ring on lines of its own, then the counts."""
    for number, ring in enumerate(solved.rings, start=1):
        typer.echo(f"Ring {number}: {len(ring)}")
        for one in ring:
            typer.echo(f"  {one.giver} gives {one.item} to {one.receiver} for {one.for_item}")
    items = sum(not entry.dummy for entry in text.entries)
    typer.echo(
        f"{solved.traded} of {items} items in {len(solved.rings)} rings; at most {solved.bound}"
        f" could be; {solved.expected:.1f} expected; {seconds:.1f} s"
    )


def table_of(marks: Sequence[Mark]) -> Table:
    """Lay the marks out, what is missed in red."""
    table = Table("mark", "figure", "asked", "detail", box=None)
    for mark in marks:
        asked = " ".join(
            f"{sign} {limit:g}"
            for sign, limit in ((">=", mark.at_least), ("<=", mark.at_most))
            if limit is not None
        )
        figure = f"{mark.figure:.4g}" if mark.reached else f"[red]{mark.figure:.4g} missed[/red]"
        table.add_row(mark.name, figure, asked, mark.detail)
    return table


def read_rings(file: Path) -> list[list[Handover]]:
    """Read the rings that `solve --json` printed, or give up."""
    try:
        return [
            [Handover(**{name: str(one[name]) for name in PARTS}) for one in ring]
            for ring in json.loads(content(file))["rings"]
            if ring
        ]
    except (ValueError, KeyError, TypeError):
        give_up(f"{file} is not what `kcs match solve --json` prints.")
