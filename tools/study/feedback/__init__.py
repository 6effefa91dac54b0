"""Criticism of a learner's own text that is not flattery: framings, rubrics, the reply's check."""
