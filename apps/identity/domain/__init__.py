"""Users, profiles and sessions, and their rules."""
