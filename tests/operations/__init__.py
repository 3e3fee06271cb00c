"""Operators: configuration, health, logs, stopping, and what an image is made of."""
