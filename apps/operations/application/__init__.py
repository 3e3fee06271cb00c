"""What operators can ask."""
