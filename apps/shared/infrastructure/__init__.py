"""SQL, drivers and clocks behind the shared ports."""
