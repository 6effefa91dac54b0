"""Runs a learner's or a language model's code in a confined process: `box.Sandbox`.

Every other module here runs inside that process and imports nothing of the project.
"""
