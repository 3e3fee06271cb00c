"""Reading the catalogue, and filling it from files."""
