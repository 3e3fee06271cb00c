"""Revisions keep nobody waiting, by our own rules and by squawk; what they may, has its reason."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from apps.operations.infrastructure.migrations import offline_sql
from tests.support.online_rules import RULES, RUNNING, Step, steps_of
from tests.support.served import BIN

FIRST = "0029"
"""Up to this one, revisions are older than the first version: no table had a row in use."""

EXPLAINED = {
    ("0033", "ban-drop-not-null"): "the version before, which reads no seals, is stopped first",
    ("0041", "ban-drop-constraint"): "what a migrator left that was killed is made anew",
    ("0042", "no_rows_in_bulk"): "appended, which locks nobody; the version before, which does not"
    " tell what becomes of copies, is stopped first",
    ("0043", "require-concurrent-index-creation"): "of a view that is made by the same revision",
}
"""By revision and rule of ours or of squawk: why it may be broken there."""

NOT_OURS = {
    "prefer-text-field": "lengths are promised to clients, and a longer one rewrites nothing",
    "prefer-bigint-over-smallint": "numbers of keys stay small",
    "prefer-bigint-over-int": "counts, lengths and versions stay small; ids are UUIDs",
    "require-statement-timeout": "an index takes its time; waiting for a lock ends",
    "renaming-object": "no statement names an index, and our own rule looks after columns",
}
"""Rules of squawk that no revision need keep, and why."""

BROKEN = {
    "indexes_concurrently": "CREATE INDEX ix_users_role ON users (role)",
    "constraints_in_two_steps": "ALTER TABLE users ADD CONSTRAINT ck_users_x CHECK (height > 0)",
    "validated_on_their_own": (
        "ALTER TABLE users ADD CONSTRAINT ck_users_x CHECK (height > 0) NOT VALID;\n\n"
        "ALTER TABLE users VALIDATE CONSTRAINT ck_users_x"
    ),
    "no_rewrite": "ALTER TABLE users ALTER COLUMN email TYPE VARCHAR(255)",
    "constant_defaults": "ALTER TABLE users ADD COLUMN seen TIMESTAMP DEFAULT clock_timestamp()",
    "nothing_taken_away": "ALTER TABLE users DROP COLUMN email",
    "no_rows_in_bulk": "UPDATE users SET role = 'user'",
    "outside_first": (
        "ALTER TABLE users ADD COLUMN height INTEGER;\n\n"
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_users_height ON users (height)"
    ),
}
KEPT = {
    "indexes_concurrently": "CREATE INDEX CONCURRENTLY ix_users_role ON users (role)",
    "constraints_in_two_steps": (
        "ALTER TABLE users ADD CONSTRAINT ck_users_x CHECK (height > 0) NOT VALID"
    ),
    "validated_on_their_own": (
        "ALTER TABLE users ADD CONSTRAINT ck_users_x CHECK (height > 0) NOT VALID;\n\n"
        "COMMIT;\n\nALTER TABLE users VALIDATE CONSTRAINT ck_users_x"
    ),
    "no_rewrite": "ALTER TABLE users ADD COLUMN height INTEGER",
    "constant_defaults": "ALTER TABLE users ADD COLUMN seen INTEGER DEFAULT 0 NOT NULL",
    "nothing_taken_away": "ALTER TABLE users ADD COLUMN address TEXT",
    "no_rows_in_bulk": "CREATE TABLE sums (id INTEGER);\n\nINSERT INTO sums VALUES (0)",
    "outside_first": (
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_users_role ON users (role);\n\n"
        "ALTER TABLE users ADD COLUMN height INTEGER"
    ),
}


@pytest.fixture(scope="module")
def sql() -> str:
    return offline_sql("postgresql+asyncpg://")


def step(statements: str) -> Step:
    (only,) = steps_of(f"-- Running upgrade 0031 -> 0032\n\n{statements};\n\n")
    return only


def test_every_revision_is_online_or_says_why_not(sql: str) -> None:
    found = {
        (each.revision, name)
        for each in steps_of(sql)
        for name, rule in RULES.items()
        if any(rule(each))
    }
    ours = {each for each in EXPLAINED if each[1] in RULES}
    assert {each for each in found if each[0] > FIRST} == ours
    assert len({revision for revision, _ in found}) > 10, "the rules see nothing"


@pytest.mark.parametrize("name", RULES)
def test_each_rule_can_be_broken_and_kept(name: str) -> None:
    assert [*RULES[name](step(BROKEN[name]))]
    assert not [*RULES[name](step(KEPT[name]))]


def squawk(sql: str) -> Iterator[tuple[str, str]]:
    """Yield the revision and the rule of each finding."""
    done = subprocess.run(
        [str(BIN / "squawk"), "--reporter", "json", "--pg-version", "15", "--stdin-filepath", "x"],
        input=sql,
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )
    lines = sql.splitlines()
    for finding in json.loads(done.stdout):
        before = "\n".join(lines[: finding["line"] + 1])
        yield ([None, *RUNNING.findall(before)][-1] or "", finding["rule_name"])


def test_squawk_finds_nothing_that_is_not_explained(sql: str) -> None:
    found = {each for each in squawk(sql) if each[1] not in NOT_OURS}
    assert {each for each in found if each[0] > FIRST} == {
        each for each in EXPLAINED if "-" in each[1]
    }
    assert {rule for revision, rule in found if revision <= FIRST} >= {
        "require-concurrent-index-creation",
        "constraint-missing-not-valid",
        "adding-not-nullable-field",
    }


@pytest.mark.parametrize(
    ("statements", "rule"),
    [
        (BROKEN["indexes_concurrently"], "require-concurrent-index-creation"),
        (BROKEN["constraints_in_two_steps"], "constraint-missing-not-valid"),
        (BROKEN["no_rewrite"], "changing-column-type"),
        (BROKEN["nothing_taken_away"], "ban-drop-column"),
    ],
)
def test_squawk_would_find_it(statements: str, rule: str) -> None:
    script = f"-- Running upgrade 0031 -> 0032\n\nSET lock_timeout = '4s';\n\n{statements};\n"
    assert ("0032", rule) in [*squawk(script)]
