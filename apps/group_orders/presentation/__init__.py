"""Group orders over HTTP."""
