"""The market on the command line: `kcs market` and `kcs archive`."""

import typer

from apps.market.presentation import archive_command
from apps.market.presentation.collecting_command import add_collecting
from apps.market.presentation.rebuild_command import OpenContainer, add_rebuild
from apps.market.presentation.showing_command import add_showing


def add(main: typer.Typer, open_container: OpenContainer) -> None:
    """Add both to all other commands."""
    main.add_typer(commands(open_container), name="market")
    main.add_typer(archive_command.commands(open_container), name="archive")


def commands(open_container: OpenContainer) -> typer.Typer:
    """Build the sub-commands over the services of an installation."""
    app = typer.Typer(help="The market: what is offered, wanted and swapped.", no_args_is_help=True)
    add_rebuild(app, open_container)
    add_collecting(app, open_container)
    add_showing(app, open_container)
    return app
