"""Families whose condition is a kind of prompt: one way to train and to gate them all."""
