"""Addresses are sealed; `kcs data reseal` seals those that are there while members go on."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"

TABLES = ("addresses", "trade_addresses")
ONCE_PLAIN = {
    "recipient": sa.String(100),
    "lines": sa.Text(),
    "city": sa.String(100),
    "country": sa.String(2),
}
PLAIN = """
(sealed IS NULL AND sealed_by IS NULL AND recipient IS NOT NULL AND lines IS NOT NULL
AND city IS NOT NULL AND country IS NOT NULL)
OR (sealed IS NOT NULL AND sealed_by IS NOT NULL AND recipient IS NULL AND lines IS NULL
AND postal_code IS NULL AND city IS NULL AND region IS NULL AND country IS NULL
AND phone IS NULL
"""


def upgrade() -> None:
    """Let a row hold its address sealed or plainly, and never both."""
    for name in TABLES:
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("sealed", sa.Text))
            table.add_column(sa.Column("sealed_by", sa.SmallInteger))
            if name == "addresses":
                table.add_column(sa.Column("fingerprint", sa.String(64)))
            for column, kind in ONCE_PLAIN.items():
                table.alter_column(column, existing_type=kind, nullable=True)
            if op.get_context().dialect.name == "sqlite":
                table.create_check_constraint("sealed_or_plain", rule_of(name))
        if op.get_context().dialect.name == "postgresql":
            op.execute(
                f"ALTER TABLE {name} ADD CONSTRAINT ck_{name}_sealed_or_plain"
                f" CHECK ({rule_of(name)}) NOT VALID"
            )


def downgrade() -> None:
    """Refuse where something is sealed: it would be lost."""
    for name in reversed(TABLES):
        sealed = op.get_bind().scalar(
            sa.text(f"SELECT count(*) FROM {name} WHERE sealed IS NOT NULL")  # noqa: S608
        )
        if sealed:
            raise RuntimeError(f"{sealed} rows of {name} are sealed; only a backup leads back.")
        with op.batch_alter_table(name) as table:
            table.drop_constraint("sealed_or_plain", type_="check")
            for column, kind in ONCE_PLAIN.items():
                table.alter_column(column, existing_type=kind, nullable=False)
            for column in ("fingerprint", "sealed_by", "sealed"):
                if column != "fingerprint" or name == "addresses":
                    table.drop_column(column)


def rule_of(name: str) -> str:
    """Return what holds for every row of this table."""
    unlabelled = " AND label IS NULL" if name == "addresses" else ""
    return f"{' '.join(PLAIN.split())}{unlabelled})"
