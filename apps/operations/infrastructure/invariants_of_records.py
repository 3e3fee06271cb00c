"""What must hold over rounds, sessions, and the records that the service keeps for itself."""

OF_ROUNDS = {
    "a round has a run for each of its generations": """
        SELECT r.id FROM matching_rounds r WHERE r.generation <> (
            SELECT count(*) FROM matching_runs n WHERE n.round_id = r.id)""",
    "a ring has as many members as it is long": """
        SELECT g.id FROM matching_rings g WHERE g.length <> (
            SELECT count(*) FROM matching_ring_members m WHERE m.ring_id = g.id)""",
    "who is in a ring takes part in its round": """
        SELECT m.ring_id FROM matching_ring_members m
        JOIN matching_rings g ON g.id = m.ring_id
        JOIN matching_runs n ON n.id = g.run_id
        JOIN users u ON u.id = m.member_id
        WHERE u.status <> 'deleted' AND NOT EXISTS (SELECT 1 FROM matching_entries e
            WHERE e.round_id = n.round_id AND e.member_id = m.member_id)""",
    "the trade of a ring is of its members": """
        SELECT g.id FROM matching_rings g JOIN matching_ring_members m ON m.ring_id = g.id
        WHERE g.trade_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM trade_parties p
            WHERE p.trade_id = g.trade_id AND p.member_id = m.member_id)""",
    "a ring that was completed became a trade that was": """
        SELECT g.id FROM matching_rings g JOIN trades t ON t.id = g.trade_id
        WHERE g.state = 'completed' AND t.state NOT IN ('completed', 'resolved')""",
    "no ring is planned once its round is published, or live once that is settled": """
        SELECT g.id FROM matching_rings g
        JOIN matching_runs n ON n.id = g.run_id JOIN matching_rounds r ON r.id = n.round_id
        WHERE (g.state = 'planned' AND r.state IN ('published', 'settled'))
        OR (g.state IN ('proposed', 'accepted') AND r.state = 'settled')""",
}

OF_ACCOUNTS = {
    "who may not sign in has no open session": """
        SELECT s.id FROM refresh_sessions s JOIN users u ON u.id = s.user_id
        WHERE s.revoked_at IS NULL AND u.status <> 'active'""",
    "a session that was ended says why, and no other does": """
        SELECT s.id FROM refresh_sessions s
        WHERE (s.revoked_at IS NULL) <> (s.revoke_reason IS NULL)""",
    "no session is confirmed further than it has come": """
        SELECT s.id FROM refresh_sessions s WHERE s.confirmed_generation > s.generation""",
    "recovery codes stand in for an authenticator in use": """
        SELECT c.member_id FROM recovery_codes c
        LEFT JOIN authenticators a ON a.member_id = c.member_id
        WHERE a.confirmed_at IS NULL""",
}

OF_RECORDS = {
    "no job was begun more often than it may be": """
        SELECT j.id FROM jobs j WHERE j.attempts > j.max_attempts""",
    "what recurs is never over": """
        SELECT j.id FROM jobs j
        WHERE j.key = 'recurring' AND j.state NOT IN ('ready', 'running')""",
    "nobody has read further in the outbox than it goes": """
        SELECT p.consumer FROM outbox_positions p
        WHERE (p.tx, p.position) > (0, 0) AND NOT EXISTS (
            SELECT 1 FROM outbox o WHERE (o.tx, o.position) >= (p.tx, p.position))""",
    "events of one thing are told in the order in which they happened": """
        SELECT o.id FROM (
            SELECT id, tx, lag(tx) OVER (PARTITION BY aggregate_id ORDER BY position) AS before
            FROM outbox) o
        WHERE o.before > o.tx""",
    "an Idempotency-Key is kept with its answer": """
        SELECT k.key FROM idempotency_keys k WHERE k.status IS NULL""",
    "work that has ended says how": """
        SELECT o.id FROM operations o
        WHERE (o.status = 'failed') <> (o.problem IS NOT NULL)
        OR (o.status = 'succeeded') <> (o.result IS NOT NULL)""",
    "what was sealed of the audit log is there": """
        SELECT s.number FROM audit_seals s
        LEFT JOIN audit_entries e ON e.id = s.entry_id WHERE e.id IS NULL""",
    "seals are counted from one, each linked to the one before it": """
        SELECT s.number FROM (
            SELECT number, before,
            lag(number, 1, 0) OVER (ORDER BY number) AS last_number,
            lag(hash, 1, '') OVER (ORDER BY number) AS last_hash
            FROM audit_seals) s
        WHERE s.number <> s.last_number + 1 OR s.before <> s.last_hash""",
    "the audit log ends where it is said to": """
        SELECT e.id FROM audit_end e
        WHERE e.number <> (SELECT coalesce(max(s.number), 0) FROM audit_seals s)
        OR (e.number > 0 AND NOT EXISTS (
            SELECT 1 FROM audit_seals s WHERE s.number = e.number AND s.hash = e.hash))""",
}
