"""The migrations, the models and the table of refusals tell one story."""

from collections.abc import Iterator, Mapping
from functools import partial

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import (
    CheckConstraint,
    Connection,
    Constraint,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
)

from apps.operations.infrastructure.models_sql import models_sql
from apps.operations.infrastructure.servers import dialect_of, load
from apps.shared.infrastructure.database import REFUSALS, Model
from apps.shared.infrastructure.materialized import is_compared, query_of
from tests.support.catalog import catalog
from tests.support.databases import a_postgresql_database, a_sqlite_database, aside
from tests.support.kinds import all_classes
from tests.support.site import Site

TABLES: Mapping[str, Table] = Model.metadata.tables

NOBODY_ASKS = {
    "card_proposals.card_id": "proposals are read by state",
    "card_proposals.decided_by": "proposals are read by state",
    "card_proposals.proposer_id": "proposals are read by state",
    "card_confirmations.member_id": "confirmations are read by their proposal",
    "card_changes.actor_id": "a history is read by its card",
    "card_changes.proposal_id": "a history is read by its card",
    "ratings.hidden_by": "ratings are read by their trade or ratee",
    "ratings.rater_id": "ratings are read by their trade or ratee",
    "order_rating_reminders.member_id": "reminders are read by their order",
    "rating_reminders.member_id": "reminders are read by their trade",
    "trades.first_sender": "a trade is found by its parties",
    "trades.reopened_by": "a trade is found by its parties",
    "trades.dispute_opener": "a trade is found by its parties",
    "dispute_cases.opener_id": "cases are read by their trade or by state",
    "dispute_cases.assigned_to": "cases are read by their trade or by state",
    "dispute_cases.decided_by": "cases are read by their trade or by state",
    "dispute_cases.confirmed_by": "cases are read by their trade or by state",
    "dispute_cases.appealed_by": "cases are read by their trade or by state",
    "dispute_cases.reviewed_by": "cases are read by their trade or by state",
    "dispute_cases.review_confirmed_by": "cases are read by their trade or by state",
    "case_statements.author_id": "statements are read by their case",
    "milestone_moves.moved_by": "moves are read by their milestone",
    "order_milestones.done_by": "milestones are read by their group order",
    "order_transactions.member_id": "transactions are read by their group order",
    "order_transactions.payment_id": "transactions are read by their group order",
    "provider_payments.group_order_id": "what is known of a payment is read by its id",
    "provider_payments.member_id": "what is known of a payment is read by its id",
    "provider_payments.payment_id": "what is known of a payment is read by its id",
    "group_orders.release_id": "orders are read by state, group or organiser",
    "order_handovers.giver_id": "handovers are read by their order",
    "order_handovers.receiver_id": "handovers are read by their order",
    "order_handovers.asked_by": "handovers are read by their order",
    "order_handovers.approved_by": "handovers are read by their order",
    "order_ratings.rater_id": "ratings are read by their order, or by whom they are of",
    "order_ratings.hidden_by": "ratings are read by their order, or by whom they are of",
    "order_allocations.decided_by": "allocations are read by order, round, slot or member",
    "order_allocations.offered_to": "what is still on offer is all that counts: a partial index",
    "ledger_entries.actor_id": "entries are read by their order, their member or their subject",
    "ledger_entries.credit_account_id, group_order_id, currency": "likewise",
    "ledger_entries.debit_account_id, group_order_id, currency": "likewise",
    "order_bills.issued_by": "bills are read by their order",
    "order_dues.late_for": "late fees that stand are all that counts: a partial index",
    "order_refunds.decided_by": "refunds are read by their order or their member",
    "order_refunds.promised_by": "refunds are read by their order or their member",
    "matching_rounds.closed_by": "rounds are read by state, region or opener",
    "matching_rings.refused_by": "rings are read by their run",
    "copy_promises.receiver_id": "what is on its way is all that counts: a partial index",
    "trades.turn": "a trade is found by its parties",
    "trade_addresses.member_id": "addresses told to a trade are read by that trade",
    "handshakes.member_id": "handshakes are read by their trade",
    "trade_events.actor_id": "a history is read by its trade",
    "trade_notes.author_id": "notes are read by their trade",
    "trade_legs.giver_id": "legs are read by their trade",
    "trade_legs.receiver_id": "legs are read by their trade",
    "copy_handovers.giver_id": "a chain is read by its copy",
    "copy_handovers.receiver_id": "a chain is read by its copy",
    "copy_promises.copy_id": "a promise is looked for only while it lives: a partial index",
    "copies.owner_id": "two partial indexes serve the binder; members are never deleted",
    "copies.card_id": "a partial index serves the holders; a merge, being rare, may read them all",
}
"""Foreign keys that need no index that starts with them, and why."""


def differences(connection: Connection) -> object:
    compared = is_compared(connection.dialect.name)
    context = MigrationContext.configure(connection, opts={"include_object": compared})
    return compare_metadata(context, Model.metadata)


async def test_alembic_finds_nothing_to_change(site: Site) -> None:
    async with (await site.engine()).connect() as connection:
        assert await connection.run_sync(differences) == []


@pytest.fixture(scope="module")
def intended(
    cluster: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, list[str]]]:
    """The catalogs of databases that were made from the models, without any migration."""
    file = tmp_path_factory.mktemp("intended") / "kcs.db"
    with a_postgresql_database(cluster) as postgresql:
        made: dict[str, list[str]] = {}
        for url in (postgresql, a_sqlite_database(file)):
            dialect = dialect_of(url)
            aside(partial(load, url, models_sql(dialect)))
            made[dialect] = catalog(url)
        yield made


def test_the_migrated_database_is_the_one_that_the_models_describe(
    url: str, intended: dict[str, list[str]]
) -> None:
    assert catalog(url) == intended[dialect_of(url)]


def indexes() -> list[Index]:
    return [index for table in TABLES.values() for index in table.indexes]


def test_every_unique_index_says_what_its_violation_means() -> None:
    """Both databases' names for each, and nothing else; uniqueness is always an index here."""
    told = {
        name
        for index in indexes()
        if index.unique
        for name in (index.name, ", ".join(f"{index.table}.{c.name}" for c in index.columns))
    }
    assert told == set(REFUSALS)


def lookups(table: Table) -> list[list[str]]:
    """Return the columns of whatever serves to find any row: whole indexes and the primary key."""
    whole = [each for each in table.indexes if each.dialect_options["sqlite"]["where"] is None]
    keys = [index.columns for index in whole] + [table.primary_key.columns]
    return [[column.name for column in columns] for columns in keys]


def foreign_keys() -> list[ForeignKeyConstraint]:
    return [key for table in TABLES.values() for key in table.foreign_key_constraints]


def test_every_foreign_key_can_be_looked_up_or_says_why_not() -> None:
    slow = {
        f"{key.table}.{', '.join(key.column_keys)}"
        for key in foreign_keys()
        if not any(
            columns[: len(key.column_keys)] == key.column_keys for columns in lookups(key.table)
        )
    }
    assert slow == NOBODY_ASKS.keys()


def contexts() -> dict[str, str]:
    """Return which context each table belongs to."""
    rows = [kind for kind in all_classes() if issubclass(kind, Model) and kind is not Model]
    return {row.__tablename__: row.__module__.split(".")[1] for row in rows}


def expected_name(constraint: Constraint) -> str:
    """Return what it begins with; a foreign key that leaves its context is told by its name."""
    table = constraint.table.name
    match constraint:
        case ForeignKeyConstraint():
            crosses = contexts()[table] != contexts()[constraint.referred_table.name]
            return f"{'fkx' if crosses else 'fk'}_{table}_{'_'.join(constraint.column_keys)}"
        case CheckConstraint():
            return f"ck_{table}_"
        case PrimaryKeyConstraint():
            return f"pk_{table}"
        case _:
            raise TypeError("Uniqueness is an index here, and nothing else is known.")


def test_every_constraint_is_named_after_its_kind_and_table() -> None:
    named = [each for table in TABLES.values() for each in table.constraints]
    assert not [
        each.name
        for each in named
        if not (each.name and str(each.name).startswith(expected_name(each)))
    ]
    assert not [
        index.name
        for index in indexes()
        if not str(index.name).startswith(f"{'uq' if index.unique else 'ix'}_{index.table}_")
    ]


def test_the_database_knows_the_names_of_the_models_and_no_others(postgresql: str) -> None:
    """A name that the database made up itself would not be among them."""
    own = [table for table in TABLES.values() if query_of(table) is None]
    known = {str(each.name) for table in own for each in table.constraints}
    known |= {str(index.name) for index in indexes()}
    kept = [line.split(" ", 3) for line in catalog(postgresql)]
    assert {name for kind, _, name, _ in kept if kind in {"constraint", "index"}} == known
