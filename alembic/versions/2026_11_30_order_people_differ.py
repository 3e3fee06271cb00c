"""Nobody hands a group order over to themselves, or rates themselves for one."""

from alembic import op

revision = "0041"
down_revision = "0040"

DIFFER = {
    "order_handovers": ("organisers", "giver_id <> receiver_id"),
    "order_ratings": ("two", "rater_id <> ratee_id"),
}


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        for name, (rule, condition) in DIFFER.items():
            with op.batch_alter_table(name) as table:
                table.create_check_constraint(rule, condition)
        return
    for name, (rule, condition) in DIFFER.items():
        constraint = f"ck_{name}_{rule}"
        op.execute(f"ALTER TABLE {name} DROP CONSTRAINT IF EXISTS {constraint}")
        op.execute(f"ALTER TABLE {name} ADD CONSTRAINT {constraint} CHECK ({condition}) NOT VALID")
    with op.get_context().autocommit_block():  # rows are looked through while others write
        for name, (rule, _) in DIFFER.items():
            op.execute(f"ALTER TABLE {name} VALIDATE CONSTRAINT ck_{name}_{rule}")


def downgrade() -> None:
    for name, (rule, _) in DIFFER.items():
        with op.batch_alter_table(name) as table:
            table.drop_constraint(rule, type_="check")
