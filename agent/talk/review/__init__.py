"""The critic that reads with a language model: passes, checked replies, budget."""
