"""Parts of a model by name: heads, neurons, MLPs, attention blocks, layers.

Their attention patterns, what they add on reference text, and runs in which they are ablated.
"""
