"""Shared: the kernel every context stands on; it knows none of them."""
