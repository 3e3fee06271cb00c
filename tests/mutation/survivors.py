"""Mutants that nobody can tell from the code, and a few that are tried by `make test`."""

import tomllib
from pathlib import Path

TOLD = tomllib.loads((Path(__file__).parent / "survivors.toml").read_text())
FEW_TESTS: list[str] = TOLD["tests"]
"""Those that take no time, for the short form."""
A_FEW: list[str] = TOLD["few"]
EQUIVALENT: set[str] = {name for each in TOLD["equivalent"] for name in each["mutants"]}
