"""Sentences about trading."""
