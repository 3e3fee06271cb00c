"""Sentences about the kernel."""
