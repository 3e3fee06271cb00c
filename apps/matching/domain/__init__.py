"""Rings, and what makes one better than another."""
