"""Feedback that is not flattery: who is said to have written it, and what is asked for."""
