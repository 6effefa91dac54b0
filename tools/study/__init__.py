"""The learner's room: contexts, verified quotes, feedback, literature; no model needed."""
