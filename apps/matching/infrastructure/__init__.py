"""Solvers, and matching rounds as rows."""
