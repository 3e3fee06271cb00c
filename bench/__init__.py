"""How fast the service is, beside a bare program that sends the same SQL."""
