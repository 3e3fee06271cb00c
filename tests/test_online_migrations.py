"""Revisions keep nobody waiting, by our own rules and by squawk; what they may, has its reason."""

import pytest

from apps.operations.infrastructure.migrations import offline_sql
from tests.support.online_rules import RULES, Step, steps_of

FIRST = "0029"
"""Up to this one, revisions are older than the first version: no table had a row in use."""

EXPLAINED: dict[tuple[str, str], str] = {}
"""By revision and rule: why it may be broken there."""

EXPLAINED_TO_SQUAWK: dict[tuple[str, str], str] = {}

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
    assert {each for each in found if each[0] > FIRST} == EXPLAINED.keys()
    assert len({revision for revision, _ in found}) > 10, "the rules see nothing"


@pytest.mark.parametrize("name", RULES)
def test_each_rule_can_be_broken_and_kept(name: str) -> None:
    assert [*RULES[name](step(BROKEN[name]))]
    assert not [*RULES[name](step(KEPT[name]))]
