"""What must hold over copies, their custody, wants, ratings and what belongs to one trade."""

OF_COPIES = {
    "nobody hands a copy to themselves": """
        SELECT h.id FROM copy_handovers h WHERE h.giver_id = h.receiver_id""",
    "a chain of custody has no gap": """
        SELECT h.id FROM (
            SELECT id, giver_id,
            lag(receiver_id) OVER (PARTITION BY copy_id ORDER BY id) AS holder_id
            FROM copy_handovers) h
        WHERE h.holder_id <> h.giver_id""",
    "a promise ends once": """
        SELECT p.id FROM copy_promises p
        WHERE p.released_at IS NOT NULL AND p.fulfilled_at IS NOT NULL""",
    "a promise that was kept is a link of the chain of custody": """
        SELECT p.id FROM copy_promises p WHERE p.fulfilled_at IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM copy_handovers h
            WHERE h.copy_id = p.copy_id AND h.agreement_id = p.agreement_id)""",
    "who was erased wants nothing": """
        SELECT w.id FROM want_groups w JOIN users u ON u.id = w.member_id
        WHERE u.status = 'deleted' AND u.erase_after IS NULL""",
    "a leg leads from one party to another": """
        SELECT l.id FROM trade_legs l WHERE l.giver_id = l.receiver_id
        OR NOT EXISTS (SELECT 1 FROM trade_parties p
            WHERE p.trade_id = l.trade_id AND p.member_id = l.giver_id)
        OR NOT EXISTS (SELECT 1 FROM trade_parties p
            WHERE p.trade_id = l.trade_id AND p.member_id = l.receiver_id)""",
    "a leg that was received says when": """
        SELECT l.id FROM trade_legs l WHERE l.state = 'received' AND l.received_at IS NULL""",
    "nobody has consented to a revision that is still to come": """
        SELECT t.id FROM trades t JOIN trade_parties p ON p.trade_id = t.id
        WHERE p.consented_revision > t.revision""",
    "a rating is of a trade that is over, by one party of another": """
        SELECT r.id FROM ratings r JOIN trades t ON t.id = r.trade_id
        WHERE t.state NOT IN ('completed', 'resolved') OR r.rater_id = r.ratee_id
        OR NOT EXISTS (SELECT 1 FROM trade_parties p
            WHERE p.trade_id = r.trade_id AND p.member_id = r.rater_id)
        OR NOT EXISTS (SELECT 1 FROM trade_parties p
            WHERE p.trade_id = r.trade_id AND p.member_id = r.ratee_id)""",
    "a rating that was taken out of sight says by whom": """
        SELECT r.id FROM ratings r WHERE (r.hidden_at IS NULL) <> (r.hidden_by IS NULL)""",
    "a handshake is of a party": """
        SELECT h.trade_id FROM handshakes h WHERE NOT EXISTS (
            SELECT 1 FROM trade_parties p
            WHERE p.trade_id = h.trade_id AND p.member_id = h.member_id)""",
    "an address is told in a trade by mail, by a party": """
        SELECT a.trade_id FROM trade_addresses a JOIN trades t ON t.id = a.trade_id
        WHERE t.method <> 'mail' OR NOT EXISTS (
            SELECT 1 FROM trade_parties p
            WHERE p.trade_id = a.trade_id AND p.member_id = a.member_id)""",
}
