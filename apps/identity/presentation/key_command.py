"""The keys of an installation on the command line: `kcs keys list`, `rotate` and `retire`."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

import typer

from apps.identity.application.keep_keys import (
    AHEAD,
    AT_ONCE,
    SIGNING,
    KeyChest,
    KeyKind,
    KeyNeeded,
    KeyShown,
)
from apps.shared.domain.errors import DomainError

Kind = Annotated[KeyKind | None, typer.Argument(help="Which keys; by default access and refresh.")]
Soon = Annotated[
    bool, typer.Option("--soon", help="Let it sign in half a minute, not in an hour: after a leak.")
]
Name = Annotated[
    str | None, typer.Argument(help="A key as `list` names it; by default all that have ended.")
]


def commands(
    open_chest: Callable[[], KeyChest], needed: Callable[[], Collection[str]]
) -> typer.Typer:
    """Build the sub-commands over a key folder; `needed` names the data keys that rows need."""
    app = typer.Typer(help="The keys that sign tokens and seal rows.", no_args_is_help=True)

    @app.command(name="list")
    def show() -> None:
        """List all keys: what they sign, whether they do so now, and from when until when."""
        tell(open_chest().shown())

    @app.command()
    def rotate(kind: Kind = None, *, soon: Soon = False) -> None:
        """Lay down a key that takes over in an hour; nobody is signed out by it."""
        chest = open_chest()
        with refusals():
            for each in [kind] if kind else SIGNING:
                tell([chest.rotate(each, ahead=AT_ONCE if soon else AHEAD)])

    @app.command()
    def retire(name: Name = None) -> None:
        """Take a retired key away now; what it signed is refused from the next look on."""
        chest = open_chest()
        with refusals():
            if name and name.startswith(f"{KeyKind.DATA}-") and name in needed():
                raise KeyNeeded
            tell([chest.retire(name)] if name else chest.tidy())

    return app


@contextmanager
def refusals() -> Iterator[None]:
    """Tell them in a line."""
    try:
        yield
    except DomainError as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from refusal


def tell(keys: Iterable[KeyShown]) -> None:
    """Write a line for each."""
    for key in keys:
        times = f"{moment(key.since):<20} {moment(key.until)}"
        typer.echo(f"{key.kind:<8} {key.name:<44} {key.state:<8} {times}".rstrip())


def moment(at: datetime | None) -> str:
    """Write when, or that there is no such moment."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else "-"
