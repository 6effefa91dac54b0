"""A language model as a measuring instrument, and what stands in for it where there is no key."""
