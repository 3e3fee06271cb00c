"""Matches and matching rounds over HTTP, and as commands."""
