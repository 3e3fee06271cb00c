"""The catalogue over HTTP, and as a command."""
