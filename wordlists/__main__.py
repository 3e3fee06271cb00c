"""`python -m wordlists passwords.txt.gz`: write the list of common passwords anew."""

import csv
import gzip
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path

from apps.identity.domain.password import SERVICE, folded, plain
from apps.identity.infrastructure.common_passwords import FILE, digest

GROUPS = Path(__file__).parents[1] / "demo" / "catalogue" / "groups.csv"
MOST_USED = 100_000
"""So many lines of the source stand in the order of their use; the others do not."""
SHORTEST, LONG = 4, 10
"""Code points: a shorter word could not be the core of a password, nor a shorter one be chosen."""
WORDS = (SERVICE, "photocard", "photocards")


def main() -> None:
    """Read the source, and say what has become of it."""
    used = list(passwords(Path(sys.argv[1])))
    most, others = used[:MOST_USED], used[MOST_USED:]
    chosen = [word for word in most if len(word) >= SHORTEST]
    chosen += [word for word in others if len(word) >= LONG]
    chosen += [plain(word) for word in (*groups(), *WORDS) if len(plain(word)) >= SHORTEST]
    digests = sorted({digest(folded(word)) for word in chosen})
    FILE.write_bytes(b"".join(digests))
    enough = {word for word in used if len(word) >= LONG}
    sys.stdout.write(f"{len(digests)} listed; {len(enough)} of the source have {LONG} or more.\n")


def passwords(source: Path) -> Iterator[str]:
    """Yield each line that is text, as it was typed."""
    for line in gzip.decompress(source.read_bytes()).split(b"\n"):
        try:
            word = unescape(line.decode().strip("\r"))
        except UnicodeDecodeError:
            word = ""
        yield word if word.isprintable() else ""


def groups() -> Iterator[str]:
    """Yield the names of the groups that the catalogue begins with."""
    with GROUPS.open(newline="", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            yield from (row["code"], row["name"], *row["names"].split("|"))


if __name__ == "__main__":
    main()
