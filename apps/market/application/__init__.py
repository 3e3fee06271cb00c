"""Reading events, taking snapshots, and what members can ask of the market."""
