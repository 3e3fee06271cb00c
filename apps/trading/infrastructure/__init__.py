"""Trades as rows."""
