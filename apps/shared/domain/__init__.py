"""Words of every domain: refusals, aggregates, events, ids and time."""
