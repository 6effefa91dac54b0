"""A draft as lines with anchors, and what stands in them: sections, tables, figures, citations."""
