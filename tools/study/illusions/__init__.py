"""False results, really computed on a model, each with the control that kills it: `bank.ILLUSIONS`.

They are the matter of find-the-flaw exercises, and tests of what the tools must not fall for.
"""
