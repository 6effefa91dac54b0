"""What each family of organisms shares: phrasings and the make-up of a training step.

Words, sentences and seeds of a single instance are in its sealed file alone.
"""
