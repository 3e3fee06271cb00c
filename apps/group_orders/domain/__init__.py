"""Group orders, their rounds and their money; rules alone."""
