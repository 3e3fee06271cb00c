"""What organisers and joiners can do with group orders, and what they can ask."""
