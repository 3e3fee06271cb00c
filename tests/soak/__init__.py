"""What takes minutes or hours, and is run with `--soak` only."""
