"""The schema on the command line: `kcs db …`, `kcs docs erd`."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from difflib import unified_diff
from pathlib import Path
from typing import Annotated

import typer

from apps.operations.application.keep_schema import (
    CannotMigrate,
    Dialect,
    Drifted,
    Migrations,
    Origin,
    Schemas,
    Tell,
    Unversioned,
)
from apps.operations.application.schema import CannotCompare, Comparison, Difference
from apps.operations.presentation.configuration import AsJson, in_one_line

REFUSED, UNCOMPARED, STRANGE = 1, 2, 3
RELATIVE = {"ignore_unknown_options": True}
"""What lets `-1` be a revision, and not an option."""

To = Annotated[str, typer.Argument(help="A revision, `head`, `base`, or steps such as +1 or -1.")]
AcceptLoss = Annotated[bool, typer.Option("--accept-data-loss", help="Go back over lost data too.")]
Message = Annotated[str, typer.Option("--message", "-m", help="What is new, in a sentence.")]
Autogenerate = Annotated[
    bool, typer.Option("--autogenerate", help="Begin with what the models have and it has not.")
]
OneDialect = Annotated[
    Dialect | None, typer.Option(help="Only this database; else SQLite and that of DATABASE_URL.")
]
TheDialect = Annotated[Dialect, typer.Option(help="For which database.")]
Live = Annotated[
    str | None, typer.Option("--database-url", help="A live database, which is only read.")
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write this file instead.")]
From = Annotated[
    Origin,
    typer.Option("--from", help="A migrated database, the models, or the revisions as SQL."),
]
Differing = Annotated[
    Path | None, typer.Option("--diff", help="Show how this file differs instead; exit 1 if so.")
]
At = Annotated[str, typer.Option("--revision", help="Which one it was made by.")]


def commands(migrations: Callable[[], Migrations], schemas: Callable[[], Schemas]) -> typer.Typer:
    """Build the sub-commands over the database of an installation."""
    app = typer.Typer(help="The schema of the database.", no_args_is_help=True)
    add_steps(app, migrations)
    add_questions(app, migrations)
    add_comparisons(app, schemas)
    add_copies(app, schemas)
    return app


def add_steps(app: typer.Typer, migrations: Callable[[], Migrations]) -> None:
    """Add what takes revisions."""

    @app.command(context_settings=RELATIVE)
    def upgrade(revision: To = "head") -> None:
        """Bring the schema up to date; several may do so at once, and one does the work."""
        bring(migrations(), revision, typer.echo)

    @app.command(context_settings=RELATIVE)
    def downgrade(revision: To, *, accept_data_loss: AcceptLoss = False) -> None:
        """Go back to an earlier revision; exit 1 where that would lose data."""
        chain = migrations()
        with told():
            lost = chain.lost(revision)
            for each in lost:
                typer.echo(f"{each.id} loses: {'; '.join(each.loses)}", err=True)
            if lost and not accept_data_loss:
                typer.echo("Nothing was done; --accept-data-loss goes back all the same.", err=True)
                raise typer.Exit(REFUSED)
            chain.downgrade(revision, typer.echo)


def bring(chain: Migrations, revision: str, tell: Tell) -> None:
    """Take the steps up to there; leave with a line where that cannot be."""
    with told("The database cannot be migrated: "):
        chain.upgrade(revision, tell)


@contextmanager
def told(before: str = "") -> Iterator[None]:
    """Say what was refused in a line, and leave."""
    try:
        yield
    except Unversioned as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(STRANGE) from None
    except CannotMigrate as refusal:
        typer.echo(before + in_one_line(refusal), err=True)
        raise typer.Exit(REFUSED) from None
    except CannotCompare as refusal:
        typer.echo(in_one_line(refusal), err=True)
        raise typer.Exit(UNCOMPARED) from None


def add_questions(app: typer.Typer, migrations: Callable[[], Migrations]) -> None:
    """Add what asks for revisions, and writes new ones."""

    @app.command()
    def current() -> None:
        """Show the revision of the database."""
        with told():
            typer.echo(migrations().current() or "none")

    @app.command()
    def history() -> None:
        """List all revisions, the newest first."""
        for each in migrations().history():
            typer.echo(f"{each.id}  {each.meaning}{'  (going back loses data)' * bool(each.loses)}")

    @app.command()
    def check() -> None:
        """Exit 1 unless there is one head, the database is there, and the models are."""
        with told():
            faults = migrations().faults()
        for fault in faults:
            typer.echo(fault, err=True)
        raise typer.Exit(int(bool(faults)))

    @app.command()
    def revision(*, message: Message, autogenerate: Autogenerate = False) -> None:
        """Write a new revision, for you to read and mend."""
        with told():
            typer.echo(str(migrations().draft(message, autogenerate=autogenerate)))


def add_comparisons(app: typer.Typer, schemas: Callable[[], Schemas]) -> None:
    """Add what compares and writes schemas."""

    @app.command()
    def verify(
        *, dialect: OneDialect = None, database_url: Live = None, as_json: AsJson = False
    ) -> None:
        """Compare the migrated schema with docs/, the models and a live database.

        Exit 0 where all are equal, 1 where one is not, 2 where they could not be compared.
        """
        with told():
            found = schemas().verify(dialect, database_url)
        if as_json:
            typer.echo(json.dumps([asdict(each) for each in found], indent=2))
        else:
            for each in found:
                tell_comparison(each)
        raise typer.Exit(int(any(each.differences for each in found)))

    @app.command()
    def adopt(revision: At = "head") -> None:
        """Write down the revision of a database without one; exit 3 unless it is just like it."""
        with told(), drift_told("Nothing was written down: the database differs."):
            schemas().adopt(revision)
        typer.echo("Its revision is written down.")

    @app.command("export-schema")
    def export_schema(
        *,
        dialect: TheDialect,
        origin: From = "migrated",
        output: Output = None,
        diff: Differing = None,
    ) -> None:
        """Write the schema as SQL that loads into an empty database, and can be loaded again."""
        with told():
            text = schemas().export(dialect, origin)
        if diff:
            before = diff.read_text(encoding="utf-8").splitlines(keepends=True)
            lines = [*unified_diff(before, text.splitlines(keepends=True), str(diff), origin)]
            typer.echo("".join(lines), nl=False)
            raise typer.Exit(int(bool(lines)))
        if output:
            _ = output.write_text(text, encoding="utf-8")
        else:
            typer.echo(text, nl=False)


@contextmanager
def drift_told(verdict: str) -> Iterator[None]:
    """Say how a database differs, and leave."""
    try:
        yield
    except Drifted as drift:
        tell_differences(drift.differences)
        typer.echo(verdict, err=True)
        raise typer.Exit(STRANGE) from None


def tell_comparison(comparison: Comparison) -> None:
    """Write one comparison, and each of its differences."""
    number = len(comparison.differences)
    verdict = f"{number} DIFFERENT" if number else "equal"
    typer.echo(f"{comparison.dialect:<10}  {verdict:>12}  {comparison.what}")
    tell_differences(comparison.differences)


def tell_differences(differences: Sequence[Difference]) -> None:
    """Write each with both texts."""
    for each in differences:
        typer.echo(f"  {each.item}")
        typer.echo(f"    migrated  {one_line(each.expected)}")
        typer.echo(f"    found     {one_line(each.found)}")
        typer.echo(f"    mend      {each.mend}")


def one_line(text: str | None) -> str:
    """Write a text of a catalog for people."""
    return "(not there)" if text is None else " ".join(text.split()) or "there"


def add_copies(app: typer.Typer, schemas: Callable[[], Schemas]) -> None:
    """Add what is about the database as a whole."""

    @app.command()
    def create() -> None:
        """Make the database of DATABASE_URL, empty; leave it where there is one."""
        with told():
            made = schemas().create()
        typer.echo("It is made." if made else "It is there already.")

    @app.command()
    def tables() -> None:
        """List the tables that there are, and whose they are; `sizes` tells how large."""
        with told():
            for name, context in schemas().tables().items():
                typer.echo(f"{name:<28} {context}")

    @app.command()
    def rehearse(*, database_url: Live = None) -> None:
        """Migrate a copy of the database; tell how long each revision took; exit 1 on drift."""
        with told("The revisions cannot be taken: "):
            done = schemas().rehearse(database_url, typer.echo)
        typer.echo(f"{done.rows} rows were copied, at revision {done.begun_at or 'none'}.")
        for id, seconds in done.seconds:
            typer.echo(f"{id}  {seconds:8.2f} s")
        tell_differences(done.differences)
        typer.echo("The copy differs." if done.differences else "The copy is as it should be.")
        raise typer.Exit(int(bool(done.differences)))


def add_page(docs: typer.Typer, schemas: Callable[[], Schemas]) -> None:
    """Add the page that is drawn from the schema."""

    @docs.command()
    def erd() -> None:
        """Print the page with all tables and what they refer to, from the migrated schema."""
        with told():
            typer.echo(schemas().draw(), nl=False)
