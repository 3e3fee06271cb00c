"""What operators keep."""
