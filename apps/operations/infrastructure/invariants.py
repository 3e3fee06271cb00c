"""What must hold over all rows, whatever happened: each as the SELECT of what breaks it (P12)."""

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from apps.operations.application.check_invariants import CheckInvariants
from apps.operations.infrastructure.invariants_of_copies import OF_COPIES
from apps.operations.infrastructure.invariants_of_market import OF_MARKET
from apps.operations.infrastructure.invariants_of_orders import OF_ORDERS
from apps.operations.infrastructure.invariants_of_records import (
    OF_ACCOUNTS,
    OF_RECORDS,
    OF_ROUNDS,
)
from apps.trading.contract import HistoryCheck

# Stands for {live} below.
LIVE = "p.released_at IS NULL AND p.fulfilled_at IS NULL"

OF_TRADES = {
    "a copy has at most one live promise": """
        SELECT p.copy_id FROM copy_promises p WHERE {live}
        GROUP BY p.copy_id HAVING count(*) > 1""",
    "a live promise belongs to a live trade or allocation": """
        SELECT p.id FROM copy_promises p LEFT JOIN trades t ON t.id = p.agreement_id
        LEFT JOIN order_allocations a ON a.id = p.agreement_id
        WHERE {live} AND a.id IS NULL AND (t.id IS NULL
        OR t.state NOT IN ('proposed', 'accepted', 'fulfilling', 'disputed'))
        OR {live} AND (a.ended_at IS NOT NULL OR a.confirmed_at IS NOT NULL)""",
    "a promised copy is held by who promised it": """
        SELECT p.id FROM copy_promises p
        JOIN copies c ON c.id = p.copy_id
        JOIN leg_copies lc ON lc.copy_id = p.copy_id
        JOIN trade_legs l ON l.id = lc.leg_id AND l.trade_id = p.agreement_id
        WHERE {live} AND (c.owner_id <> l.giver_id OR c.state <> 'held')""",
    "a promise is of a copy in the trade, or of what is allocated": """
        SELECT p.id FROM copy_promises p WHERE {live} AND NOT EXISTS (
            SELECT 1 FROM leg_copies lc JOIN trade_legs l ON l.id = lc.leg_id
            WHERE lc.copy_id = p.copy_id AND l.trade_id = p.agreement_id)
        AND NOT EXISTS (
            SELECT 1 FROM order_allocations a
            WHERE a.id = p.agreement_id AND a.copy_id = p.copy_id
            AND a.member_id = p.receiver_id)""",
    "every copy of an agreed trade is promised to its receiver": """
        SELECT lc.copy_id FROM trades t
        JOIN trade_legs l ON l.trade_id = t.id
        JOIN leg_copies lc ON lc.leg_id = l.id
        WHERE t.state IN ('accepted', 'fulfilling', 'disputed') AND NOT EXISTS (
            SELECT 1 FROM copy_promises p WHERE p.copy_id = lc.copy_id
            AND p.agreement_id = t.id AND p.receiver_id = l.receiver_id AND {live})""",
    "what is given by who has consented to a proposal is promised": """
        SELECT lc.copy_id FROM trades t
        JOIN trade_parties tp ON tp.trade_id = t.id AND tp.consented_revision = t.revision
        JOIN trade_legs l ON l.trade_id = t.id AND l.giver_id = tp.member_id
        JOIN leg_copies lc ON lc.leg_id = l.id
        WHERE t.state = 'proposed' AND NOT EXISTS (
            SELECT 1 FROM copy_promises p
            WHERE p.copy_id = lc.copy_id AND p.agreement_id = t.id AND {live})""",
    "an agreed trade has the consent of all its parties": """
        SELECT t.id FROM trades t JOIN trade_parties tp ON tp.trade_id = t.id
        WHERE t.state IN ('accepted', 'fulfilling', 'disputed', 'completed', 'resolved')
        AND (tp.consented_revision IS NULL OR tp.consented_revision <> t.revision)""",
    "what was shipped is in transit, and nothing else": """
        SELECT p.id FROM copy_promises p
        JOIN leg_copies lc ON lc.copy_id = p.copy_id
        JOIN trade_legs l ON l.id = lc.leg_id AND l.trade_id = p.agreement_id
        WHERE {live} AND (p.shipped_at IS NULL) <> (l.shipped_at IS NULL)""",
    "a proposal of two has a turn, and nothing else has": """
        SELECT t.id FROM trades t
        WHERE (t.state = 'proposed' AND t.author_id IS NOT NULL) <> (t.turn IS NOT NULL)""",
    "no proposal is open with a member who has left": """
        SELECT t.id FROM trades t JOIN trade_parties tp ON tp.trade_id = t.id
        JOIN users u ON u.id = tp.member_id
        WHERE t.state IN ('proposed', 'accepted') AND u.status <> 'active'""",
    "who has left for good holds nothing free": """
        SELECT c.id FROM copies c JOIN users u ON u.id = c.owner_id
        WHERE u.status = 'deleted' AND c.state <> 'gone'
        AND NOT EXISTS (SELECT 1 FROM copy_promises p WHERE p.copy_id = c.id AND {live})""",
    "no proposal is open between members who do not see each other": """
        SELECT t.id FROM trades t
        JOIN trade_parties a ON a.trade_id = t.id JOIN trade_parties b ON b.trade_id = t.id
        JOIN blocks k ON k.blocker_id = a.member_id AND k.blocked_id = b.member_id
        WHERE t.state = 'proposed'""",
    "a live trade has a time limit, unless all that is open in it is disputed": """
        SELECT t.id FROM trades t WHERE t.due_at IS NULL
        AND (t.state IN ('proposed', 'accepted', 'fulfilling') OR t.state = 'disputed' AND EXISTS (
            SELECT 1 FROM trade_legs l WHERE l.trade_id = t.id
            AND l.disputed_at IS NULL AND l.state IN ('due', 'shipped')))""",
    "a disputed trade has one open case, and an open case a disputed trade": """
        SELECT t.id FROM trades t WHERE t.state = 'disputed' AND 1 <> (
            SELECT count(*) FROM dispute_cases c WHERE c.trade_id = t.id AND c.state = 'open')
        UNION ALL
        SELECT c.id FROM dispute_cases c JOIN trades t ON t.id = c.trade_id
        WHERE c.state = 'open' AND t.state <> 'disputed'""",
    "a resolved trade has a case that was decided": """
        SELECT t.id FROM trades t WHERE t.state = 'resolved' AND NOT EXISTS (
            SELECT 1 FROM dispute_cases c
            WHERE c.trade_id = t.id AND c.state IN ('decided', 'appealed', 'closed'))""",
    "a completed trade has all its legs received": """
        SELECT l.id FROM trades t JOIN trade_legs l ON l.trade_id = t.id
        WHERE t.state = 'completed' AND l.state <> 'received'""",
    "a copy changed hands once by a trade that was completed or a leg let stand": """
        SELECT lc.copy_id FROM trades t
        JOIN trade_legs l ON l.trade_id = t.id
        JOIN leg_copies lc ON lc.leg_id = l.id
        WHERE (SELECT count(*) FROM copy_handovers h
            WHERE h.copy_id = lc.copy_id AND h.agreement_id = t.id
            AND h.giver_id = l.giver_id AND h.receiver_id = l.receiver_id)
        <> CASE WHEN t.state = 'completed' OR EXISTS (
            SELECT 1 FROM dispute_cases c WHERE c.trade_id = t.id AND c.decided_at IS NOT NULL
            AND (c.verdict = 'complete_all' OR replace(CAST(c.legs AS TEXT), '-', '')
            LIKE '%' || replace(CAST(l.id AS TEXT), '-', '') || '%')) THEN 1 ELSE 0 END""",
    "the last in a chain of custody holds the copy": """
        SELECT c.id FROM copies c JOIN copy_handovers h ON h.copy_id = c.id
        WHERE h.id = (SELECT last.id FROM copy_handovers last
            WHERE last.copy_id = c.id ORDER BY last.id DESC LIMIT 1)
        AND h.receiver_id <> c.owner_id""",
    "a member has a standing and, until erased, a profile": """
        SELECT u.id FROM users u
        LEFT JOIN profiles p ON p.id = u.id LEFT JOIN standings s ON s.id = u.id
        WHERE s.id IS NULL OR (p.id IS NULL) <> (u.status = 'deleted' AND u.erase_after IS NULL)""",
    "a standing counts the completed trades": """
        SELECT s.id FROM standings s WHERE s.completed_trades <> (
            SELECT count(*) FROM trade_parties tp JOIN trades t ON t.id = tp.trade_id
            WHERE tp.member_id = s.id AND t.state = 'completed')""",
    "a trade has as many parties as legs, and at least two": """
        SELECT t.id FROM trades t WHERE
        (SELECT count(*) FROM trade_parties tp WHERE tp.trade_id = t.id) < 2
        OR (SELECT count(*) FROM trade_parties tp WHERE tp.trade_id = t.id)
        <> (SELECT count(*) FROM trade_legs l WHERE l.trade_id = t.id)""",
    "every state of a trade is told by its history": """
        SELECT t.id FROM trades t WHERE NOT EXISTS (
            SELECT 1 FROM trade_events e WHERE e.trade_id = t.id)""",
    "a history counts its events from one, without a gap": """
        SELECT e.trade_id FROM trade_events e
        GROUP BY e.trade_id HAVING min(e.sequence) <> 1 OR max(e.sequence) <> count(*)""",
    "a history ends with the last change of its trade": """
        SELECT t.id FROM trades t JOIN trade_events e ON e.trade_id = t.id
        WHERE e.sequence = (SELECT max(l.sequence) FROM trade_events l WHERE l.trade_id = t.id
            AND l.kind NOT IN ('decision_appealed', 'appeal_decided', 'fault_changed'))
        AND (e.at <> t.updated_at OR t.state IN (
            'rejected', 'withdrawn', 'lapsed', 'expired', 'cancelled', 'completed', 'resolved')
            AND e.kind <> 'trade_' || t.state)""",
    "an appeal is told by the history of its trade": """
        SELECT c.id FROM dispute_cases c WHERE
        (c.appealed_at IS NOT NULL) <> EXISTS (
            SELECT 1 FROM trade_events e WHERE e.trade_id = c.trade_id
            AND e.kind = 'decision_appealed' AND e.at = c.appealed_at)
        OR (c.reviewed_at IS NOT NULL) <> EXISTS (
            SELECT 1 FROM trade_events e WHERE e.trade_id = c.trade_id
            AND e.kind = 'appeal_decided' AND e.at = c.reviewed_at)""",
    "a card shows at least one idol and can be found": """
        SELECT c.id FROM cards c
        WHERE NOT EXISTS (SELECT 1 FROM card_idols i WHERE i.card_id = c.id)
        OR NOT EXISTS (SELECT 1 FROM card_subjects s WHERE s.card_id = c.id)""",
    "a merged card leads to one that is not": """
        SELECT c.id FROM cards c JOIN cards s ON s.id = c.merged_into_id
        WHERE s.merged_into_id IS NOT NULL""",
    "copies and wants are of cards that are not merged": """
        SELECT c.id FROM copies c JOIN cards k ON k.id = c.card_id
        WHERE k.merged_into_id IS NOT NULL
        UNION ALL
        SELECT w.want_group_id FROM wanted_cards w JOIN cards k ON k.id = w.card_id
        WHERE k.merged_into_id IS NOT NULL""",
    "a want group names a card": """
        SELECT w.id FROM want_groups w
        WHERE NOT EXISTS (SELECT 1 FROM wanted_cards wc WHERE wc.want_group_id = w.id)""",
    "a session ends no later than its last day": """
        SELECT s.id FROM refresh_sessions s WHERE s.idle_expires_at > s.expires_at""",
}

INVARIANTS: Mapping[str, str] = (
    OF_TRADES | OF_COPIES | OF_ORDERS | OF_ROUNDS | OF_ACCOUNTS | OF_RECORDS | OF_MARKET
)

LINKED = "each event of a trade is linked to the one before it, and as it was written"


ON_POSTGRESQL = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "SET LOCAL statement_timeout = '60s'",  # whole tables are read
)


async def broken(engine: AsyncEngine) -> dict[str, int]:
    """Return how many rows break each invariant, for all of them, as of one moment."""
    async with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            for setting in ON_POSTGRESQL:
                await connection.execute(text(setting))
        return {name: await breaking(connection, name) for name in INVARIANTS}


async def breaking(connection: AsyncConnection, name: str) -> int:
    """Return how many rows break this one."""
    select = INVARIANTS[name].replace("{live}", LIVE)
    return await connection.scalar(text(f"SELECT count(*) FROM ({select}) AS rows")) or 0  # noqa: S608


class SqlCheckInvariants(CheckInvariants):
    """One SELECT for each, but for what databases cannot digest."""

    def __init__(self, engine: AsyncEngine, histories: HistoryCheck) -> None:
        self._engine = engine
        self._histories = histories

    async def __call__(self) -> Mapping[str, int]:
        """Ask them all."""
        return await broken(self._engine) | {LINKED: await self._histories()}
