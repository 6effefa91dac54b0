"""What a learner works with: contexts, quotations, feedback. Needs no model and no torch."""
