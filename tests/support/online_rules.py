"""Rules for revisions of tables that are in use, read off the SQL that they come to.

Whoever changes a table must not keep others waiting behind a lock that is held for long, and must
leave what the version before still reads.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

RUNNING = re.compile(r"^-- Running upgrade (?:\w+)? ?-> (\w+)$", re.MULTILINE)
NEW_TABLE = re.compile(r"^CREATE (?:TABLE|MATERIALIZED VIEW) (\w+)")
NEW_INDEX = re.compile(r"^CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).*? ON (\w+)")
CHANGED = re.compile(r"^ALTER TABLE (\w+) (.*)", re.DOTALL)
ROWS = re.compile(r"^(?:UPDATE|DELETE FROM|INSERT INTO) (\w+)")
CONSTANT = re.compile(r"DEFAULT (?:'[^']*'|-?\d+|true|false|NULL)(?!\w|\()", re.IGNORECASE)


@dataclass
class Step:
    """The statements of one revision, and the tables that it has made itself."""

    revision: str
    statements: list[str]
    made: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.made = {found[1] for each in self.statements if (found := NEW_TABLE.match(each))}
        self.made |= {"alembic_version"}

    def in_use(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Yield the statements of this kind about tables that were there before."""
        for statement in self.statements:
            if (found := pattern.match(statement)) and found[1] not in self.made:
                yield found

    def changes(self) -> Iterator[tuple[str, str]]:
        """Yield each change of a table in use, in one line."""
        for found in self.in_use(CHANGED):
            yield found[1], " ".join(found[2].split())


def steps_of(sql: str) -> list[Step]:
    """Take the script of all revisions apart."""
    _, *parts = RUNNING.split(sql)
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return [
        Step(revision, [part.strip() for part in text.split(";\n\n") if part.strip()])
        for revision, text in pairs
    ]


def indexes_concurrently(step: Step) -> Iterator[str]:
    """Have every index of a table in use made CONCURRENTLY."""
    yield from (found[0] for found in step.in_use(NEW_INDEX))
    dropped = (each for each in step.statements if re.match("DROP INDEX (?!CONCURRENTLY)", each))
    yield from dropped


def constraints_in_two_steps(step: Step) -> Iterator[str]:
    """Have every condition and reference of a table in use NOT VALID at first."""
    for table, change in step.changes():
        if re.match("ADD CONSTRAINT .*(CHECK|FOREIGN KEY)", change) and "NOT VALID" not in change:
            yield f"{table}: {change}"
        if re.match(r"ADD COLUMN .*(CHECK|REFERENCES)", change):
            yield f"{table}: {change}"


def validated_on_their_own(step: Step) -> Iterator[str]:
    """Let no transaction hold the lock of the first step while it takes the second."""
    added: set[str] = set()
    for statement in step.statements:
        if statement in {"COMMIT", "BEGIN"}:
            added.clear()
        if found := re.match(
            r"ALTER TABLE \w+ ADD CONSTRAINT (\w+) .*NOT VALID", statement, re.DOTALL
        ):
            added.add(found[1])
        found = re.search(r"VALIDATE CONSTRAINT (\w+)", statement)
        if found and found[1] in added:
            yield statement


def no_rewrite(step: Step) -> Iterator[str]:
    """Let no table in use be written anew, or read through for a NOT NULL."""
    for table, change in step.changes():
        if re.match(r"ALTER COLUMN \w+ (TYPE|SET NOT NULL)|SET (UNLOGGED|LOGGED)", change):
            yield f"{table}: {change}"


def constant_defaults(step: Step) -> Iterator[str]:
    """Let a new column be nullable, or have a default that is the same in all rows."""
    for table, change in step.changes():
        if not change.startswith("ADD COLUMN"):
            continue
        has_default = "DEFAULT" in change or "GENERATED" in change
        if (has_default and not CONSTANT.search(change)) or (
            "NOT NULL" in change and not has_default
        ):
            yield f"{table}: {change}"


def nothing_taken_away(step: Step) -> Iterator[str]:
    """Leave what the version before reads: tables, columns, and their names."""
    for table, change in step.changes():
        if re.match(r"DROP COLUMN|RENAME", change):
            yield f"{table}: {change}"
    yield from (each for each in step.statements if each.startswith("DROP TABLE"))


def no_rows_in_bulk(step: Step) -> Iterator[str]:
    """Leave rows of tables in use to a job, which takes them in portions."""
    yield from (found[0] for found in step.in_use(ROWS))


def outside_first(step: Step) -> Iterator[str]:
    """Do what is outside of transactions before all else: after a kill it is done once more."""
    inside = False
    for statement in step.statements:
        if "INDEX CONCURRENTLY" in statement and inside:
            yield statement
        harmless = re.match(r"BEGIN|COMMIT|SET |--|ALTER INDEX|DROP INDEX", statement)
        inside = inside or not (harmless or "INDEX CONCURRENTLY" in statement)


RULES: dict[str, Callable[[Step], Iterator[str]]] = {
    rule.__name__: rule
    for rule in (
        indexes_concurrently,
        constraints_in_two_steps,
        validated_on_their_own,
        no_rewrite,
        constant_defaults,
        nothing_taken_away,
        no_rows_in_bulk,
        outside_first,
    )
}
