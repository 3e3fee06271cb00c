"""What an installation is set to, on the command line: `kcs config show`, `check`, `example`."""

import asyncio
import json
import os
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal

import typer
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

Check = Callable[[], Awaitable[None]]
"""Tries something out that serving needs."""

AsJson = Annotated[bool, typer.Option("--json", help="Write one JSON object instead of lines.")]

SECRETS = (
    (re.compile(r"://([^:/?#]*):.*@"), r"://\1:***@"),
    (re.compile(r"([?&][^=&]*pass[^=&]*=)[^&]*", re.IGNORECASE), r"\1***"),
)
"""Passwords inside URLs. The first is greedy: a password may contain what would end it."""

LIKENESS = 0.8
"""How much alike, of 1, two names have to be for one to be the other misspelt."""

SHORTEST = 6
"""Letters; shorter names are like too many others."""

HEAD = """\
# Settings of KCardSwap, each with its default; `kcs config example` writes this file.
# Only the environment is read, so hand a copy of it over:
#   a shell    set -a; . ./.env; set +a
#   Docker     --env-file .env
#   systemd    EnvironmentFile=/etc/kcardswap.env
# Write values without quotes, and in URLs what is special as %XX: so all three read the same.
"""


def commands(
    settings: type[BaseSettings], checks: Mapping[str, Check], unfit: tuple[type[Exception], ...]
) -> typer.Typer:
    """Build the sub-commands; a check that fails raises one of `unfit`, saying what to do."""
    app = typer.Typer(help="What this installation is set to.", no_args_is_help=True)

    @app.command()
    def show(*, as_json: AsJson = False) -> None:
        """Show every setting, its value, and where that comes from; passwords are left out."""
        shown = told(settings())
        if as_json:
            typer.echo(json.dumps(shown, indent=2))
            return
        for name, each in shown.items():
            typer.echo(f"{name:<21} {each['value']!s:<40} {each['source']}")

    @app.command()
    def check() -> None:
        """Find out whether `kcs serve` would start well here; exit 1 and say why if not."""
        faults = asyncio.run(faults_of(settings, checks, unfit))
        for name, lines in faults.items():
            for line in lines:
                typer.echo(f"FAILED  {name}: {line}", err=True)
            if not lines:
                typer.echo(f"ok      {name}")
        raise typer.Exit(int(any(faults.values())))

    @app.command()
    def example() -> None:
        """Write an environment file with every setting, its meaning and its default."""
        typer.echo(HEAD + "".join(paragraphs(settings)), nl=False)

    return app


def told(settings: BaseSettings) -> dict[str, dict[str, Any]]:
    """Return value and source of every setting, by the name of its variable."""
    return {
        variable(name): {
            "value": "***" if value and is_secret(name) else without_secrets(value),
            "source": source_of(name, os.environ),
            "meaning": type(settings).model_fields[name].description,
        }
        for name, value in settings.model_dump(mode="json").items()
    }


def variable(setting: str) -> str:
    """Return the name under which the environment knows it."""
    return setting.upper()


def source_of(
    setting: str, environment: Mapping[str, str]
) -> Literal["environment", "file", "default"]:
    """Tell where its value is from; the environment's names count in any case."""
    given = {name.upper() for name in environment}
    if f"{variable(setting)}_FILE" in given:
        return "file"
    return "environment" if variable(setting) in given else "default"


def is_secret(setting: str) -> bool:
    """Tell whether all of its value is one."""
    return setting.endswith(("_secret", "_secrets"))


def without_secrets(value: object) -> object:
    """Blot out what must not be read over somebody's shoulder."""
    if isinstance(value, str):
        for pattern, instead in SECRETS:
            value = pattern.sub(instead, value)
    return value


def lines_of(fault: ValidationError) -> Iterator[str]:
    """Say what is wrong with each setting, without its value: that may be a secret."""
    for each in fault.errors():
        if each["type"] != "default_factory_not_called":  # follows from another fault
            name = variable("_".join(str(part) for part in each["loc"]))
            yield f"{name}: {each['msg']}."


def misspelt(settings: type[BaseSettings], environment: Mapping[str, str]) -> Iterator[str]:
    """Find variables that nobody reads, but that look like a setting which is not set."""
    given = {name.upper(): name for name in environment}
    unset = [
        name
        for name in map(variable, settings.model_fields)
        if given.keys().isdisjoint({name, name.removesuffix("_FILE")}) and len(name) >= SHORTEST
    ]
    known = set(map(variable, settings.model_fields))
    for name in sorted(given.keys() - known):
        for meant in get_close_matches(name, unset, n=1, cutoff=LIKENESS):
            yield f"{given[name]} is no setting; is {meant} meant?"


async def faults_of(
    settings: type[BaseSettings], checks: Mapping[str, Check], unfit: tuple[type[Exception], ...]
) -> dict[str, list[str]]:
    """Return what there is against this installation; checks need settings that can be read."""
    faults = {"settings": [*misspelt(settings, os.environ)]}
    try:
        settings()
    except ValidationError as fault:
        faults["settings"] += lines_of(fault)
        return faults
    for name, check in checks.items():
        faults[name] = []
        try:
            await check()
        except unfit as fault:
            faults[name].append(" ".join(filter(None, (str(fault), reason_of(fault)))))
    return faults


def reason_of(fault: BaseException) -> str:
    """Return the first cause in the words of whoever met it, in one line."""
    cause = fault
    while cause.__cause__:
        cause = cause.__cause__
    return "" if cause is fault else f"({type(cause).__name__}: {in_one_line(cause)})"


def in_one_line(fault: BaseException) -> str:
    """Write what a fault says without secrets and line breaks."""
    return " ".join(str(without_secrets(str(fault))).split())


def paragraphs(settings: type[BaseSettings]) -> Iterator[str]:
    """Write each setting as a comment that holds when the line is left as it is."""
    for name, field in settings.model_fields.items():
        yield f"\n# {field.description}\n# {variable(name)}={text_of(field)}\n"


def text_of(field: FieldInfo) -> str:
    """Write the default of a setting as the environment would."""
    default = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(default, tuple):
        return ",".join(default)
    return str(default).lower() if isinstance(default, bool) else str(default)
