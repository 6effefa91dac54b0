"""Papers, pages, notes and sources as numbered lines: loading, keeping, searching, packing."""
