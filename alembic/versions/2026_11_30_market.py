"""What the market reads of events; and events that tell what was there before they told enough."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"

INSTANT = sa.DateTime(timezone=True)
LASTING = sa.text("until_event IS NULL")
WORDS = {
    "postgresql": {
        "id": "gen_random_uuid()",
        "tx": "CAST(CAST(pg_current_xact_id() AS text) AS bigint)",
        "now": "now()",
        "uuid": "CAST({0} AS text)",
        "flag": "{0}",
        "object": "json_build_object",
        "none": "CAST('[]' AS json)",
        "array": "json_agg({0} ORDER BY {1})",
        "map": "json_object_agg({0}, {1} ORDER BY {2})",
    },
    "sqlite": {
        "id": "lower(hex(randomblob(16)))",
        "tx": "0",
        "now": "strftime('%Y-%m-%d %H\\:%M\\:%f000', 'now')",
        "uuid": "substr({0}, 1, 8) || '-' || substr({0}, 9, 4) || '-' || substr({0}, 13, 4)"
        " || '-' || substr({0}, 17, 4) || '-' || substr({0}, 21)",
        "flag": "json(CASE WHEN {0} THEN 'true' ELSE 'false' END)",
        "object": "json_object",
        "none": "'[]'",
        "array": "json_group_array({0})",
        "map": "json_group_object({0}, json({1}))",
    },
}


def upgrade() -> None:
    make_tables()
    tell_what_there_is()


def tell_what_there_is() -> None:
    """Tell how everything is now, behind all events that there are.

    That is enough, wherever it stands: what is told of a copy, a want or a trade of which nothing
    was told before means nothing to the market, and what is told twice is the same. Wants and
    trades are told under names of their own, or whoever looks for matches would take all of them
    for new and tell their members.
    """
    words = WORDS[op.get_context().dialect.name]
    for kind, aggregate, id, at, payload, rows in what_there_is(words):
        op.execute(
            "INSERT INTO outbox (id, tx, aggregate, aggregate_id, kind, version, payload, at)"  # noqa: S608
            f" SELECT {words['id']}, {words['tx']}, '{aggregate}', {id}, '{kind}', 1, {payload},"
            f" {at or words['now']} FROM {rows} ORDER BY {id}"
        )


def what_there_is(words: dict[str, str]) -> Iterator[tuple[str, str, str, str | None, str, str]]:
    """Yield kinds, aggregates and their ids, moments other than now, payloads and whence."""
    told, flag, make = words["uuid"].format, words["flag"].format, words["object"]
    level = f"{make}('trust_level', s.trust_level)"
    yield "level_changed", "member", "s.id", None, level, "standings s WHERE s.trust_level > 0"
    copy = f"""{make}('card', {told("c.card_id")}, 'owner', {told("c.owner_id")},
        'for_trade', {flag("c.for_trade")})"""
    held = "copies c WHERE c.state = 'held'"
    yield "copy_entered", "copy", "c.id", None, copy, held
    promise = f"{make}('agreement', {told('p.agreement_id')})"
    promised = """copies c JOIN copy_promises p ON p.copy_id = c.id
        AND p.released_at IS NULL AND p.fulfilled_at IS NULL WHERE c.state = 'held'"""
    yield "copy_promised", "copy", "c.id", None, promise, promised
    cards = words["array"].format(told("w.card_id"), "w.position")
    want = f"""{make}('member', {told("g.member_id")}, 'count', g.count, 'cards', (
        SELECT {cards} FROM wanted_cards w WHERE w.want_group_id = g.id))"""  # noqa: S608
    yield "want_kept", "want_group", "g.id", "g.created_at", want, "want_groups g"
    copies = words["array"].format(told("k.copy_id"), "k.copy_id")
    moves = words["map"].format(told("l.receiver_id"), "l.copies", "l.position")
    disputed = "EXISTS (SELECT 1 FROM dispute_cases d WHERE d.trade_id = t.id)"
    trade = f"""{make}('disputed', {flag(disputed)}, 'moves', (SELECT {moves} FROM (
        SELECT g.receiver_id, g.position, coalesce(
            (SELECT {copies} FROM leg_copies k WHERE k.leg_id = g.id), {words["none"]}) AS copies
        FROM trade_legs g WHERE g.trade_id = t.id ORDER BY g.position) l))"""  # noqa: S608
    live = "trades t WHERE t.state IN ('proposed', 'accepted', 'fulfilling', 'disputed')"
    yield "trade_kept", "trade", "t.id", None, trade, live


def make_tables() -> None:
    op.create_table(
        "market_generations",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("events", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Date),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("live_at", INSTANT),
        sa.Column("differences", sa.JSON(none_as_null=True)),
        sa.CheckConstraint(
            "state IN ('building', 'live', 'old')", name=op.f("ck_market_generations_state")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_market_generations"),
    )
    op.create_index(
        "uq_market_generations_reading",
        "market_generations",
        ["state"],
        unique=True,
        postgresql_where=sa.text("state <> 'old'"),
        sqlite_where=sa.text("state <> 'old'"),
    )
    of_generation(
        "copies",
        ["copy_id", "since_event"],
        sa.Column("copy_id", sa.Uuid, nullable=False),
        sa.Column("since_event", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("until_event", sa.BigInteger),
        sa.Column("card_id", sa.Uuid, nullable=False),
        sa.Column("owner_id", sa.Uuid, nullable=False),
        sa.Column("listed", sa.Boolean, nullable=False),
        sa.Column("agreement_id", sa.Uuid),
    )
    for each in ("card_id", "owner_id"):
        lasting("copies", each)
    of_generation(
        "wants",
        ["group_id", "card_id", "since_event"],
        sa.Column("group_id", sa.Uuid, nullable=False),
        sa.Column("card_id", sa.Uuid, nullable=False),
        sa.Column("since_event", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("until_event", sa.BigInteger),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("slots", sa.Integer, nullable=False),
        sa.Column("wanted_at", INSTANT, nullable=False),
    )
    for each in ("card_id", "member_id"):
        lasting("wants", each)
    of_generation(
        "moves",
        ["event", "position"],
        sa.Column("event", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("completed", sa.Boolean, nullable=False),
        sa.Column("card_id", sa.Uuid, nullable=False),
        sa.Column("giver_id", sa.Uuid, nullable=False),
        sa.Column("receiver_id", sa.Uuid, nullable=False),
        sa.Column("agreement_id", sa.Uuid, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("wanted_at", INSTANT),
        sa.Column("author_id", sa.Uuid),
    )
    for columns in (["card_id", "generation", "event"], ["giver_id", "generation"]):
        op.create_index(f"ix_market_moves_{columns[0]}", "market_moves", columns)
    op.create_index("ix_market_moves_receiver_id", "market_moves", ["receiver_id", "generation"])
    of_generation(
        "deals",
        ["trade_id"],
        sa.Column("trade_id", sa.Uuid, nullable=False),
        sa.Column("moves", sa.JSON, nullable=False),
        sa.Column("disputed", sa.Boolean, nullable=False),
    )
    of_generation(
        "swaps",
        ["trade_id"],
        sa.Column("trade_id", sa.Uuid, nullable=False),
        sa.Column("event", sa.BigInteger, nullable=False),
        sa.Column("first_id", sa.Uuid, nullable=False),
        sa.Column("second_id", sa.Uuid, nullable=False),
        sa.Column("first_card_id", sa.Uuid, nullable=False),
        sa.Column("first_count", sa.Integer, nullable=False),
        sa.Column("second_card_id", sa.Uuid, nullable=False),
        sa.Column("second_count", sa.Integer, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
    )
    for side in ("first", "second"):
        op.create_index(
            f"ix_market_swaps_{side}_card_id",
            "market_swaps",
            [f"{side}_card_id", "generation", "event"],
        )
    of_generation(
        "levels",
        ["member_id"],
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("trust_level", sa.Integer, nullable=False),
    )
    of_generation(
        "merges",
        ["event"],
        sa.Column("event", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("card_id", sa.Uuid, nullable=False),
        sa.Column("into_id", sa.Uuid, nullable=False),
    )
    of_generation(
        "days",
        ["day"],
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("first_event", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    for name in (
        *("days", "merges", "levels", "swaps", "deals", "moves", "wants", "copies"),
        "generations",
    ):
        op.drop_table(f"market_{name}")


def of_generation(name: str, key: list[str], *columns: sa.Column[object]) -> None:
    first = [key[0]] if key[0].endswith("_id") else []
    op.create_table(
        f"market_{name}",
        *columns[: len(first)],
        sa.Column("generation", sa.Integer, autoincrement=False, nullable=False),
        *columns[len(first) :],
        sa.PrimaryKeyConstraint(*first, "generation", *key[len(first) :], name=f"pk_market_{name}"),
    )


def lasting(name: str, column: str) -> None:
    op.create_index(
        f"ix_market_{name}_{column}",
        f"market_{name}",
        [column, "generation"],
        postgresql_where=LASTING,
        sqlite_where=LASTING,
    )
