"""The passwords that are used most, as digests in a file beside this one.

`wordlists/README.md` tells where they are from. The file is read when the first one is asked for.
"""

from bisect import bisect_left
from functools import cache
from hashlib import sha256
from pathlib import Path

FILE = Path(__file__).with_name("common_passwords.bin")
WIDTH = 6
"""Bytes kept of each digest: a password that is not listed is taken for one once in 10^9 times."""


def is_common(folded: str) -> bool:
    """Tell whether a folded password is listed."""
    wanted, listed = digest(folded), _listed()
    count = len(listed) // WIDTH
    place = bisect_left(range(count), wanted, key=lambda at: listed[at * WIDTH : (at + 1) * WIDTH])
    return listed[place * WIDTH : (place + 1) * WIDTH] == wanted


def digest(folded: str) -> bytes:
    """Return what the file keeps of a folded password."""
    return sha256(folded.encode()).digest()[:WIDTH]


@cache
def _listed() -> bytes:
    return FILE.read_bytes()
