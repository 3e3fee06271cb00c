"""An audit log whose entries are linked, and cannot be changed."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

INSTANT = sa.DateTime(timezone=True)
KEPT = ("audit_entries", "audit_seals")
TRIGGERS = {
    "postgresql": [
        """CREATE TRIGGER tr_{table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
        EXECUTE FUNCTION refuse_change()""",
        "REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM PUBLIC, CURRENT_USER",
    ],
    "sqlite": [
        f"CREATE TRIGGER tr_{{table}}_append_only_{verb} BEFORE {verb} ON {{table}} BEGIN"
        " SELECT RAISE(ABORT, 'append-only constraint failed: tr_{table}_append_only'); END"
        for verb in ("update", "delete")
    ],
}


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", sa.String(80)),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("target", sa.String(80)),
        sa.Column("ip_trunc", sa.String(64)),
        sa.Column("request_id", sa.String(64)),
        sa.Column("result", sa.String(20), nullable=False),
        sa.Column("meta", sa.JSON, nullable=False),
        sa.Column("stamp", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entries"),
    )
    op.create_index("ix_audit_entries_actor", "audit_entries", ["actor", "id"])
    op.create_index("ix_audit_entries_action", "audit_entries", ["action", "id"])
    op.create_table(
        "audit_seals",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("entry_stamp", sa.String(64), nullable=False),
        sa.Column("before", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit_seals"),
    )
    op.create_index("uq_audit_seals_entry_id", "audit_seals", ["entry_id"], unique=True)
    op.create_table(
        "audit_end",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("stamp", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_end"),
    )
    for table in KEPT:
        for statement in TRIGGERS[op.get_context().dialect.name]:
            op.execute(statement.format(table=table))


def downgrade() -> None:
    for table in ("audit_end", "audit_seals", "audit_entries"):
        op.drop_table(table)
