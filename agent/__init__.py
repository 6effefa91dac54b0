"""Who decides: the graph over the tape, its drivers, verification."""
