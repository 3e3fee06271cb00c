"""Changes past the service leave a row; chains of custody and of cards are only added to."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"

KEPT = ("copy_handovers", "card_changes", "outside_changes")
APPEND_ONLY = {
    "postgresql": [
        """CREATE TRIGGER tr_{table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
        EXECUTE FUNCTION refuse_change()"""
    ],
    "sqlite": [
        f"CREATE TRIGGER tr_{{table}}_append_only_{verb} BEFORE {verb} ON {{table}} BEGIN"
        " SELECT RAISE(ABORT, 'append-only constraint failed: tr_{table}_append_only'); END"
        for verb in ("update", "delete")
    ],
}
WATCHED = {
    "users": ("id", ("role", "status", "password_hash", "email", "email_verified_at")),
    "authenticators": ("member_id", ("sealed", "last_step", "confirmed_at")),
    "linked_identities": ("id", ("member_id", "issuer", "subject")),
    "standings": ("id", ("trust_level",)),
    "copies": ("id", ("owner_id", "card_id", "state")),
    "copy_promises": (
        "id",
        ("copy_id", "agreement_id", "receiver_id", "shipped_at", "released_at", "fulfilled_at"),
    ),
    "trades": ("id", ("state", "revision", "due_at")),
    "dispute_cases": ("id", ("state", "verdict", "at_fault", "outcome", "at_fault_now")),
    "ratings": ("id", ("score", "rater_id", "ratee_id", "hidden_at")),
    "copy_handovers": ("id", ()),
    "card_changes": ("id", ()),
    "trade_events": ("id", ()),
    "outbox": ("position", ()),
    "audit_entries": ("id", ()),
    "audit_seals": ("number", ()),
    "audit_end": ("id", ("number", "hash", "stamp")),
}
"""Tables with their keys, and the columns of which SQLite tells whether they were changed."""

FUNCTION = """
CREATE FUNCTION note_outside_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    before jsonb := to_jsonb(OLD);
    after jsonb := to_jsonb(NEW);
BEGIN
    INSERT INTO outside_changes (at, relation, verb, row_key, columns, who) VALUES (
        clock_timestamp(), TG_TABLE_NAME, lower(TG_OP), coalesce(after, before) ->> TG_ARGV[0],
        CASE WHEN TG_OP = 'UPDATE' THEN (
            SELECT string_agg(name, ', ' ORDER BY name) FROM jsonb_object_keys(after) name
            WHERE after -> name IS DISTINCT FROM before -> name
        ) END,
        left(concat_ws(' ', session_user, host(inet_client_addr()),
            nullif(current_setting('application_name'), '')), 200)
    );
    RETURN NULL;
END $$
"""
POSTGRESQL = [
    """CREATE TRIGGER tr_{table}_outside AFTER INSERT OR DELETE OR UPDATE ON {table} FOR EACH ROW
    WHEN (current_setting('application_name') NOT LIKE 'kcardswap%')
    EXECUTE FUNCTION note_outside_change('{key}')""",
    """CREATE TRIGGER tr_{table}_outside_truncate AFTER TRUNCATE ON {table} FOR EACH STATEMENT
    WHEN (current_setting('application_name') NOT LIKE 'kcardswap%')
    EXECUTE FUNCTION note_outside_change('{key}')""",
]
SQLITE = """CREATE TRIGGER tr_{table}_outside_{verb} AFTER {verb} ON {table}
WHEN (SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996
BEGIN INSERT INTO outside_changes (at, relation, verb, row_key, columns)
VALUES (strftime('%Y-%m-%d %H:%M:%f000', 'now'), '{table}', '{verb}', {row}.{key}, {columns}); END
""".strip()
ROWS = {"insert": "new", "update": "new", "delete": "old"}


def upgrade() -> None:
    op.create_table(
        "outside_changes",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            sa.Identity(always=True),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("relation", sa.String(63), nullable=False),
        sa.Column("verb", sa.String(8), nullable=False),
        sa.Column("row_key", sa.Text),
        sa.Column("columns", sa.Text),
        sa.Column("who", sa.String(200)),
        sa.PrimaryKeyConstraint("number", name="pk_outside_changes"),
        sqlite_autoincrement=True,
    )
    dialect = op.get_context().dialect.name
    for table in KEPT:
        for trigger in APPEND_ONLY[dialect]:
            op.execute(trigger.format(table=table))
    if dialect == "postgresql":
        op.execute(FUNCTION.strip())
    for table, (key, columns) in WATCHED.items():
        for trigger in POSTGRESQL if dialect == "postgresql" else sqlite_triggers(columns):
            op.execute(sa.text(trigger.replace(":", r"\:").format(table=table, key=key)))


def sqlite_triggers(columns: tuple[str, ...]) -> list[str]:
    """Return them with the place for the table and its key left open."""
    parts = [f"iif(old.{each} IS new.{each}, '', '{each}, ')" for each in columns]
    changed = f"rtrim({' || '.join(parts)}, ', ')" if parts else "NULL"
    places = {"table": "{table}", "key": "{key}"}
    return [
        SQLITE.format(**places, verb=verb, row=row, columns=changed if verb == "update" else "NULL")
        for verb, row in ROWS.items()
    ]


def downgrade() -> None:
    postgresql = op.get_context().dialect.name == "postgresql"
    if postgresql:
        for table in WATCHED:
            for trigger in (f"tr_{table}_outside", f"tr_{table}_outside_truncate"):
                op.execute(f"DROP TRIGGER {trigger} ON {table}")
        op.execute("DROP FUNCTION note_outside_change()")
        for table in ("copy_handovers", "card_changes"):
            op.execute(f"DROP TRIGGER tr_{table}_append_only ON {table}")
    else:
        for table in WATCHED:
            for verb in ROWS:
                op.execute(f"DROP TRIGGER tr_{table}_outside_{verb}")
        for table in ("copy_handovers", "card_changes"):
            for verb in ("update", "delete"):
                op.execute(f"DROP TRIGGER tr_{table}_append_only_{verb}")
    op.drop_table("outside_changes")
