"""Model organisms: models with one planted, known property, and the nulls that match them.

`build.py` is the door: it draws, trains, truncates, gates and seals one instance.
"""
