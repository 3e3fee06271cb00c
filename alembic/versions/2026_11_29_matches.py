"""What a search for matches reads by, for whom one is due, and what was told of matches."""

import sqlalchemy as sa
from alembic import op

from apps.shared.infrastructure.online import drop_index, make_index, remake_index

revision = "0030"
down_revision = "0029"

LISTED = {
    "postgresql": "for_trade AND state = 'held'",
    "sqlite": "for_trade = 1 AND state = 'held'",
}


def upgrade() -> None:
    make_index(
        "ix_copies_listed_by_owner_and_card", "copies", ["owner_id", "card_id"], where=LISTED
    )
    remake_index("ix_copies_listed_by_card", "copies", ["card_id", "id", "owner_id"], where=LISTED)
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
    remake_index("ix_copies_listed_by_card", "copies", ["card_id", "id"], where=LISTED)
    drop_index("ix_copies_listed_by_owner_and_card", "copies")
    op.drop_table("match_notices")
    op.drop_table("match_searches")
