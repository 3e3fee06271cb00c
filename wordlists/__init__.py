"""Where the list of common passwords is from."""
