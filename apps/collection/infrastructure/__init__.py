"""Binders as rows."""
