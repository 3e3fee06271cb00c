"""What parties do with trades, and ask about them."""
