"""The market over HTTP and on the command line."""
