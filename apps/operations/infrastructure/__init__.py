"""Questions over all tables at once."""
