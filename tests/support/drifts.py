"""Ways in which a database may stray from its schema, each with the object that must be named."""

from typing import NamedTuple


class Drift(NamedTuple):
    """What somebody did, and what of it a comparison has to name."""

    named: str
    statements: list[str]


LIVE = "uq_copy_promises_live"
CHAIN = "ix_copy_handovers_copy_id"
PROMISED_ONCE = f"CREATE UNIQUE INDEX {LIVE} ON copy_promises (copy_id)"
RANK = "ck_want_groups_rank"
GROUP = "fk_wanted_cards_want_group_id"
OWNER = "fkx_copies_owner_id"
WANTED = f"ALTER TABLE wanted_cards ADD CONSTRAINT {GROUP} FOREIGN KEY (want_group_id) REFERENCES"
KEPT = "tr_outbox_append_only"


def made_anew(index: str, statement: str) -> Drift:
    return Drift(f".{index}", [f"DROP INDEX {index}", statement])


DRIFTS = {
    "an index is gone": Drift(f"index copy_promises.{LIVE}", [f"DROP INDEX {LIVE}"]),
    "an index forgot its predicate": made_anew(LIVE, PROMISED_ONCE),
    "an index has another predicate": made_anew(LIVE, f"{PROMISED_ONCE} WHERE released_at IS NULL"),
    "an index is no longer unique": made_anew(
        "uq_users_email_key", "CREATE INDEX uq_users_email_key ON users (email_key)"
    ),
    "an index is sorted the other way": made_anew(
        CHAIN, f"CREATE INDEX {CHAIN} ON copy_handovers (copy_id DESC, id)"
    ),
    "an index lost a column": made_anew(CHAIN, f"CREATE INDEX {CHAIN} ON copy_handovers (copy_id)"),
    "an index is of an expression": made_anew(
        "uq_users_email_key",
        "CREATE UNIQUE INDEX uq_users_email_key ON users (lower(email_key))",
    ),
    "a unique index has its columns in another order": made_anew(
        "uq_blocks_blocker_id",
        "CREATE UNIQUE INDEX uq_blocks_blocker_id ON blocks (blocked_id, blocker_id)",
    ),
    "an index nobody asked for": Drift(
        "index users.ix_users_role", ["CREATE INDEX ix_users_role ON users (role)"]
    ),
    "a table nobody asked for": Drift("table strays", ["CREATE TABLE strays (id INTEGER)"]),
    "a column nobody asked for": Drift(
        "column users.height", ["ALTER TABLE users ADD COLUMN height INTEGER"]
    ),
    "a column is gone": Drift("column copies.note", ["ALTER TABLE copies DROP COLUMN note"]),
    "a column has another name": Drift(
        "column copies.remark", ["ALTER TABLE copies RENAME COLUMN note TO remark"]
    ),
    "a table has another name": Drift(
        "table cards_in_hand", ["ALTER TABLE copies RENAME TO cards_in_hand"]
    ),
    "a view nobody asked for": Drift(
        "view everybody", ["CREATE VIEW everybody AS SELECT id FROM users"]
    ),
}
DRIFTS_OF_POSTGRESQL = {
    "an index is invalid": Drift(
        f".{LIVE}",
        [f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{LIVE}'::regclass"],
    ),
    "a check is gone": Drift(RANK, [f"ALTER TABLE want_groups DROP CONSTRAINT {RANK}"]),
    "a check says something else": Drift(
        RANK,
        [
            f"ALTER TABLE want_groups DROP CONSTRAINT {RANK}",
            f"ALTER TABLE want_groups ADD CONSTRAINT {RANK} CHECK (rank BETWEEN 1 AND 6)",
        ],
    ),
    "a check was never validated": Drift(
        RANK,
        [
            f"ALTER TABLE want_groups DROP CONSTRAINT {RANK}",
            f"ALTER TABLE want_groups ADD CONSTRAINT {RANK} CHECK (rank BETWEEN 1 AND 5) NOT VALID",
        ],
    ),
    "a foreign key is gone": Drift(OWNER, [f"ALTER TABLE copies DROP CONSTRAINT {OWNER}"]),
    "a foreign key no longer cascades": Drift(
        GROUP, [f"ALTER TABLE wanted_cards DROP CONSTRAINT {GROUP}", f"{WANTED} want_groups"]
    ),
    "a foreign key was never validated": Drift(
        GROUP,
        [
            f"ALTER TABLE wanted_cards DROP CONSTRAINT {GROUP}",
            f"{WANTED} want_groups ON DELETE CASCADE NOT VALID",
        ],
    ),
    "a foreign key waits for the commit": Drift(
        OWNER, [f"ALTER TABLE copies ALTER CONSTRAINT {OWNER} DEFERRABLE INITIALLY DEFERRED"]
    ),
    "a constraint has another name": Drift(
        OWNER, [f"ALTER TABLE copies RENAME CONSTRAINT {OWNER} TO fk_copies_owner_id"]
    ),
    "a primary key has its columns in another order": Drift(
        "pk_wanted_cards",
        [
            "ALTER TABLE wanted_cards DROP CONSTRAINT pk_wanted_cards",
            (
                "ALTER TABLE wanted_cards"
                " ADD CONSTRAINT pk_wanted_cards PRIMARY KEY (card_id, want_group_id)"
            ),
        ],
    ),
    "a column is longer": Drift("users.email", ["ALTER TABLE users ALTER email TYPE varchar(255)"]),
    "a column has another type": Drift(
        "copies.note", ["ALTER TABLE copies ALTER note TYPE varchar(500)"]
    ),
    "a column sorts differently": Drift(
        "profiles.nickname_key",
        ['ALTER TABLE profiles ALTER nickname_key TYPE varchar(120) COLLATE "default"'],
    ),
    "a column may be null": Drift("users.email", ["ALTER TABLE users ALTER email DROP NOT NULL"]),
    "a column has a default": Drift(
        "users.role", ["ALTER TABLE users ALTER role SET DEFAULT 'user'"]
    ),
    "a number can be chosen": Drift(
        "outbox.position", ["ALTER TABLE outbox ALTER position SET GENERATED BY DEFAULT"]
    ),
    "a number is no longer given": Drift(
        "outbox.position", ["ALTER TABLE outbox ALTER position DROP IDENTITY"]
    ),
    "a sequence counts otherwise": Drift(
        "outbox_position_seq", ["ALTER SEQUENCE outbox_position_seq INCREMENT BY 2"]
    ),
    "a sequence nobody asked for": Drift("sequence counter", ["CREATE SEQUENCE counter"]),
    "a column is calculated": Drift(
        "copies.twice",
        ["ALTER TABLE copies ADD COLUMN twice int GENERATED ALWAYS AS (version * 2) STORED"],
    ),
    "a trigger nobody asked for": Drift(
        "trigger users.idle",
        [
            (
                "CREATE TRIGGER idle BEFORE UPDATE ON users FOR EACH ROW"
                " EXECUTE FUNCTION suppress_redundant_updates_trigger()"
            )
        ],
    ),
    "a trigger is switched off": Drift(KEPT, [f"ALTER TABLE outbox DISABLE TRIGGER {KEPT}"]),
    "a trigger is gone": Drift(KEPT, [f"DROP TRIGGER {KEPT} ON outbox"]),
    "a function does something else": Drift(
        "function refuse_change()",
        [
            (
                "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql"
                " AS $$ BEGIN RETURN NULL; END $$"
            )
        ],
    ),
    "a function nobody asked for": Drift(
        "function one()",
        ["CREATE FUNCTION one() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'"],
    ),
    "a materialized view nobody asked for": Drift(
        "materialized view heap", ["CREATE MATERIALIZED VIEW heap AS SELECT id FROM users"]
    ),
    "a table is lost in a crash": Drift(
        "table outbox_positions", ["ALTER TABLE outbox_positions SET UNLOGGED"]
    ),
    "a table hides rows": Drift("table users", ["ALTER TABLE users ENABLE ROW LEVEL SECURITY"]),
    "a policy nobody asked for": Drift(
        "policy users.all_of_them", ["CREATE POLICY all_of_them ON users USING (true)"]
    ),
    "a rule nobody asked for": Drift(
        "rule users.never", ["CREATE RULE never AS ON DELETE TO users DO INSTEAD NOTHING"]
    ),
    "a type nobody asked for": Drift("type mood", ["CREATE TYPE mood AS ENUM ('good')"]),
    "a comment nobody asked for": Drift(
        "table column users.email", ["COMMENT ON COLUMN users.email IS 'never shown'"]
    ),
    "statistics nobody asked for": Drift(
        "st_copies", ["CREATE STATISTICS st_copies ON state, for_trade FROM copies"]
    ),
    "a table is a child of another": Drift(
        "table blocks",
        ["CREATE TABLE parents (id uuid NOT NULL)", "ALTER TABLE blocks INHERIT parents"],
    ),
}


def text_of(table: str, told: str, otherwise: str, named: str) -> Drift:
    """Change the text that SQLite keeps of a table, as it has no statement for that."""
    change = f"replace(sql, '{told}', '{otherwise}')"
    return Drift(
        named,
        [
            "PRAGMA writable_schema = ON",
            f"UPDATE sqlite_master SET sql = {change} WHERE name = '{table}'",
        ],
    )


DRIFTS_OF_SQLITE = {
    "a check says something else": text_of(
        "want_groups", "BETWEEN 1 AND 5", "BETWEEN 1 AND 6", RANK
    ),
    "a check is gone": text_of(
        "want_groups", f"CONSTRAINT {RANK} CHECK (rank BETWEEN 1 AND 5), ", "", RANK
    ),
    "a foreign key no longer cascades": text_of("wanted_cards", "ON DELETE CASCADE", "", GROUP),
    "a column is longer": text_of(
        "users", "email VARCHAR(254)", "email VARCHAR(255)", "users.email"
    ),
    "a column may be null": text_of(
        "users", "email VARCHAR(254) NOT NULL", "email VARCHAR(254)", "users.email"
    ),
    "a column has a default": text_of(
        "users", "role VARCHAR(20)", "role VARCHAR(20) DEFAULT ''user''", "users.role"
    ),
    "a column sorts differently": text_of(
        "profiles",
        "nickname_key VARCHAR(120)",
        "nickname_key VARCHAR(120) COLLATE NOCASE",
        "profiles.nickname_key",
    ),
    "a column has another type": text_of("copies", "note TEXT", "note BLOB", "copies.note"),
    "numbers are given again": text_of("outbox", " AUTOINCREMENT", "", "outbox.position"),
    "a table has no rowid": Drift(
        "table rating_totals",
        [
            "PRAGMA writable_schema = ON",
            "UPDATE sqlite_master SET sql = sql || ' WITHOUT ROWID' WHERE name = 'rating_totals'",
        ],
    ),
    "a table is strict": Drift(
        "table outbox_positions",
        [
            "DROP TABLE outbox_positions",
            (
                "CREATE TABLE outbox_positions (consumer TEXT, tx INTEGER, position INTEGER,"
                " updated_at TEXT) STRICT"
            ),
        ],
    ),
    "a primary key has its columns in another order": text_of(
        "wanted_cards",
        "PRIMARY KEY (want_group_id, card_id)",
        "PRIMARY KEY (card_id, want_group_id)",
        "pk_wanted_cards",
    ),
    "a column is calculated": Drift(
        "copies.twice",
        ["ALTER TABLE copies ADD COLUMN twice INTEGER GENERATED ALWAYS AS (version * 2) VIRTUAL"],
    ),
    "a trigger is gone": Drift(f"{KEPT}_update", [f"DROP TRIGGER {KEPT}_update"]),
    "a trigger does something else": Drift(
        f"{KEPT}_update",
        [
            f"DROP TRIGGER {KEPT}_update",
            f"CREATE TRIGGER {KEPT}_update BEFORE update ON outbox BEGIN SELECT 1; END",
        ],
    ),
    "a trigger nobody asked for": Drift(
        "trigger users.idle",
        ["CREATE TRIGGER idle AFTER INSERT ON users BEGIN SELECT 1; END"],
    ),
    "a constraint has another name": text_of("copies", OWNER, "fk_copies_owner_id", OWNER),
}
