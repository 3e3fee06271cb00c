"""What follows from events, and which figures may be shown."""
