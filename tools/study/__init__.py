"""What a learner needs without a language model: contexts, verified quotes, feedback, literature."""
