"""Exercises that are proved: format, grading, mutants, certificates, work files.

The bank itself is data in `context_files/exercises`; everything but coding runs without torch.
"""
