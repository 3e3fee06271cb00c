"""The trade and its rules (D.2)."""
