"""The learner's room: contexts, quotes, exercises and their proof, the sandbox; no key needed."""
