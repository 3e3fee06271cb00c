"""Sealed rows are found by their key, and addresses by their fingerprint."""

from alembic import op

from apps.shared.infrastructure.online import drop_index, make_index

revision = "0034"
down_revision = "0033"

INDEXES = {
    "ix_addresses_sealed_by": ("addresses", "sealed_by"),
    "ix_trade_addresses_sealed_by": ("trade_addresses", "sealed_by"),
    "ix_addresses_fingerprint": ("addresses", "fingerprint"),
}


def upgrade() -> None:
    """Make the indexes, and look the rows through for what revision 0033 wants of them."""
    for name, (table, column) in INDEXES.items():
        make_index(name, table, [column])
    if op.get_context().dialect.name == "postgresql":
        for table in ("addresses", "trade_addresses"):
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_sealed_or_plain")


def downgrade() -> None:
    for name, (table, _) in INDEXES.items():
        drop_index(name, table)
