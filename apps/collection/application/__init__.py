"""What members do with their binders, and ask about those of others."""
