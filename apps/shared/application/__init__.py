"""Ports that every use case may need: a transaction, a page, and who is asking."""
