"""Group orders."""
