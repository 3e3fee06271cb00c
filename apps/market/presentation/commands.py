"""The market on the command line: `kcs market …`."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import typer
from dishka import AsyncContainer

from apps.market.presentation.collecting_command import add_collecting
from apps.market.presentation.rebuild_command import add_rebuild
from apps.market.presentation.showing_command import add_showing

OpenContainer = Callable[[], AbstractAsyncContextManager[AsyncContainer]]


def commands(open_container: OpenContainer) -> typer.Typer:
    """Build the sub-commands over the services of an installation."""
    app = typer.Typer(help="What is offered, wanted and swapped.", no_args_is_help=True)
    add_rebuild(app, open_container)
    add_collecting(app, open_container)
    add_showing(app, open_container)
    return app
