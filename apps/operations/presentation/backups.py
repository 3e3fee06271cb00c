"""Backups on the command line: `kcs backup create`, `verify`, `restore` and `list`."""

import asyncio
import json
import signal
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.progress import Progress, TaskID

from apps.operations.application.backups import (
    BackupDamaged,
    BackupImpossible,
    Backups,
    Listed,
    LoadFailed,
    Restored,
    Stored,
    TargetTaken,
    Tell,
    Verified,
)
from apps.operations.domain.backup import Manifest
from apps.operations.presentation.configuration import in_one_line, reason_of

Answer = TypeVar("Answer")

FAILED, COULD_NOT_LOOK, BROKEN_OFF = 1, 2, 130
"""Exit codes; the last is what shells take for a Ctrl-C."""

REFUSALS = (BackupDamaged, LoadFailed, TargetTaken)
HINDRANCES = (BackupImpossible, OSError)

File = Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")]
Folder = Annotated[
    Path | None, typer.Argument(metavar="[FOLDER]", help="By default `backups` in DATA_DIR.")
]
To = Annotated[
    str | None, typer.Option("--to", metavar="URL", help="An empty database, if not DATABASE_URL.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Write one JSON object instead of lines.")]


def commands(open_backups: Callable[[str | None], Backups]) -> typer.Typer:
    """Build the sub-commands over the backups of an installation."""
    app = typer.Typer(help="Copies of all data, to be restored.", no_args_is_help=True)

    @app.command()
    def create(folder: Folder = None, *, as_json: AsJson = False) -> None:
        """Write a backup into a folder while the service goes on; its name tells the time."""
        backups = open_backups(None)
        with refusals(), progress() as tell:
            stored, manifest = run(backups.create(folder or backups.folder, tell=tell))
        lines = [f"{stored.file}: {summary(manifest)}, {decimal(stored.size)}."]
        say(described(stored, manifest) if as_json else lines)

    @app.command()
    def verify(file: File, *, as_json: AsJson = False) -> None:
        """Restore a backup for a trial; exit 0 if it is sound, 1 if not, 2 if that is not known."""
        backups = open_backups(None)
        with refusals(), progress() as tell:
            verified = run(backups.verify(file, tell=tell))
        say(verdict(file, verified) if as_json else lines_of(file, verified))
        raise typer.Exit(FAILED if verified.faults else 0)

    @app.command()
    def restore(file: File, *, to: To = None, as_json: AsJson = False) -> None:
        """Bring a backup into an empty database, all of it or nothing."""
        backups = open_backups(to)
        with refusals(), progress() as tell:
            restored = run(backups.restore(file, tell=tell))
        steps = steps_after(restored)
        told = {"file": str(file), "next": steps, **fields_of(restored.manifest)}
        lines = [f"Restored: {summary(restored.manifest)}.", *(f"Next: {step}" for step in steps)]
        say(told if as_json else lines)

    @app.command("list")
    def list_backups(folder: Folder = None, *, as_json: AsJson = False) -> None:
        """Check every backup of a folder, newest first; exit 1 if one is damaged."""
        backups = open_backups(None)
        with refusals(), progress() as tell:
            listed = run(backups.list(folder or backups.folder, tell=tell))
        told = {"backups": [shown(each) for each in listed]}
        say(told if as_json else map(line_of, listed))
        raise typer.Exit(FAILED if any(each.fault for each in listed) else 0)

    return app


def run(step: Coroutine[Any, Any, Answer]) -> Answer:
    """Take it to its end, or have it clear up where a signal ends it first."""

    async def heard() -> Answer:
        task, loop = asyncio.ensure_future(step), asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, task.cancel)
        return await task

    try:
        return asyncio.run(heard())
    except asyncio.CancelledError:
        typer.echo("Broken off; nothing was left behind.", err=True)
        raise typer.Exit(BROKEN_OFF) from None


@contextmanager
def refusals() -> Iterator[None]:
    """Tell them in a line."""
    try:
        yield
    except (*REFUSALS, *HINDRANCES) as refusal:
        typer.echo(f"{in_one_line(refusal)} {reason_of(refusal)}".rstrip(), err=True)
        code = FAILED if isinstance(refusal, REFUSALS) else COULD_NOT_LOOK
        raise typer.Exit(code) from None


@contextmanager
def progress() -> Iterator[Tell]:
    """Show on standard error how far it is, where somebody sits there to see it."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, of: int | None) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=of)
            bar.update(tasks[what], completed=done, total=of)

        yield tell


def say(what: dict[str, Any] | Iterable[str]) -> None:
    """Write an object for machines, or lines for people."""
    for line in [json.dumps(what, indent=2)] if isinstance(what, dict) else what:
        typer.echo(line)


def verdict(file: Path, verified: Verified) -> dict[str, Any]:
    """Write what came of a trial for machines."""
    return {
        "file": str(file),
        "sound": not verified.faults,
        "faults": [*verified.faults],
        "complete": verified.is_current,
        **fields_of(verified.manifest),
    }


def lines_of(file: Path, verified: Verified) -> Iterator[str]:
    """Say what is wrong, or what was seen to be right."""
    yield from verified.faults
    state = "NOT sound" if verified.faults else "sound"
    yield f"{file} is {state}: {summary(verified.manifest)}."
    if not verified.is_current:
        yield "Its revision is not of this version, so schema and invariants were not checked."


def steps_after(restored: Restored) -> list[str]:
    """Say what is left to whoever has restored."""
    steps = ["lay the keys down that belonged to it, if they are not there; see `kcs keys list`."]
    if not restored.is_current:
        steps.append("`alembic upgrade head`.")
        if restored.manifest.contents.dialect == "postgresql":
            steps.append("`kcs events renumber`.")
    return [*steps, "`kcs db verify`, `kcs check-invariants` and `kcs audit verify`, then serve."]


def summary(manifest: Manifest) -> str:
    """Write what a backup is of."""
    contents = manifest.contents
    rows = sum(contents.rows.values())
    return (
        f"{contents.server}, revision {contents.revision}, {rows} rows in {len(contents.rows)}"
        f" tables, as of {moment(manifest.created_at)}"
    )


def line_of(listed: Listed) -> str:
    """Write one backup in a line."""
    revision = listed.manifest.contents.revision if listed.manifest else "-"
    state, size = "DAMAGED" if listed.fault else "whole", decimal(listed.stored.size)
    return f"{moment(listed.at)}  {size:>10}  {revision:<6}  {state:<7}  {listed.stored.file.name}"


def shown(listed: Listed) -> dict[str, Any]:
    """Write one backup for machines."""
    if listed.manifest is None:
        return {**known_of(listed.stored), "whole": False, "fault": listed.fault}
    return {**described(listed.stored, listed.manifest), "whole": True}


def described(stored: Stored, manifest: Manifest) -> dict[str, Any]:
    """Write a file and what it says of itself."""
    return {**known_of(stored), **fields_of(manifest)}


def known_of(stored: Stored) -> dict[str, Any]:
    """Write what is known of a file that cannot be read."""
    return {"file": str(stored.file), "size": stored.size}


def fields_of(manifest: Manifest) -> dict[str, Any]:
    """Write what a backup says of itself in one level."""
    return {
        "created_at": moment(manifest.created_at),
        "product_version": manifest.product_version,
        **asdict(manifest.contents),
    }


def moment(at: datetime) -> str:
    """Write it in UTC."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
