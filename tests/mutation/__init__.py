"""How much of what decides about secrets and signatures a test would miss if it were otherwise."""
