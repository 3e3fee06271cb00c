"""Accounts as rows, passwords as hashes, sessions as tokens."""
