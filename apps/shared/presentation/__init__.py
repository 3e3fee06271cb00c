"""HTTP as every context speaks it."""
