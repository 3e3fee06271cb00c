"""What must hold of what the market has read, where nothing is left to be read."""

# Stand for {read}, {now} and {open} below.
READ = """
    EXISTS (SELECT 1 FROM outbox_positions q WHERE q.consumer = 'market')
    AND NOT EXISTS (SELECT 1 FROM outbox o JOIN outbox_positions q ON q.consumer = 'market'
        WHERE o.aggregate_id = found.id AND (o.tx, o.position) > (q.tx, q.position))
    AND NOT EXISTS (SELECT 1 FROM outbox o JOIN outbox_positions q ON q.consumer = 'market'
        WHERE o.kind = 'card_merged' AND (o.tx, o.position) > (q.tx, q.position))"""
NOW = """m.until_event IS NULL
    AND m.generation = (SELECT g.id FROM market_generations g WHERE g.state = 'live')"""
OPEN = """SELECT g.id, g.member_id, g.count, w.card_id
    FROM want_groups g JOIN wanted_cards w ON w.want_group_id = g.id"""

TEMPLATES = {
    "the market has every copy as it is held": """
        SELECT found.id FROM (
            SELECT c.id FROM copies c
            LEFT JOIN copy_promises p ON p.copy_id = c.id AND {live}
            LEFT JOIN market_copies m ON m.copy_id = c.id AND {now}
            WHERE c.state = 'held' AND (m.copy_id IS NULL
            OR m.card_id <> c.card_id OR m.owner_id <> c.owner_id OR m.listed <> c.for_trade
            OR coalesce(m.agreement_id, c.id) <> coalesce(p.agreement_id, c.id))
            UNION ALL
            SELECT m.copy_id FROM market_copies m
            LEFT JOIN copies c ON c.id = m.copy_id AND c.state = 'held'
            WHERE c.id IS NULL AND {now}) found
        WHERE {read}""",
    "the market has every want as it is open": """
        SELECT found.id FROM (
            SELECT w.id FROM ({open}) w
            LEFT JOIN market_wants m ON m.group_id = w.id AND m.card_id = w.card_id AND {now}
            WHERE m.group_id IS NULL OR m.member_id <> w.member_id OR m.slots <> w.count
            UNION ALL
            SELECT m.group_id FROM market_wants m
            LEFT JOIN ({open}) w ON w.id = m.group_id AND w.card_id = m.card_id
            WHERE w.id IS NULL AND {now}) found
        WHERE {read}""",
    "in the market one thing lasts at a time": """
        SELECT m.copy_id FROM market_copies m WHERE m.until_event IS NULL
        GROUP BY m.copy_id, m.generation HAVING count(*) > 1
        UNION ALL
        SELECT m.group_id FROM market_wants m WHERE m.until_event IS NULL
        GROUP BY m.group_id, m.card_id, m.generation HAVING count(*) > 1""",
}

OF_MARKET = {
    name: sql.replace("{now}", NOW).replace("{open}", OPEN).replace("{read}", READ)
    for name, sql in TEMPLATES.items()
}
