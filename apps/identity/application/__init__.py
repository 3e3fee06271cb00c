"""What a visitor and a member can do with an account."""
