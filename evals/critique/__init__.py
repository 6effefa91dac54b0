"""What the writer's critic is measured on: clean write-ups, planted errors, a scorer.

`corpus/` holds the write-ups, `sites/` where an error can go, `planter/` puts one there.
"""
