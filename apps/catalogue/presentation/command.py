"""The catalogue on the command line: `kcs catalogue import FOLDER`, `… export FOLDER`."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated

import typer
from dishka import AsyncContainer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from apps.catalogue.application.export_catalogue import ExportCatalogue
from apps.catalogue.application.import_catalogue import ImportCatalogue, Report
from apps.catalogue.application.sheets import COLUMNS, Refusal, Sheet
from apps.shared.domain.errors import DomainError

OpenContainer = Callable[[], AbstractAsyncContextManager[AsyncContainer]]

Folder = Annotated[
    Path, typer.Argument(exists=True, file_okay=False, help=f"Where {', '.join(COLUMNS)} are.")
]

Target = Annotated[
    Path, typer.Argument(file_okay=False, help="Where to write; what is there is replaced.")
]


def commands(open_container: OpenContainer) -> typer.Typer:
    """Build the sub-commands over the services of an installation."""
    app = typer.Typer(no_args_is_help=True)

    @app.callback()
    def catalogue() -> None:
        """Groups, idols, releases and cards."""

    @app.command("import")
    def import_(folder: Folder) -> None:
        """Fill the catalogue from the CSV files of a folder: all of them or nothing."""
        try:
            report = asyncio.run(run(open_container, folder))
        except DomainError as refusal:  # the database is busy, or somebody else is importing too
            typer.echo(str(refusal), err=True)
            raise typer.Exit(1) from refusal
        if report.refused:
            tell_refused(report.refused)
            raise typer.Exit(1)
        Console().print(table_of(report))

    @app.command()
    def export(folder: Target) -> None:
        """Write the catalogue as the CSV files that an import reads."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            asyncio.run(write(open_container, folder))
        except (DomainError, OSError) as refusal:
            typer.echo(str(refusal), err=True)
            raise typer.Exit(1) from refusal

    return app


async def run(open_container: OpenContainer, folder: Path) -> Report:
    """Import with a progress bar, where somebody sits there to see it."""
    sheets = [Sheet.read(file, content_of(folder / file)) for file in COLUMNS]
    console = Console(stderr=True)
    async with open_container() as container:
        import_catalogue = await container.get(ImportCatalogue)
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("Import", total=sum(len(sheet.rows) for sheet in sheets))

            def advance(file: str, rows: int) -> None:
                bar.update(task, description=file, advance=rows)

            return await import_catalogue(sheets, progress=advance)


async def write(open_container: OpenContainer, folder: Path) -> None:
    """Export page by page, so that a large catalogue needs no more memory than a small one."""
    async with open_container() as container:
        export = await container.get(ExportCatalogue)
        for file in export.files:
            with (folder / file).open("w", encoding="utf-8", newline="") as target:
                async for text in export(file):
                    target.write(text)


def content_of(path: Path) -> bytes | None:
    """Return None for a file that is not there."""
    return path.read_bytes() if path.is_file() else None


def table_of(report: Report) -> Table:
    """Show the counts, file by file."""
    table = Table("file", "new", "changed", "unchanged", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for file, tally in report.tallies.items():
        table.add_row(file, str(tally.new), str(tally.changed), str(tally.unchanged))
    return table


def tell_refused(refused: Sequence[Refusal]) -> None:
    """Write a line for each, as plain as `grep` likes it."""
    for each in refused:
        place = f"{each.file}:{each.row}" if each.row else each.file
        typer.echo(" ".join(filter(None, (place, each.column, each.reason))), err=True)
    typer.echo(f"{len(refused)} refused; nothing was imported.", err=True)
