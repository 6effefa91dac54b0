"""Numbers that contradict each other, or that cannot be."""
