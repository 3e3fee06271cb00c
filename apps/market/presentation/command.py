"""The market on the command line: `kcs market`."""

import typer

from apps.market.presentation.rebuild_command import OpenContainer, add_rebuild
from apps.market.presentation.showing_command import add_showing


def commands(open_container: OpenContainer) -> typer.Typer:
    """Build the sub-commands over the services of an installation."""
    app = typer.Typer(help="The market: what is offered, wanted and swapped.", no_args_is_help=True)
    add_rebuild(app, open_container)
    add_showing(app, open_container)
    return app
