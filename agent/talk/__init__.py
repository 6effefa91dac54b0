"""Talks: the graph in its second role, with a person and contexts instead of a case."""
