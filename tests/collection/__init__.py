"""Sentences about binders."""
