"""What must hold of the ledger at whatever instant, as questions to the database itself (B25)."""

SAMPLE = """
    SELECT a.group_order_id, a.name, a.balance, COALESCE(m.moved, 0)
    FROM ledger_accounts a LEFT JOIN (
        SELECT account, SUM(amount) AS moved FROM (
            SELECT debit_account_id AS account, amount FROM ledger_entries WHERE {these}
            UNION ALL
            SELECT credit_account_id, -amount FROM ledger_entries WHERE {these}
        ) AS sides GROUP BY account
    ) AS m ON m.account = a.id
    WHERE {these}
"""
"""Balances beside what the entries come to, at one instant."""
STRAY = """
    SELECT COUNT(*) FROM ledger_entries e
    JOIN ledger_accounts d ON d.id = e.debit_account_id
    JOIN ledger_accounts c ON c.id = e.credit_account_id
    WHERE d.id = c.id
    OR d.group_order_id <> e.group_order_id OR c.group_order_id <> e.group_order_id
    OR d.currency <> e.currency OR c.currency <> e.currency
"""
GAPS = """
    SELECT COUNT(*) FROM (
        SELECT MAX(sequence) AS last, COUNT(*) AS entries FROM ledger_entries
        GROUP BY group_order_id
    ) AS each_order WHERE last <> entries
"""
TWICE = """
    SELECT COUNT(*) FROM (
        SELECT reverses_id FROM ledger_entries WHERE reverses_id IS NOT NULL
        GROUP BY reverses_id HAVING COUNT(*) > 1
    ) AS reversed
"""
FLOORS = """
    SELECT COUNT(*) FROM ledger_accounts
    WHERE name IN ('reported_cash', 'confirmed_cash') AND balance < 0
    OR name = 'refund_payable' AND balance > 0
"""
LINES = """
    SELECT COUNT(*) FROM ledger_accounts a WHERE a.name = 'receivable' AND a.balance <> (
        SELECT COALESCE(SUM(d.amount), 0) FROM order_dues d
        WHERE d.group_order_id = a.group_order_id AND d.member_id = a.member_id
        AND d.reversed_at IS NULL
    ) - (
        SELECT COALESCE(SUM(p.amount), 0) FROM order_payments p
        WHERE p.group_order_id = a.group_order_id AND p.member_id = a.member_id
        AND p.state IN ('reported', 'confirmed')
    ) + (
        SELECT COALESCE(SUM(r.amount), 0) FROM order_refunds r
        WHERE r.group_order_id = a.group_order_id AND r.member_id = a.member_id
        AND r.state <> 'withdrawn'
    )
"""
"""What joiners owe by the ledger is what their dues, payments and refunds come to."""
