"""Pages that say what to write where, and what to call; done as they say in a copy of the tree."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.postgres import GIVEN
from tests.support.served import BIN, ROOT, environment

BLOCK = re.compile(
    r"^`(?P<path>[^`]+)`, (?P<how>new|at its end|instead of its steps"
    r"|(?P<place>below|instead of) `(?P<line>[^\n]+)`):\n\n"
    r"```\w+\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
COMMANDS = re.compile(r"^```sh\n(?P<lines>.*?)^```$", re.MULTILINE | re.DOTALL)
STEPS = "\n\ndef upgrade() -> None:"
MADE = {"make schema": "python -m tests.support.schema_pages"}
COPIED = ("apps", "alembic", "alembic.ini", "docs", "tests", "pyproject.toml")


@dataclass(frozen=True)
class Block:
    """Code, and where it goes; a path may have a star for what is not known before."""

    path: str
    how: str
    place: str | None
    line: str | None
    code: str

    def apply(self, root: Path) -> None:
        """Put it in place; a line to put it at has to be there once."""
        file = root / self.path
        if "*" in self.path:
            (file,) = root.glob(self.path)
        assert file.exists() == (self.how != "new"), self.path
        text = file.read_text() if file.exists() else ""
        if self.line:
            assert text.count(f"{self.line}\n") == 1, f"{self.path} has no {self.line}"
            kept = f"{self.line}\n" * (self.place == "below")
            text = text.replace(f"{self.line}\n", kept + self.code)
        elif self.how == "instead of its steps":
            text = f"{text.partition(STEPS)[0]}\n\n{self.code}"
        else:
            text += self.code
        file.write_text(text)


def blocks(page: str) -> Iterator[Block]:
    """All code of a page that goes somewhere."""
    for found in BLOCK.finditer(page):
        yield Block(**found.groupdict())


def steps(page: str) -> Iterator[Block | str]:
    """All code and all commands, in their order."""
    found = [*BLOCK.finditer(page), *COMMANDS.finditer(page)]
    for each in sorted(found, key=lambda each: each.start()):
        if each.re is BLOCK:
            yield Block(**each.groupdict())
        else:
            yield from each["lines"].splitlines()


def copied(root: Path) -> Path:
    """Make a copy of what the steps are done in."""
    root.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, root / name)
    return root


def done(
    tree: Path, cluster: str, command: str, url: str = "sqlite://"
) -> subprocess.CompletedProcess[str]:
    """Run a command of the environment over the copy."""
    command = MADE.get(command, command.removeprefix("poetry run "))
    program, *arguments = shlex.split(command)
    env = environment(url, tree, PYTHONPATH=str(tree), **{GIVEN: cluster})
    return subprocess.run(
        [str(BIN / program), *arguments],
        env=env,
        cwd=tree,
        text=True,
        capture_output=True,
        timeout=300,
        check=False,
    )
