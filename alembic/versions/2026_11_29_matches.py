"""What a search for matches reads by, for whom one is due, and what was told of matches."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"

LISTED = {
    "postgresql": "for_trade AND state = 'held'",
    "sqlite": "for_trade = 1 AND state = 'held'",
}


def upgrade() -> None:
    index("ix_copies_listed_by_owner_and_card", "owner_id", "card_id")
    op.drop_index("ix_copies_listed_by_card", "copies")
    index("ix_copies_listed_by_card", "card_id", "id", "owner_id")
    op.create_table(
        "match_searches",
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("changes", sa.Integer, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("member_id", name="pk_match_searches"),
        sa.ForeignKeyConstraint(["member_id"], ["users.id"], name="fkx_match_searches_member_id"),
    )
    op.create_index("ix_match_searches_due_at", "match_searches", ["due_at", "member_id"])
    op.create_table(
        "match_notices",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_match_notices"),
        sa.ForeignKeyConstraint(["member_id"], ["users.id"], name="fkx_match_notices_member_id"),
    )
    op.create_index("ix_match_notices_member_id", "match_notices", ["member_id"])
    op.create_index("ix_match_notices_told_at", "match_notices", ["told_at"])


def downgrade() -> None:
    op.drop_table("match_notices")
    op.drop_table("match_searches")
    op.drop_index("ix_copies_listed_by_card", "copies")
    index("ix_copies_listed_by_card", "card_id", "id")
    op.drop_index("ix_copies_listed_by_owner_and_card", "copies")


def index(name: str, *columns: str) -> None:
    """Make an index of the copies that are listed."""
    listed = sa.text(LISTED[op.get_context().dialect.name])
    op.create_index(name, "copies", [*columns], postgresql_where=listed, sqlite_where=listed)
