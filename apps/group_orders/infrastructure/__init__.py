"""Group orders in SQL."""
