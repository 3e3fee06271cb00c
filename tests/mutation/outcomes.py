"""What is told of a mutant that was tried."""

from typing import NamedTuple


class Outcome(NamedTuple):
    """What has become of a mutant, which test has noticed it, and of how many that could."""

    mutant: str
    kind: str
    end: str
    by: str
    tests: int
