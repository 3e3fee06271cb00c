"""${message}."""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

# Read before you hand it on, and delete this:
# - Indexes of tables that are there: apps/shared/infrastructure/online.py, before all else.
# - A CHECK or FOREIGN KEY of such a table: NOT VALID, then VALIDATE CONSTRAINT on its own.
# - A new column is nullable or has a constant default; what the version before reads stays.
# - Rows that change are counted by a test of this revision; `kcs db rehearse` times it on a copy.

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
