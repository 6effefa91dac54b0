"""Citations and their entries: checked in the draft, and on request against four indexes."""
