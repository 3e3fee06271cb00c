"""Changes by SQL that this service did not send: triggers write down where they matter.

Connections of ours are known by a mark of the session, so that no transaction pays for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Identity, Integer, String, Table, Text, cast, exists, select
from sqlalchemy.orm import Mapped, mapped_column

from apps.operations.application.outside_changes import ACCEPTED, OutsideChange, OutsideChanges
from apps.shared.infrastructure.append_only import append_only
from apps.shared.infrastructure.audit import ENTRIES
from apps.shared.infrastructure.database import SQLITE_MARK, Model
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.shared.infrastructure.sessions import APPLICATION

WATCHED: Mapping[str, tuple[str, ...]] = {
    "users": ("role", "status", "password_hash", "email", "email_verified_at"),
    "authenticators": ("sealed", "last_step", "confirmed_at"),
    "linked_identities": ("member_id", "issuer", "subject"),
    "standings": ("trust_level",),
    "copies": ("owner_id", "card_id", "state"),
    "copy_promises": (
        *("copy_id", "agreement_id", "receiver_id", "shipped_at", "released_at", "fulfilled_at"),
    ),
    "trades": ("state", "revision", "due_at"),
    "dispute_cases": ("state", "verdict", "at_fault", "outcome", "at_fault_now"),
    "ratings": ("score", "rater_id", "ratee_id", "hidden_at"),
    "copy_handovers": (),
    "card_changes": (),
    "trade_events": (),
    "outbox": (),
    "audit_entries": (),
    "audit_seals": (),
    "audit_end": ("number", "hash", "stamp"),
}
"""Accounts, who holds what, what was promised and decided, and all that is only added to.

The columns are those of which SQLite tells whether they were changed; PostgreSQL tells of all.
"""

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
"""What the triggers of PostgreSQL call. Whoever makes a change need not be let at this table."""

POSTGRESQL = (
    """
CREATE TRIGGER tr_{table}_outside AFTER INSERT OR DELETE OR UPDATE ON {table} FOR EACH ROW
WHEN (current_setting('application_name') NOT LIKE '{mark}%')
EXECUTE FUNCTION note_outside_change('{key}')
""",
    """
CREATE TRIGGER tr_{table}_outside_truncate AFTER TRUNCATE ON {table} FOR EACH STATEMENT
WHEN (current_setting('application_name') NOT LIKE '{mark}%')
EXECUTE FUNCTION note_outside_change('{key}')
""",
)
SQLITE = """
CREATE TRIGGER tr_{table}_outside_{verb} AFTER {verb} ON {table}
WHEN (SELECT analysis_limit FROM pragma_analysis_limit) <> {mark}
BEGIN INSERT INTO outside_changes (at, relation, verb, row_key, columns)
VALUES (strftime('%Y-%m-%d %H:%M:%f000', 'now'), '{table}', '{verb}', {row}.{key}, {columns}); END
"""
ROWS = {"insert": "new", "update": "new", "delete": "old"}


class OutsideChangeModel(Model):
    """That a row was changed; which columns, and on PostgreSQL by whom, but no values."""

    __tablename__ = "outside_changes"
    __table_args__ = ({"sqlite_autoincrement": True},)

    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), Identity(always=True), primary_key=True
    )
    at: Mapped[datetime]
    relation: Mapped[str] = mapped_column(String(63))
    verb: Mapped[str] = mapped_column(String(8))
    row_key: Mapped[str | None] = mapped_column(Text)
    columns: Mapped[str | None] = mapped_column(Text)
    who: Mapped[str | None] = mapped_column(String(200))


CHANGES: Table = Model.metadata.tables[OutsideChangeModel.__tablename__]
append_only(CHANGES)


def watching(table: Table, dialect: str) -> Iterator[str]:
    """Yield the statements that make these triggers of a table; the migrations made them."""
    columns = WATCHED.get(table.name)
    if columns is None:
        return
    names = {"table": table.name, "key": next(iter(table.primary_key.columns)).name}
    if dialect == "postgresql":
        for trigger in POSTGRESQL:
            yield trigger.format(**names, mark=APPLICATION).strip()
        return
    parts = [f"iif(old.{each} IS new.{each}, '', '{each}, ')" for each in columns]
    changed = f"rtrim({' || '.join(parts)}, ', ')" if parts else "NULL"
    for verb, row in ROWS.items():
        told = changed if verb == "update" else "NULL"
        yield SQLITE.format(**names, verb=verb, row=row, mark=SQLITE_MARK, columns=told).strip()


UNANSWERED = Question(
    select(*CHANGES.columns)
    .where(
        ~exists().where(
            ENTRIES.c.action == ACCEPTED, ENTRIES.c.target == cast(CHANGES.c.number, String)
        )
    )
    .order_by(CHANGES.c.number)
)


class SqlOutsideChanges(OutsideChanges):
    """One SELECT; as a rule there is nothing to be found."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self) -> Sequence[OutsideChange]:
        """Leave those out that the audit log says something of."""
        return [OutsideChange(**row._asdict()) for row in await self._reads(UNANSWERED)]
