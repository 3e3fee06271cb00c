"""What members ask of matching, and what workers do for it."""
