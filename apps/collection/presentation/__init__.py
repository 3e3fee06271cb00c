"""Binders over HTTP."""
