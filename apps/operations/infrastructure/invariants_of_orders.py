"""What must hold over group orders: their slots, the copies that are expected, and their ledger."""

OF_ORDERS = {
    "every slot of a group order is allocated once at most": """
        SELECT a.slot_id FROM order_allocations a WHERE a.ended_at IS NULL
        GROUP BY a.slot_id HAVING count(*) > 1""",
    "a claim was granted what is allocated to it": """
        SELECT c.id FROM order_claims c WHERE c.granted <> (
            SELECT count(*) FROM order_allocations a
            WHERE a.claim_id = c.id AND a.ended_at IS NULL)""",
    "what is allocated and still to come is expected by its holder": """
        SELECT a.id FROM order_allocations a JOIN order_slots s ON s.id = a.slot_id
        WHERE a.ended_at IS NULL AND a.confirmed_at IS NULL AND s.card_id IS NOT NULL
        AND NOT EXISTS (
            SELECT 1 FROM copies c JOIN copy_promises p ON p.copy_id = c.id
            WHERE c.id = a.copy_id AND c.state = 'expected' AND c.owner_id = a.member_id
            AND p.agreement_id = a.id AND p.receiver_id = a.member_id AND {live})""",
    "what is expected is allocated": """
        SELECT c.id FROM copies c WHERE c.state = 'expected' AND NOT EXISTS (
            SELECT 1 FROM order_allocations a
            WHERE a.copy_id = c.id AND a.ended_at IS NULL AND a.confirmed_at IS NULL)""",
    "nothing is still to come of a group order that is over": """
        SELECT a.id FROM order_allocations a JOIN group_orders o ON o.id = a.group_order_id
        WHERE a.ended_at IS NULL AND a.confirmed_at IS NULL
        AND (o.state IN ('closed', 'cancelled')
        OR o.state = 'failed' AND a.delivered_at IS NULL)""",
    "the accounts of a group order sum to zero": """
        SELECT a.group_order_id FROM ledger_accounts a
        GROUP BY a.group_order_id HAVING sum(a.balance) <> 0""",
    "an account is at what its entries come to": """
        SELECT a.id FROM ledger_accounts a LEFT JOIN (
            SELECT account_id, sum(amount) AS total FROM (
                SELECT debit_account_id AS account_id, amount FROM ledger_entries
                UNION ALL
                SELECT credit_account_id, -amount FROM ledger_entries) moved
            GROUP BY account_id) m ON m.account_id = a.id
        WHERE a.balance <> coalesce(m.total, 0)""",
    "an entry is between two accounts of its group order": """
        SELECT e.id FROM ledger_entries e
        JOIN ledger_accounts d ON d.id = e.debit_account_id
        JOIN ledger_accounts c ON c.id = e.credit_account_id
        WHERE d.id = c.id OR d.group_order_id <> e.group_order_id
        OR c.group_order_id <> e.group_order_id
        OR d.currency <> e.currency OR c.currency <> e.currency""",
    "a ledger counts its entries from one, without a gap": """
        SELECT e.group_order_id FROM ledger_entries e
        GROUP BY e.group_order_id HAVING min(e.sequence) <> 1 OR max(e.sequence) <> count(*)""",
    "what is payable to a joiner is what was promised": """
        SELECT m.group_order_id FROM (
            SELECT group_order_id, member_id, balance AS amount FROM ledger_accounts
            WHERE name = 'refund_payable'
            UNION ALL
            SELECT group_order_id, member_id, amount FROM order_refunds
            WHERE state = 'promised') m
        GROUP BY m.group_order_id, m.member_id HAVING sum(m.amount) <> 0""",
    "a group order that was closed owes no refund": """
        SELECT a.id FROM ledger_accounts a JOIN group_orders o ON o.id = a.group_order_id
        WHERE o.state = 'closed' AND a.name = 'refund_payable' AND a.balance <> 0""",
    "a group order is run by whom it was handed over to last": """
        SELECT h.id FROM order_handovers h JOIN group_orders o ON o.id = h.group_order_id
        WHERE h.outcome = 'done' AND o.organiser_id <> h.receiver_id AND NOT EXISTS (
            SELECT 1 FROM order_handovers later
            WHERE later.group_order_id = h.group_order_id AND later.id > h.id
            AND later.outcome = 'done')""",
}
