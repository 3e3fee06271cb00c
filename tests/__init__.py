"""What the application promises, checked on SQLite and on PostgreSQL."""
