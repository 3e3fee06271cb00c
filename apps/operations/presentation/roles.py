"""The roles of PostgreSQL on the command line: `kcs db roles`."""

import typer


def add_commands(db: typer.Typer, script: str) -> None:
    """Add them to those about the database."""

    @db.command()
    def roles() -> None:
        """Write the SQL that makes the roles kcs_owner and kcs_app, for an administrator's psql."""
        typer.echo(script)
