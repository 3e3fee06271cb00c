"""Copies, promises and want groups, and their rules (D.1, K3)."""
