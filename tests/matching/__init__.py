"""Sentences about matching."""
