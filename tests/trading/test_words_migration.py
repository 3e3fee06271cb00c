"""Histories and events from before words stood beside them."""

from asyncio import run
from hashlib import sha256
from pathlib import Path

from alembic import command
from sqlalchemy import Connection, MetaData, select
from uuid_utils.compat import uuid7

from apps.operations.application.check_invariants import CheckInvariants
from apps.operations.infrastructure.invariants import LINKED
from apps.shared.infrastructure.outbox import OutboxModel
from apps.trading.infrastructure.event_words import TradeEventWordsModel
from apps.trading.infrastructure.models import TradeEventModel
from tests.support.databases import aside, migrate
from tests.support.seeds import sow, within
from tests.support.site import Site
from tests.test_migrations import SCRIPTS, move

(ERASURE,) = (each for each in SCRIPTS.walk_revisions() if each.path.endswith("erasure.py"))
BEFORE = str(ERASURE.down_revision)
WORDS = "too far \u4e8c"


def tell(connection: Connection) -> None:
    """Let the one trade be rejected with a reason, and lapse for one of ours."""
    tables = MetaData()
    tables.reflect(connection, only=["trade_events", "outbox"])
    of_sqlite = connection.dialect.name == "sqlite"
    events, outbox = tables.tables["trade_events"], tables.tables["outbox"]
    row = dict(connection.execute(select(events)).mappings().one())
    told = (("trade_rejected", row["actor_id"], WORDS), ("trade_lapsed", None, "party_unavailable"))
    for place, (kind, actor, reason) in enumerate(told, 2):
        id, public_id = [uuid7().hex if of_sqlite else uuid7() for _ in range(2)]
        more = {"id": id, "sequence": place, "kind": kind, "actor_id": actor}
        connection.execute(events.insert().values({**row, **more, "reason": reason}))
        public = dict(connection.execute(select(outbox).limit(1)).mappings().one())
        del public["position"]
        payload = {"actor": actor and str(actor), "reason": reason, "revision": 1}
        public |= {"id": public_id, "kind": kind, "payload": payload}
        connection.execute(outbox.insert().values(public))


async def test_words_are_taken_out_of_histories_and_can_be_put_back(
    empty_url: str, keys: Path
) -> None:
    move(command.upgrade, empty_url, BEFORE)
    sow(empty_url)
    aside(lambda: run(within(empty_url, tell)))
    migrate(empty_url)
    by_place = select(TradeEventModel).order_by(TradeEventModel.sequence)
    async with Site(empty_url, keys) as site:
        _, rejected, lapsed = await site.ask(by_place)
        (words,) = await site.ask(select(TradeEventWordsModel))
        digest = sha256((words.salt + WORDS).encode()).hexdigest()
        assert (words.text, rejected.reason) == (WORDS, f"sha256:{digest}")
        assert lapsed.reason == "party_unavailable"
        check = await site.port(CheckInvariants)  # type: ignore[type-abstract]
        assert (await check())[LINKED] == 0
        payloads = await site.ask(select(OutboxModel.payload).order_by(OutboxModel.position))
        assert [each["reason"] for each in payloads[1:3]] == [None, "party_unavailable"]
    move(command.downgrade, empty_url, BEFORE)

    def reasons(connection: Connection) -> list[str | None]:
        tables = MetaData()
        tables.reflect(connection, only=["trade_events"])
        events = tables.tables["trade_events"]
        asked = select(events.c.reason).order_by(events.c.sequence)
        return [row.reason for row in connection.execute(asked).all()][1:]

    assert aside(lambda: run(within(empty_url, reasons))) == [WORDS, "party_unavailable"]
